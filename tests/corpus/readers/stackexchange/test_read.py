"""A site's dump: every post in a thread or with a reason, whatever state the file is in."""

import io
import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import py7zr
import pytest
from made_posts import METHODS, NUMBERED, answer, damaged, post, posts_xml, seven_zip

from corpus.document import UNREADABLE, Document, Outcome
from corpus.readers.base import InputSplit, Seen
from corpus.readers.stackexchange.apart import Lost
from corpus.readers.stackexchange.post import Post
from corpus.readers.stackexchange.posts import Posts
from corpus.readers.stackexchange.read import accepts, count_posts, largest_sites, read, site_of, threads
from pipelines.demo import stackexchange as demo

SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
LIMITS = {"longest_row_bytes": 1 << 20, "partition_bytes": 1 << 20}
PATH = "dump/site.example.com/Posts.xml"


def outcomes_of(data: bytes, path: str = PATH, sidecar: str = "", **limits: int) -> list[Outcome]:
    """All outcomes; no record of the dump may be without one."""
    files = {path: data, "sites.json": sidecar.encode()}
    seen = Seen()
    shard = InputSplit(0, 1, path, sidecar="sites.json" if sidecar else "")
    open_file = seen.counting(lambda name: io.BytesIO(files[name]), path)
    found = list(read(open_file, shard, seen, **{**LIMITS, **limits}))
    assert sum(outcome.records for outcome in found) == seen.records
    seen.add_up()
    assert seen.bytes.kept + seen.bytes.skipped == seen.bytes.entered == len(data)
    return found


def tally(outcomes: list[Outcome]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts[outcome.reason or "kept"] += outcome.records
    return dict(counts)


def identity(outcome: Outcome) -> str:
    return outcome.document.id


def answers_of(outcome: Outcome) -> tuple[str, ...]:
    assert isinstance(outcome.document.payload, Posts)
    return outcome.document.payload.answers


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([9, 10], ["10", "9"]),
        ([2, 100, 11], ["100", "11", "2"]),
        ([-1, 0, -10], ["0", "-1", "-10"]),
        ([3, 3, 4], ["4", "3", "3"]),
    ],
    ids=["nine and ten", "hundred, eleven, two", "negative", "equal"],
)
def test_answers_by_integer_score_and_equal_ones_by_id(scores, expected):
    replies = [answer(10 + at, 1, score, Body=f"{score}#{10 + at}") for at, score in enumerate(scores)]
    (outcome,) = outcomes_of(posts_xml(*reversed(replies), post(1)))
    bodies = answers_of(outcome)
    assert [body.split("#")[0] for body in bodies] == expected
    same = [int(body.split("#")[1]) for body in bodies if body.startswith("3#")]
    assert same == sorted(same)


def test_a_question_is_one_document():
    (outcome,) = outcomes_of(
        posts_xml(
            post(7, Title="Why &amp; how?", Tags="<a-b><c>", Score=-3, Body="<p>q</p>", ContentLicense="CC BY-SA 4.0"),
            answer(8, 7, 1, Body="<p>a</p>"),
        ),
        "x/es.stackoverflow.com/Posts.xml",
    )
    meta = {
        "site": "es.stackoverflow.com", "title": "Why &amp; how?", "tags": "a-b c",
        "language": "es", "url": "https://es.stackoverflow.com/questions/7", "licence": "CC BY-SA 4.0",
    }  # fmt: skip
    posts = Posts("Why &amp; how?", ("<p>a</p>",))
    scores = {"score": -3.0, "answers": 1.0}
    expected = Document("stackexchange:es.stackoverflow.com/7", "<p>q</p>", "stackexchange", meta, scores, posts)
    assert outcome == Outcome(expected, records=2)
    assert outcome.document.chars == len("Why &amp; how?<p>q</p><p>a</p>")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([post(1), answer(2, 1), post(3)], {"kept": 3}),
        ([post(1), answer(2, 9), answer(3, 9)], {"kept": 1, "orphan_answer": 2}),
        ([post(1, DeletionDate="2020-01-01"), answer(2, 1)], {"deleted": 1, "deleted_parent": 1}),
        ([post(1), answer(2, 1, DeletionDate="2020-01-01")], {"kept": 1, "deleted": 1}),
        ([post(1), post(1), answer(2, 1), answer(2, 1)], {"kept": 2, "repeated_post": 2}),
        ([post(1, 3)], {"orphaned_tag_wiki": 1}),
        ([post(1, 4), post(2, 5)], {"tag_wiki_excerpt": 1, "tag_wiki": 1}),
        ([post(1, 6), post(2, 7), post(3, 8)], {"moderator_nomination": 1, "wiki_placeholder": 1, "privilege_wiki": 1}),
        ([post(1, 17)], {"other_post_type": 1}),
        ([post("x"), post(""), post(2)], {"kept": 1, UNREADABLE: 2}),
        ([post(1, Score="1.5"), post("9" * 30), post("٣")], {UNREADABLE: 3}),
        ([answer(2, "one"), post(2)], {"kept": 1, UNREADABLE: 1}),
        (['<row PostTypeId="1"/>', '<row Id="1"/>', '<row Id="1" PostTypeId="1"/>'], {"kept": 1, UNREADABLE: 2}),
        ([], {}),
    ],
    ids=[
        "thread and question alone", "orphans", "deleted question", "deleted answer", "repeated", "orphaned tag wiki",
        "tag wikis", "other wikis", "a type of later years", "no number as id", "no whole number",
        "no number as parent", "missing attributes", "no posts",
    ],
)  # fmt: skip
def test_every_post_has_a_outcome(rows, expected):
    assert tally(outcomes_of(posts_xml(*rows))) == expected


@pytest.mark.parametrize("partition_bytes", [1 << 20, 4_000, 100], ids=["one", "a few", "hundreds"])
def test_partitions_change_the_order_only(partition_bytes):
    rows = [post(number, Score=number) for number in range(1, 200)]
    rows += [answer(1_000 + number, number % 210 + 1) for number in range(500)]
    whole = outcomes_of(posts_xml(*rows))
    cut = outcomes_of(posts_xml(*rows), partition_bytes=partition_bytes)
    assert sorted(cut, key=identity) == sorted(whole, key=identity)
    partitions = len(posts_xml(*rows)) // partition_bytes + 1
    order = [int(outcome.document.id.partition("/")[2]) for outcome in cut if outcome.kept]
    assert order == sorted(order, key=lambda number: (number % partitions, number))


def test_a_bad_row_costs_itself_and_keeps_its_bytes():
    outcomes = outcomes_of(posts_xml(post(1), '<row Id="2" Body="&#x1;"/>', post(3)))
    assert tally(outcomes) == {"kept": 2, UNREADABLE: 1}
    assert outcomes[-1].document.id.startswith(f"{PATH}#")
    assert outcomes[-1].raw == b'<row Id="2" Body="&#x1;"/>'


ROWS = [post(number, Body=f"<p>{number * 7919 % 10_007} words</p>") for number in range(300)]
ARCHIVE = seven_zip({"Posts.xml": posts_xml(*ROWS)})


@pytest.mark.parametrize("method", METHODS)
def test_an_archive_reads_as_its_posts_xml(method):
    members = {"Badges.xml": b"<badges></badges>", "Posts.xml": posts_xml(*ROWS), "Votes.xml": b"<votes></votes>"}
    outcomes = outcomes_of(seven_zip(members, method), "site.example.com.7z")
    assert outcomes == outcomes_of(posts_xml(*ROWS))
    assert tally(outcomes) == {"kept": 300}


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (ARCHIVE[:-1], "a whole .7z archive"),
        (ARCHIVE[: len(ARCHIVE) // 2], "a whole .7z archive"),
        (ARCHIVE[:20], "a whole .7z archive"),
        (SEVEN_ZIP, "a whole .7z archive"),
        (ARCHIVE[:200] + bytes(100) + ARCHIVE[300:], "a whole .7z archive"),
        (seven_zip({"Votes.xml": b"<votes/>"}), "an archive that holds Posts.xml, got Votes.xml"),
        (b"", "<posts>"),
        (b"<html>moved</html>", "<posts>"),
    ],
    ids=["last byte", "half", "header", "magic alone", "damaged inside", "no Posts.xml", "empty", "HTML"],
)
def test_a_file_that_cannot_be_read_is_one_unreadable_record(data, detail):
    (outcome,) = outcomes_of(data, "site.7z")
    assert (outcome.reason, outcome.records) == (UNREADABLE, 1)
    assert f"expected {detail}" in outcome.detail


@pytest.mark.parametrize("method", ["stored", "LZMA2"])
def test_of_a_member_whose_checksum_is_wrong_nothing_is_kept(method):
    data = damaged(seven_zip({"Posts.xml": posts_xml(*NUMBERED)}, method))
    (lost,) = outcomes_of(data, "site.7z", partition_bytes=1 << 22)
    assert lost.reason == UNREADABLE
    assert lost.document.id.startswith("site.7z#32-")  # its folder


def test_a_damaged_block_of_bzip2_costs_its_rows():
    rows = [row.replace("/>", ' AnswerCount="0"/>') for row in NUMBERED]
    archive = seven_zip({"Posts.xml": posts_xml(*rows)}, "bzip2")
    whole, found = (outcomes_of(data, "site.7z", partition_bytes=1 << 22) for data in (archive, damaged(archive)))
    assert tally(whole) == {"kept": 3000}
    counts = tally(found)
    assert 500 < counts["kept"] < 2900
    assert counts[UNREADABLE] == 1
    kept = [outcome for outcome in found if outcome.kept]
    assert [outcome for outcome in whole if outcome in kept] == kept


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ('AnswerCount="1"', {"kept": 2}),
        ('AnswerCount="2"', {"answers_lost": 2}),
        ("", {"answers_lost": 2}),
    ],
)
def test_a_question_of_a_damaged_site_has_the_answers_it_states(stated, expected):
    """Where posts were lost, an answer of any question may be among them."""
    rows = [Post(1, 1, 0, 5, "t", "", "q", "", False, int(stated[-2]) if stated else -1)]
    rows += [Post(2, 2, 1, 5, "", "", "a", "", False, -1)]
    assert tally(list(threads("s", rows, Lost(bytes=True, rows=True)))) == expected
    assert tally(list(threads("s", rows))) == {"kept": 2}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("1", {"kept": 2, UNREADABLE: 1}), ("2", {"answers_lost": 2, UNREADABLE: 1}), ("", {"kept": 2, UNREADABLE: 1})],
)
def test_a_question_that_states_more_answers_than_its_site_has_is_dropped_where_a_row_is_bad(stated, expected):
    rows = [post(1, AnswerCount=stated), answer(2, 1), answer("x", 1)]
    assert tally(outcomes_of(posts_xml(*rows))) == expected


def test_a_posts_xml_that_breaks_off_keeps_its_whole_rows():
    assert tally(outcomes_of(posts_xml(post(1), answer(2, 1), post(3))[:-30])) == {"kept": 2, UNREADABLE: 1}


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("in/a.stackexchange.com.7z", SEVEN_ZIP, True),
        ("in/stackoverflow.com-Posts.7z", SEVEN_ZIP, True),
        ("in/stackoverflow.com-Votes.7z", SEVEN_ZIP, False),
        ("in/stackoverflow.com-PostHistory.7z", SEVEN_ZIP, False),
        ("in/a.stackexchange.com/Posts.xml", b"\xef\xbb\xbf<?xml", True),
        ("in/stackoverflow.com-Posts.xml", b"<?xml", True),
        ("in/Comments.xml", b"<?xml", False),
        ("in/MANIFEST.md", b"# Stack", False),
    ],
)
def test_accepts(path, head, expected):
    assert accepts(path, head) is expected


@pytest.mark.parametrize(
    ("path", "site"),
    [
        ("gs://b/in/coffee.stackexchange.com.7z", "coffee.stackexchange.com"),
        ("stackoverflow.com-Posts.7z", "stackoverflow.com"),
        ("in/beer.stackexchange.com-2014.7z", "beer.stackexchange.com-2014"),
        ("in/ru.stackoverflow.com/Posts.xml", "ru.stackoverflow.com"),
        ("in/stackoverflow.com-Posts/Posts.xml", "stackoverflow.com"),
        ("in/stackoverflow.com-Posts.xml", "stackoverflow.com"),
        ("Posts.xml", "unnamed"),
    ],
)
def test_site_of(path, site):
    assert site_of(path) == site


def test_a_site_name_with_a_date_still_links_to_the_site():
    (outcome,) = outcomes_of(posts_xml(post(5)), "in/beer.stackexchange.com-2014.7z")
    assert outcome.document.meta["url"] == "https://beer.stackexchange.com/questions/5"


@pytest.mark.parametrize(
    ("most", "expected"),
    [(1, {"b"}), (2, {"b", "a"}), (3, {"a", "b", "c"}), (4, {"a", "b", "c", "d"}), (28, {"a", "b", "c", "d"})],
)
def test_largest_sites_and_ties_by_name(most, expected):
    assert largest_sites({"d": 1, "c": 5, "a": 5, "b": 9}, most) == expected


def test_posts_of_a_site_not_kept_are_counted_as_one_outcome():
    outcomes = outcomes_of(posts_xml(*ROWS), sidecar=json.dumps({"sites": ["other"]}))
    expected = Document("stackexchange:site.example.com", "", "stackexchange")
    assert outcomes == [Outcome(expected, "site_not_among_largest", 300)]


def test_a_site_kept_is_read():
    assert tally(outcomes_of(posts_xml(*ROWS), sidecar=json.dumps({"sites": ["site.example.com"]}))) == {"kept": 300}


def test_a_broken_site_not_kept_is_reported():
    outcomes = outcomes_of(ARCHIVE[:-1], "site.7z", sidecar=json.dumps({"sites": []}))
    assert tally(outcomes) == {UNREADABLE: 1}


@pytest.mark.parametrize("data", [posts_xml(*ROWS), ARCHIVE, ARCHIVE[:-1]], ids=["xml", "archive", "broken archive"])
def test_count_posts(data):
    expected = 0 if data == ARCHIVE[:-1] else 300
    assert count_posts(lambda path: io.BytesIO(data), InputSplit(0, 1, "a/x.y.com.7z")) == ("x.y.com", expected)


def test_demo_dump_has_every_reason(tmp_path: Path):
    demo.write(tmp_path)
    found = {path.name: tally(outcomes_of(path.read_bytes(), path.name)) for path in sorted(tmp_path.iterdir())}
    assert found == {
        "cycling.example.com.7z": {
            "kept": 13, "orphan_answer": 1, "repeated_post": 1, "tag_wiki": 1, "tag_wiki_excerpt": 1,
            "wiki_placeholder": 1, UNREADABLE: 2,
        },
        "garden.example.com.7z": {"kept": 7},
    }  # fmt: skip


def test_demo_dump_has_the_same_bytes_each_time(tmp_path: Path):
    first, second = tmp_path / "1", tmp_path / "2"
    demo.write(first)
    demo.write(second)
    assert [path.read_bytes() for path in sorted(first.iterdir())] == [
        path.read_bytes() for path in sorted(second.iterdir())
    ]


REAL = {
    "beer.meta.stackexchange.com": (24, 49, 0),
    "beer.stackexchange.com-2014": (244, 448, 36),
    "beer.stackexchange.com": (663, 1572, 119),
    "coffee.stackexchange.com": (225, 327, 40),
    "genai.stackexchange.com": (181, 243, 50),
}
"""Questions and answers as the manifest of the real dumps counts them, and posts of other types."""


def test_real_answers_stand_in_integer_order_where_strings_would_not(shared_data: Path, tmp_path: Path):
    archive = shared_data / "stackexchange" / "beer.stackexchange.com.7z"
    with py7zr.SevenZipFile(archive) as opened:
        opened.extract(tmp_path, ["Posts.xml"])
    replies: dict[str, list[dict[str, str]]] = {}
    for row in ElementTree.parse(tmp_path / "Posts.xml").getroot():
        if row.get("PostTypeId") == "2":
            replies.setdefault(row.attrib["ParentId"], []).append(row.attrib)
    found = {
        outcome.document.id.partition("/")[2]: [*answers_of(outcome)]
        for outcome in outcomes_of(archive.read_bytes(), archive.name, partition_bytes=1 << 26)
        if outcome.kept
    }
    as_strings = 0
    for parent, rows in replies.items():
        rows.sort(key=lambda row: (-int(row["Score"]), int(row["Id"])))
        assert found[parent] == [row["Body"] for row in rows]
        scores = [row["Score"] for row in rows]
        as_strings += scores != sorted(scores, reverse=True)
    assert as_strings == 72


@pytest.mark.parametrize("site", REAL)
def test_real_sites_lose_no_question_and_no_answer(shared_data: Path, site):
    questions, answers, others = REAL[site]
    archive = shared_data / "stackexchange" / f"{site}.7z"
    outcomes = outcomes_of(archive.read_bytes(), archive.name, partition_bytes=1 << 26)
    kept = [outcome for outcome in outcomes if outcome.kept]
    assert len(kept) == questions
    assert sum(outcome.records for outcome in kept) == questions + answers
    assert sum(outcome.records for outcome in outcomes if not outcome.kept) == others
