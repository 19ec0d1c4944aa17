"""C4 end to end: the demo dumps built by every preset, texts and tally exact."""

from __future__ import annotations

import gzip
from hashlib import md5
from pathlib import Path

import pytest
from built_files import built_rows

from corpus.columns import document_of
from corpus.document import Document
from corpus.errors import BuildError
from pipelines.demo import c4 as demo
from pipelines.engine.build import Built, build
from pipelines.sources import find_source
from pipelines.sources.c4 import RECIPE

IN_PROCESS = ["--direct_num_workers=1"]


def built(dump: Path, output: Path, preset: str = "paper", **settings: str) -> Built:
    return build(
        find_source("c4"), [str(dump)], str(output), preset=preset, settings=settings, beam_arguments=IN_PROCESS
    )


def documents(done: Built) -> list[Document]:
    rows = built_rows(done.folder, "documents")
    return [document_of(row) for row in rows]


def tally(done: Built, unit: str) -> dict[str, dict[str, int]]:
    """stage -> reason -> how many of a unit, of all stages that let something go."""
    rows: dict[str, dict[str, int]] = {}
    for (stage, of, reason), (n, _chars) in done.ledger.counts.items():
        if of == unit and reason not in ("entered", "kept"):
            rows.setdefault(stage, {})[reason] = n
    return rows


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("c4")
    demo.write(folder)
    return folder


@pytest.fixture(scope="module")
def rebuilt(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    output = tmp_path_factory.mktemp("rebuilt")
    listed = output / "bad.txt"
    listed.write_text("grumph\n")
    return built(dump, output, "rebuild", bad_words_file=str(listed))


def test_demo_is_the_same_bytes_every_time_and_small(dump: Path, tmp_path: Path) -> None:
    demo.write(tmp_path)
    files = sorted(path.name for path in dump.iterdir())
    assert files == ["c4-train.00000-of-00001.json.gz", "demo-00000.warc.wet.gz"]
    assert [(dump / name).read_bytes() for name in files] == [(tmp_path / name).read_bytes() for name in files]
    assert sum((dump / name).stat().st_size for name in files) < 200_000


def test_published_pages_are_kept_as_they_are(dump: Path, tmp_path: Path) -> None:
    done = built(dump, tmp_path)
    kept = documents(done)
    assert [document.text for document in kept] == [
        "\n".join(page.lines) for at, page in enumerate(demo.PLAIN) if at != 3
    ]
    assert {document.meta["date"] for document in kept} == {"2019-04-22T08:15:00Z"}
    assert tally(done, "document") == {"split": {"other_split": 1}}
    assert tally(done, "stage") == {"language": {"off": 16}}
    (broken,) = done.ledger.broken
    assert Path(broken.locator).name == "c4-train.00000-of-00001.json.gz#1045"


def test_published_pages_of_both_splits(dump: Path, tmp_path: Path) -> None:
    splits = [document.meta["split"] for document in documents(built(dump, tmp_path, splits="train,validation"))]
    assert splits == ["train"] * 15 + ["validation"]


def test_published_pages_checked_for_language_again(dump: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="got none \\(language: 16 documents other_language"):
        built(dump, tmp_path, language_model="langdetect", languages="de,fr")


def test_rebuilt_pages_go_where_the_released_rules_send_them(rebuilt: Built) -> None:
    assert tally(rebuilt, "document") == {
        "length": {"page_too_long": 1},
        "urls": {"duplicate_url": 1},
        "page": {"curly_bracket": 1, "lorem_ipsum": 1, "too_few_sentences": 2},
        "lines": {"no_line_left": 2},
        "after_lines": {"too_few_sentences": 1},
        "language": {"language_uncertain": 1, "other_language": 1},
        "bad_words": {"bad_word": 1},
        "split": {"other_split": 1},
    }
    assert tally(rebuilt, "record") == {"read": {"not_a_page": 1}}
    assert len(rebuilt.ledger.broken) == 1


def test_rebuilt_lines_go_where_the_released_rules_send_them(rebuilt: Built) -> None:
    assert tally(rebuilt, "line") == {
        "page": {"javascript": 16, "no_end_mark": 64, "policy": 16, "too_few_words": 16, "word_too_long": 1},
        "lines": {"duplicate_line": 23, "repeated_line": 1},
    }


def test_rebuilt_texts_are_exact(rebuilt: Built) -> None:
    texts = {document.meta["url"].rpartition("/")[2]: document.text.split("\n") for document in documents(rebuilt)}
    gone = {"tides", "seals", "weather"}
    expected = {name: list(lines) for name, lines in demo.ARTICLES.items() if name not in gone}
    expected["causeway"].append(demo.FOOTER)  # of all pages with this line, its address has the smallest md5
    expected["copy"] = list(demo.ARTICLES["tides"])
    expected["nearly-a-copy"] = ["Someone added a single sentence of his own.", *demo.ARTICLES["seals"]]
    expected["echo"] = list(demo.FAULTY[7].lines[1:])
    expected["chart"] = list(demo.FAULTY[11].lines[1:])
    assert texts == expected


def test_the_smallest_md5_of_an_address_keeps_the_line(rebuilt: Built) -> None:
    crawled = [page.url for page in demo.PLAIN]
    smallest = min(crawled, key=lambda url: md5(url.encode()).hexdigest())
    holders = [document.meta["url"] for document in documents(rebuilt) if demo.FOOTER in document.text]
    assert holders == [smallest]


def test_without_a_list_the_rule_on_bad_words_is_off_and_the_ledger_says_so(dump: Path, tmp_path: Path) -> None:
    done = built(dump, tmp_path, "rebuild")
    assert "bad_words" not in tally(done, "document")
    assert tally(done, "stage") == {"bad_words": {"off": 19}}
    assert any("grumph" in document.text.lower() for document in documents(done))


def three(name: str) -> str:
    return f"The first sentence of {name} is here.\nThe second one of {name} follows.\nThe third one ends {name}."


def of_length(name: str, chars: int) -> str:
    text = f"{three(name)}\n"
    return text + "word " * ((chars - len(text)) // 5) + "x" * ((chars - len(text)) % 5)


def texts_by_name(pages: list[tuple[str, str, str]], folder: Path, preset: str) -> dict[str, str]:
    """The kept texts of (address, text, date), by the last part of the address, without any language check."""
    dump = folder / "dump"
    dump.mkdir()
    records = [gzip.compress(demo._record("conversion", url, date, text)) for url, text, date in pages]
    (dump / "test.warc.wet.gz").write_bytes(b"".join(records))
    kept = documents(built(dump, folder / "out", preset, language_model=""))
    return {document.meta["url"].rpartition("/")[2]: document.text for document in kept}


def test_limits_of_length_and_of_age(tmp_path: Path) -> None:
    day = "2019-04-19T00:00:0{}Z"
    pages = [
        ("http://a.example/longest", f"\n  {of_length('A', 190_000)}  \n\n", day),
        ("http://a.example/too-long", of_length("B", 190_001), day),
        ("http://b.example/x?utm_source=old", three("C"), day.format(0)),
        ("https://www.b.example/x", three("D"), day.format(1)),
        ("http://c.example/y", three("E"), day.format(1)),
        ("http://c.example/y?ref=older-but-later-in-the-dump", three("F"), day.format(0)),
        ("http://d.example/z", three("G"), day),
        ("http://d.example/Z", three("H"), day),
    ]
    assert len(of_length("A", 190_000)) == 190_000
    kept = texts_by_name(pages, tmp_path, "rebuild")
    assert kept == {"longest": three("A"), "x": three("D"), "y": three("E"), "z": three("G"), "Z": three("H")}


def test_the_html_of_a_warc_is_no_wet_text(tmp_path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>The first sentence is here.</p>"
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: %d"
    (tmp_path / "test.warc").write_bytes(head % len(page) + b"\r\n\r\n" + page + b"\r\n\r\n")
    with pytest.raises(BuildError, match="got none \\(length: 1 document not_plain_text"):
        built(tmp_path / "test.warc", tmp_path, "rebuild")


ODD_LINES = (
    "Short but sweet {0} it is.", "Only three {0}.", "One [1] two {0} four.", "She said 'as {0} say'",
    "Our privacy policy for {0} is short.", "It goes on for {0} and on...", "{0} {1} is one word.",
)  # fmt: skip


def odd(name: str, *more: str) -> str:
    return "\n".join(line.format(name, "x" * 1001) for line in (*ODD_LINES, *more))


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("rebuild", {"filler": three("filler"), "bracket": three("bracket"), "script": three("script")}),
        ("datatrove", {
            "five": "Short but sweet five it is.\nOnly three five.\nOne  two five four.\nShe said 'as five say'\n"
            "Number five has a fifth one.",
        }),
        ("dolma", {
            "four": odd("four").replace("She said 'as four say'\n", ""),
            "five": odd("five", "Number five has a fifth one.").replace("She said 'as five say'\n", ""),
        }),
    ],
)  # fmt: skip
def test_what_peers_do_otherwise(preset: str, expected: dict[str, str], tmp_path: Path) -> None:
    """datatrove: five sentences, three words, marks as words, one more end mark. dolma: phrases anywhere."""
    pages = {
        "four": odd("four"),
        "five": odd("five", "Number {0} has a fifth one."),
        "filler": f"{three('filler')}\nlorem ipsum",
        "bracket": f"{three('bracket')}\nfunction() {{",
        "script": f"{three('script')}\nturn on javascript",
    }
    crawl = [(f"http://a.example/{name}", text, "2019") for name, text in pages.items()]
    assert texts_by_name(crawl, tmp_path, preset) == expected


def test_presets_change_what_they_say() -> None:
    changed = {preset: set(changes) for preset, changes in RECIPE.presets.items()}
    assert changed == {
        "paper": set(),
        "rebuild": {"language_model"},
        "fast": {"language_model", "min_language_probability"},
        "datatrove": {
            "language_model",
            "min_sentences",
            "min_sentences_left",
            "min_line_words",
            "end_marks",
            "marks_are_words",
        },
        "dolma": {"language_model", "min_line_words", "min_language_probability"},
    }


def test_real_pages_go_where_the_released_code_sends_them(shared_data: Path, tmp_path: Path) -> None:
    """Counts that the released code (tensorflow-datasets 4.9.10, nltk 3.10, langdetect 1.0.9) gives for these files."""
    dump = tmp_path / "dump"
    dump.mkdir()
    for path in (shared_data / "commoncrawl").glob("*.wet.gz"):
        (dump / path.name).symlink_to(path)
    done = built(dump, tmp_path, "rebuild")
    assert len(documents(done)) == 345
    assert tally(done, "document") == {
        "page": {"curly_bracket": 4, "lorem_ipsum": 17, "too_few_sentences": 32},
        "lines": {"no_line_left": 3},
        "after_lines": {"too_few_sentences": 3},
        "language": {"language_uncertain": 3, "other_language": 588},
    }
    lines = tally(done, "line")["lines"]
    assert sum(lines.values()) == 485 + 653  # it counts as global what is left of no page, as local what a page repeats
    assert done.ledger.count("lines", "line", "kept") == 20830
