"""The Stack Exchange data dump: one .7z a site (or its Posts.xml) -> one Document a question with its answers.

The text of a Document as read is the HTML of the question; its payload has the title and the answers, best first.
A question and its answers may stand far apart, so posts are set apart by thread first (corpus.readers.spool): one
decompression, and the memory of one partition whatever the size of the site.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from corpus.containment import contained, said_of
from corpus.document import Document, Outcome, faulty, unreadable
from corpus.errors import RecordError
from corpus.readers import seven_zip
from corpus.readers.base import InputSplit, Open, Reader, Seen
from corpus.readers.pieces import Piece
from corpus.readers.stackexchange.posts import Posts
from corpus.readers.stackexchange.posts_xml import ROW, SHOWN_BYTES, PostsXml, Row
from corpus.readers.stackexchange.spool import Spool
from corpus.readers.unpack import packing_of, unpacked

SOURCE = "stackexchange"
POSTS = "Posts.xml"
QUESTION, ANSWER = 1, 2
UNKNOWN = -1
OTHER_TYPES = {
    3: "orphaned_tag_wiki",
    4: "tag_wiki_excerpt",
    5: "tag_wiki",
    6: "moderator_nomination",
    7: "wiki_placeholder",
    8: "privilege_wiki",
}
"""PostTypeId -> why such a post is dropped; the schema of the dump names these, newer ones are `other_post_type`."""

LANGUAGES = {
    "es.stackoverflow.com": "es",
    "ja.stackoverflow.com": "ja",
    "pt.stackoverflow.com": "pt",
    "ru.stackoverflow.com": "ru",
    "rus.stackexchange.com": "ru",
}
"""Sites whose posts are not in English."""

_TABLES = re.compile(r"-(?:Badges|Comments|PostHistory|PostLinks|Tags|Users|Votes)\.7z$")
_POSTS = re.compile(r"(?:^|-)Posts\.xml$")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_HOST = re.compile(r"[a-z0-9.-]+?\.(?:com|net|org)(?![a-z0-9])")
_TAG = re.compile(r"[^<>|\s]+")


_OTHER_BYTES = 300
"""About what a post takes in memory beside its texts."""


class Lost(NamedTuple):
    """What of a site could not be read: any bytes, and so nobody knows what posts; any rows, bytes included."""

    bytes: bool
    rows: bool


NOTHING_LOST = Lost(False, False)


class Post(NamedTuple):
    """One row of Posts.xml, as far as the corpus needs it; answers is how many a question has, as its row states."""

    id: int
    type: int
    parent: int
    score: int
    title: str
    tags: str
    body: str
    licence: str
    deleted: bool
    answers: int


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is a site's archive or a Posts.xml; the archives of a site's other tables are not."""
    name = path.rpartition("/")[2]
    is_archive = packing_of(head, name) == seven_zip.MAGIC
    return not _TABLES.search(name) if is_archive else bool(_POSTS.search(name))


def site_of(path: str) -> str:
    """The name of a site: its archive's, or for a bare Posts.xml its folder's."""
    folder, _, name = path.rpartition("/")
    if name == "Posts.xml":
        name = folder.rpartition("/")[2]
    return re.sub(r"(?:-Posts)?(?:\.7z|\.xml)?$", "", name) or "unnamed"


def largest_sites(posts: Mapping[str, int], most: int) -> frozenset[str]:
    """The `most` sites with the most posts; of equal ones, those first by name."""
    return frozenset(sorted(posts, key=lambda site: (-posts[site], site))[:most])


def count_posts(open_file: Open, shard: InputSplit) -> tuple[str, int]:
    """(site, its posts of every type): rows counted without parsing them, as far as the file can be read."""
    return site_of(shard.path), _count_rows(open_file, shard.path, Seen())[0]


def _count_rows(open_file: Open, path: str, seen: Seen) -> tuple[int, list[Piece]]:
    """The rows of a Posts.xml, and where it is damaged."""
    count, tail, faults = 0, b"", list[Piece]()
    with open_file(path) as file:
        for piece in unpacked(file, seen, path, POSTS):
            data = tail + piece.data
            count += data.count(ROW)
            tail = b"" if piece.fault else data[1 - len(ROW) :]
            faults += [piece] if piece.fault else []
    return count, faults


def read(
    open_file: Open, shard: InputSplit, seen: Seen, *, longest_row_bytes: int, partition_bytes: int
) -> Iterator[Outcome]:
    """Outcomes on all posts of one site: a Document per question, and a reason for every other post.

    Args:
        longest_row_bytes: a longer row is unreadable, and never held.
        partition_bytes: how much of Posts.xml is joined at a time.
    """
    site = site_of(shard.path)
    if not _is_kept(open_file, shard, site):
        yield from _left_out(open_file, shard, seen, site)
        return
    partitions = _posts_bytes(open_file, shard.path) // partition_bytes + 1
    with Spool(partitions + 1) as spool:
        lost = _fill(spool, partitions, open_file, shard, seen, PostsXml(longest_row_bytes))
        for partition in range(partitions):
            yield from threads(site, (Post(*row) for row in spool.read(partition)), lost)
        for where, fault, raw, is_failed in spool.read(partitions):
            yield faulty(SOURCE, shard.locator(where), fault, raw.encode("latin-1"), is_failed=is_failed)


def _posts_bytes(open_file: Open, path: str) -> int:
    """The size of Posts.xml in bytes, unpacked, as far as that is known before it is unpacked."""
    with open_file(path) as file:
        try:
            return seven_zip.unpacked_bytes(file, POSTS)
        except RecordError:  # no archive, or one of which reading will say what is wrong
            return file.seek(0, 2)


def _left_out(open_file: Open, shard: InputSplit, seen: Seen, site: str) -> Iterator[Outcome]:
    count, faults = _count_rows(open_file, shard.path, seen)
    seen.records += count + len(faults)
    if count:
        yield Outcome(Document(f"{SOURCE}:{site}", "", SOURCE), "site_not_among_largest", count)
    for piece in faults:
        yield unreadable(SOURCE, shard.locator(f"{piece.start}-{piece.end}"), piece.fault)


def _is_kept(open_file: Open, shard: InputSplit, site: str) -> bool:
    if not shard.sidecar:
        return True
    with open_file(shard.sidecar) as file:
        return site in json.load(file)["sites"]


def _fill(spool: Spool, partitions: int, open_file: Open, shard: InputSplit, seen: Seen, parser: PostsXml) -> Lost:
    """Every row of the file into the partition of its thread, every fault into the last one; what is lost."""
    bytes_lost = rows_lost = False

    def put(rows: Iterable[Row]) -> None:
        nonlocal rows_lost
        for row in rows:
            seen.records += 1
            post = _post_or_fault(row)
            if isinstance(post, Row):
                rows_lost, raw = True, post.raw.decode("latin-1")
                spool.add(partitions, [post.where, post.fault, raw, post.is_failed], _OTHER_BYTES + len(raw))
            else:
                thread = post.parent if post.type == ANSWER else post.id
                spool.add(thread % partitions, list(post), _OTHER_BYTES + len(post.title) + len(post.body))

    with open_file(shard.path) as file:
        for piece in unpacked(file, seen, shard.path, POSTS):
            if piece.fault:
                bytes_lost = True
                put(parser.damage(piece.start, piece.end, piece.fault))
            else:
                put(parser.feed(piece.data, piece.start))
    put(parser.close())
    return Lost(bytes_lost, rows_lost)


def _post_or_fault(row: Row) -> Post | Row:
    """The post of a row, or the row with what is wrong with it."""
    if row.fault:
        return row
    try:
        return _post(row.fields)
    except Exception as error:
        fault, is_failed = said_of(error)
        raw = str(row.fields).encode("utf-8", "surrogatepass")[:SHOWN_BYTES]
        return row._replace(fault=fault, raw=raw, is_failed=is_failed)


def _post(fields: dict[str, str]) -> Post:
    """The post of a row.

    Raises:
        RecordError: a number is missing or is none.
    """
    get = fields.get
    numbers = (get("Id", ""), get("PostTypeId", ""), get("ParentId", "0"), get("Score", "0"))
    if not all(map(_WHOLE.fullmatch, numbers)):
        raise RecordError("whole numbers in Id, PostTypeId, ParentId and Score")
    identity, kind, parent, score = map(int, numbers)
    stated = get("AnswerCount", "")
    answers = int(stated) if _WHOLE.fullmatch(stated) else UNKNOWN
    title, tags, body, licence = get("Title", ""), get("Tags", ""), get("Body", ""), get("ContentLicense", "")
    return Post(identity, kind, parent, score, title, tags, body, licence, "DeletionDate" in fields, answers)


def threads(site: str, posts: Iterable[Post], lost: Lost = NOTHING_LOST) -> Iterator[Outcome]:
    """Questions with their answers, by question id; then the posts that belong to none.

    Args:
        lost: what could not be read: a question of which answers may be lost is dropped, as it is another text now.
    """
    questions: dict[int, Post] = {}
    answers: dict[int, dict[int, Post]] = {}
    for post in posts:
        if post.type == QUESTION:
            known = questions
        elif post.type == ANSWER:
            known = answers.setdefault(post.parent, {})
        else:
            yield _dropped(site, post, OTHER_TYPES.get(post.type, "other_post_type"))
            continue
        if post.id in known:
            yield _dropped(site, post, "repeated_post")
        elif post.deleted and post.type == ANSWER:
            yield _dropped(site, post, "deleted")
        else:
            known[post.id] = post
    for number in sorted(questions):
        question, replies = questions[number], answers.pop(number, {})
        if question.deleted:
            yield _dropped(site, question, "deleted")
            yield from (_dropped(site, post, "deleted_parent") for post in replies.values())
        elif (lost.bytes and question.answers == UNKNOWN) or (lost.rows and question.answers > len(replies)):
            yield _dropped(site, question, "answers_lost")
            yield from (_dropped(site, post, "answers_lost") for post in replies.values())
        else:
            thread = partial(_thread, site, question, replies)
            outcome = contained(SOURCE, f"{SOURCE}:{site}/{question.id}", question.body.encode, thread)
            yield outcome._replace(records=1 + len(replies))
    for number in sorted(answers):
        yield from (_dropped(site, post, "orphan_answer") for post in answers[number].values())


def _thread(site: str, question: Post, replies: Mapping[int, Post]) -> Outcome:
    answers = sorted(replies.values(), key=lambda post: (-post.score, post.id))
    posts = Posts(question.title, tuple(answer.body for answer in answers))
    meta = {
        "site": site,
        "title": question.title,
        "tags": " ".join(_TAG.findall(question.tags)),
        "language": LANGUAGES.get(site.removeprefix("meta."), "en"),
    }
    if host := _HOST.match(site):
        meta["url"] = f"https://{host.group()}/questions/{question.id}"
    if question.licence:
        meta["licence"] = question.licence
    scores = {"score": float(question.score), "answers": float(len(answers))}
    return Outcome(Document(f"{SOURCE}:{site}/{question.id}", question.body, SOURCE, meta, scores, posts))


def _dropped(site: str, post: Post, reason: str) -> Outcome:
    return Outcome(Document(f"{SOURCE}:{site}/{post.id}", post.body, SOURCE, {"site": site}), reason)


READER = Reader(unit="post", accepts=accepts, read=read, identity=site_of)
