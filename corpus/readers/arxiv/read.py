"""arXiv's bulk sources: tars of `<id>.gz`, each a submission; or a folder of sources, one file a submission.

A Document is a paper: its text is the LaTeX of the main file, its payload (LatexProject) the files that this may read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO

from corpus.containment import contain
from corpus.document import Document, Outcome, unreadable
from corpus.errors import RecordError
from corpus.readers.arxiv.bulk import BLOCK_BYTES, Member, first_header, may_be_tar, members, read_member
from corpus.readers.arxiv.encoding import declared_encoding, decode_latex
from corpus.readers.arxiv.papers import Projects, main_files
from corpus.readers.arxiv.submission import Submission, is_inside, unpack
from corpus.readers.base import InputFile, InputSplit, Open, Reader, Seen
from corpus.readers.ranges import Range
from corpus.readers.unpack import packing_of

SOURCE = "arxiv"
_KEPT_BYTES = 1 << 16  # of an unreadable submission's bytes
_OLD_ID = re.compile(r"([a-z-]+(?:\.[A-Za-z]{2})?)(\d{7}(?:v\d+)?)")
_MEMBER_ENDINGS = (".tar.gz", ".tgz", ".gz", ".tar", ".pdf", ".tex")
_SIBLING = re.compile(r"\\(?:input|include|subfile)\s*+(?:\{\s*+)?\"?([^\s{}\"%\\#]+)")


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is a bulk tar, a packed submission, or a LaTeX main file."""
    name = posixpath.basename(path).lower()
    if name.endswith((".tar", ".gz", ".tgz")):
        return bool(packing_of(head, name)) or may_be_tar(head)
    return name.endswith(".tex") and (b"\\documentclass" in head or b"\\documentstyle" in head)


def parts(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """A bulk tar in stretches of part_bytes: a submission belongs to the stretch in which its header starts."""
    step = int(limits["part_bytes"])
    if not file.path.endswith(".tar") or file.size <= step:
        return [""]
    with open_file(file.path) as opened:
        if not may_be_tar(opened.read(BLOCK_BYTES)):
            return [""]
    return [f"{start}-{start + step}" for start in range(0, file.size, step)]


def paper_id(path: str) -> str:
    """The paper's id from its path in the dump: `0704/0704.0001.gz`, `hep-th/9901001.gz`, `9901/hep-th9901001.gz`."""
    stem = posixpath.basename(path)
    ending = next((ending for ending in _MEMBER_ENDINGS if stem.lower().endswith(ending)), "")
    stem = stem[: len(stem) - len(ending)]
    folder = posixpath.basename(posixpath.dirname(path))
    if old := _OLD_ID.fullmatch(stem):
        return f"{old[1]}/{old[2]}"
    if re.fullmatch(r"\d{7}(?:v\d+)?", stem) and re.fullmatch(r"[a-z-]+(?:\.[A-Za-z]{2})?", folder):
        return f"{folder}/{stem}"
    return stem


def read(
    open_file: Open, shard: InputSplit, seen: Seen, *, part_bytes: int, packed_bytes: int, **limits: int
) -> Iterator[Outcome]:
    """The outcome of every submission; one with several papers gives one Document each.

    Args:
        part_bytes: see `parts`.
        packed_bytes: the largest packed submission that is opened.
    """
    with open_file(shard.path) as file:
        head = file.read(BLOCK_BYTES)
        if may_be_tar(head):
            yield from _read_bulk(file, shard, seen, packed_bytes, limits)
            return
        seen.records += 1
        file.seek(0)
        data = file.read(packed_bytes + 1)
        size = file.seek(0, 2)
    if size > packed_bytes:
        seen.leave(0, size)
        yield _dropped(paper_id(shard.path), "too_large", {})
    elif shard.path.endswith(".tex"):
        with_siblings = partial(_with_siblings, open_file, shard.path, data, limits["file_bytes"])
        yield from _contained(with_siblings, lambda: data, shard, seen, Range(0, size), shard.path, {})
    else:
        submission = partial(unpack, data, shard.path, **limits)
        yield from _contained(submission, lambda: data, shard, seen, Range(0, size), shard.path, {})


def _read_bulk(
    file: BinaryIO, shard: InputSplit, seen: Seen, packed_bytes: int, limits: Mapping[str, int]
) -> Iterator[Outcome]:
    """The submissions of one tar, or of a stretch of it; damage costs the one that it is in."""
    for member in _members(file, shard, seen):
        extent, info = Range(member.start, member.end), member.info
        if member.fault:
            seen.skip(*extent)
        else:
            seen.leave(*extent)
        if not (member.fault or info.isfile()):
            continue
        seen.records += 1
        if member.fault:
            yield unreadable(SOURCE, shard.locator(str(extent)), member.fault)
        elif info.size > packed_bytes:
            yield _dropped(paper_id(info.name), "too_large", {"member": info.name})
        else:
            data = partial(read_member, file, info)
            submission = partial(_unpacked_member, data, info.name, limits)
            yield from _contained(submission, data, shard, seen, extent, info.name, {"member": info.name})


def _members(file: BinaryIO, shard: InputSplit, seen: Seen) -> Iterator[Member]:
    """The members of a tar, or of a stretch: those whose header starts in it, and damage of the first one after it.

    A stretch answers for the bytes from its first header to the first of another stretch. If two found other headers,
    the bytes of all stretches would not be those of the file, and the build not be sound.
    """
    size = file.seek(0, 2)
    first, last = (min(int(bound), size) for bound in (shard.part or f"0-{size}").split("-"))
    start = following = first_header(file, first)
    try:
        for member in members(file, start):
            is_after = member.start >= last
            if is_after and member.info.name and member.start < size:
                break
            following = member.end
            yield member
            if is_after:
                break
        else:
            following = size
    finally:
        seen.own(start, following)


def _unpacked_member(data: Callable[[], bytes], name: str, limits: Mapping[str, int]) -> Submission:
    return unpack(data(), name, **limits)


def _contained(
    opened: Callable[[], Submission],
    data: Callable[[], bytes],
    shard: InputSplit,
    seen: Seen,
    extent: Range,
    path: str,
    meta: dict[str, str],
) -> Iterator[Outcome]:
    """The outcomes of a submission of that path, which takes these bytes of the file, whatever is raised on it.

    Args:
        opened: gives the submission, and data its bytes in the dump; either may raise.
    """

    def raw() -> bytes:
        return data()[:_KEPT_BYTES]

    submission = partial(_submission, opened, seen, extent, path, meta)
    return contain(SOURCE, shard.locator(str(extent)), raw, submission)


def _submission(
    opened: Callable[[], Submission], seen: Seen, extent: Range, path: str, meta: dict[str, str]
) -> Iterator[Outcome]:
    try:
        submission = opened()
    except RecordError:
        seen.skip(*extent)
        raise
    if submission.reason:
        yield _dropped(paper_id(path), submission.reason, meta)
    else:
        yield from _papers(paper_id(path), submission, meta)


def _papers(name: str, submission: Submission, meta: dict[str, str]) -> Iterator[Outcome]:
    """A kept outcome on each paper; the first accounts for the submission, the rest have the main file in their id."""
    declared = declared_encoding(submission.files[path] for path in sorted(submission.files))
    files = {path: decode_latex(data, declared) for path, data in submission.files.items()}
    refused = {"refused_files": str(submission.refused)} if submission.refused else {}
    mains, projects = main_files(files), Projects(files)
    for number, main in enumerate(mains):
        id_ = f"{SOURCE}:{name}" + (f"#{main}" if number else "")
        fields = {**meta, "main": main, **refused}
        document = Document(id_, files[main], SOURCE, fields, payload=projects.of(main))
        yield Outcome(document, records=0 if number else 1)
    if not mains:
        yield _dropped(name, "no_main_file", meta)


def _dropped(name: str, reason: str, meta: dict[str, str]) -> Outcome:
    return Outcome(Document(f"{SOURCE}:{name}", "", SOURCE, meta), reason)


def _with_siblings(open_file: Open, path: str, data: bytes, file_bytes: int) -> Submission:
    """A loose main file with the files beside it that it, and they, read by name."""
    files = {posixpath.basename(path): data}
    texts, refused = [data.decode("latin-1")], 0
    while texts:
        for asked in _SIBLING.findall(texts.pop()):
            name = posixpath.normpath(asked if posixpath.splitext(asked)[1] else asked + ".tex")
            if name in files or not is_inside(name):
                continue
            sibling = _sibling(open_file, posixpath.join(posixpath.dirname(path), name), file_bytes)
            if sibling is not None:
                files[name] = sibling
                texts.append(sibling.decode("latin-1"))
    return Submission(files, "", refused)


def _sibling(open_file: Open, path: str, file_bytes: int) -> bytes | None:
    try:
        with open_file(path) as file:
            data = file.read(file_bytes + 1)
    except OSError:
        return None
    return data if len(data) <= file_bytes else None


def _is_loose(path: str) -> bool:
    return path.endswith(".tex")


READER = Reader("submission", accepts, read, parts, identity=paper_id, beside=_is_loose)
"""Needs the recipe's part_bytes, packed_bytes, file_bytes, submission_bytes and most_files."""
