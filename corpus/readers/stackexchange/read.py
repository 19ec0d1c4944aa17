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
from typing import Any

from corpus.containment import contained
from corpus.document import Document, Outcome, faulty, unreadable
from corpus.errors import RecordError
from corpus.readers import seven_zip
from corpus.readers.base import InputFile, InputSplit, Open, Reader, Seen
from corpus.readers.pieces import Piece
from corpus.readers.stackexchange.apart import NOTHING_LOST, Apart, Lost
from corpus.readers.stackexchange.gathered import read_sidecar
from corpus.readers.stackexchange.post import ANSWER, QUESTION, UNKNOWN, Post
from corpus.readers.stackexchange.posts import Posts
from corpus.readers.stackexchange.posts_xml import ROW, PostsXml
from corpus.readers.stackexchange.spool import Spool
from corpus.readers.stackexchange.stretches import POSTS, bounds_of, parts_of
from corpus.readers.unpack import packing_of, unpacked

SOURCE = "stackexchange"
PACKED_TIMES = 100
"""An archive that unpacks to so much more is read in one part, and not opened before."""
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
_HOST = re.compile(r"[a-z0-9.-]+?\.(?:com|net|org)(?![a-z0-9])")
_TAG = re.compile(r"[^<>|\s]+")
_IS_RANGE = re.compile(r"[0-9]+-[0-9]+")


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


def parts(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """A large Posts.xml in parts of partition_bytes unpacked; what is in which part is known when all are set apart."""
    if file.size * PACKED_TIMES < limits["partition_bytes"]:
        return [""]
    with open_file(file.path) as opened:
        return parts_of(opened, file.path, limits["partition_bytes"])


def read(
    open_file: Open, shard: InputSplit, seen: Seen, *, longest_row_bytes: int, partition_bytes: int
) -> Iterator[Outcome]:
    """Outcomes on all posts of one site: a Document per question, and a reason for every other post.

    Of a part of a site, on the threads of its partition: they were set apart before (see gathered.py).

    Args:
        longest_row_bytes: a longer row is unreadable, and never held.
        partition_bytes: how much of Posts.xml is joined at a time.
    """
    site = site_of(shard.path)
    if shard.part:
        yield from _part(open_file, shard, seen, site)
        return
    if not _is_kept(open_file, shard, site):
        yield from _left_out(open_file, shard, seen, site)
        return
    partitions = _posts_bytes(open_file, shard.path) // partition_bytes + 1
    with Spool(partitions + 1) as spool:
        apart, parser = Apart(spool, partitions, seen), PostsXml(longest_row_bytes)
        with open_file(shard.path) as file:
            apart.read(parser, unpacked(file, seen, shard.path, POSTS))
        apart.put(parser.close())
        for partition in range(partitions):
            yield from threads(site, (Post(*row) for row in spool.read(partition)), apart.lost)
        for fault in spool.read(partitions):
            yield _fault(shard, fault)


def _fault(shard: InputSplit, fault: list[Any]) -> Outcome:
    where, said, raw, is_failed = fault
    return faulty(SOURCE, shard.locator(where), said, raw.encode("latin-1"), is_failed=is_failed)


def _part(open_file: Open, shard: InputSplit, seen: Seen, site: str) -> Iterator[Outcome]:
    """The threads of one partition, and the faults of one stretch."""
    number, _parts = bounds_of(shard.part)
    if not shard.sidecar:
        raise RecordError("a part whose posts were set apart", "none", shard.locator(shard.part), "prepare the source")
    with open_file(shard.sidecar) as file:
        sites, part = read_sidecar(file)
    seen.bytes += part.bytes
    faults = part.faults(open_file, shard.sidecar, number)
    if site in sites:
        seen.records += part.rows
        posts = (Post(*row) for row in part.posts_of(open_file, shard.sidecar, number))
        yield from threads(site, posts, part.lost)
    else:
        faults = (fault for fault in faults if _IS_RANGE.fullmatch(str(fault[0])))
        seen.records += part.posts
        yield from _not_among_largest(site, part.posts)
    for fault in faults:
        seen.records += site not in sites
        yield _fault(shard, fault)


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
    yield from _not_among_largest(site, count)
    for piece in faults:
        yield unreadable(SOURCE, shard.locator(f"{piece.start}-{piece.end}"), piece.fault)


def _not_among_largest(site: str, posts: int) -> Iterator[Outcome]:
    if posts:
        yield Outcome(Document(f"{SOURCE}:{site}", "", SOURCE), "site_not_among_largest", posts)


def _is_kept(open_file: Open, shard: InputSplit, site: str) -> bool:
    if not shard.sidecar:
        return True
    with open_file(shard.sidecar) as file:
        return site in json.load(file)["sites"]


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


READER = Reader(unit="post", accepts=accepts, read=read, parts=parts, identity=site_of)
