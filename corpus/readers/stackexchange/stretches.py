"""A large Posts.xml in stretches that can be read alone: a row belongs to the stretch in which it begins.

A plain file is cut at any byte, an archive packed with bzip2 at any block. One packed otherwise has to be unpacked from
its first byte on: its stretches follow one another in one reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import BinaryIO, NamedTuple, cast

from corpus.readers import bzip2, seven_zip
from corpus.readers.base import Seen
from corpus.readers.pieces import PIECE_BYTES, Piece, Until
from corpus.readers.seven_zip import Folder
from corpus.readers.stackexchange.posts_xml import ROW, PostsXml, Row
from corpus.readers.unpack import packing_of, skipping

POSTS = "Posts.xml"
_HEAD_BYTES = 64


class Stretch(NamedTuple):
    """One of several stretches: its bytes, and those after it, which are read as far as its last row goes.

    start is the byte of Posts.xml at which it starts, 0 where that is not known.
    """

    number: int
    start: int
    own: Iterator[Piece]
    beyond: Iterator[Piece]


def archive_folder(file: BinaryIO, name: str) -> Folder | None:
    """The folder that Posts.xml is packed in; None where the file is no such archive."""
    file.seek(0)
    is_archive = packing_of(file.read(_HEAD_BYTES), name) == seven_zip.MAGIC
    return seven_zip.only_folder(file, POSTS) if is_archive else None


def parts_of(file: BinaryIO, name: str, part_bytes: int) -> list[str]:
    """The parts `number/parts` of a Posts.xml, or an archive of one: of about part_bytes unpacked; [""] for one."""
    if packing := packing_of(file.read(_HEAD_BYTES), name):
        folder = seven_zip.only_folder(file, POSTS) if packing == seven_zip.MAGIC else None
        size = seven_zip.wanted_bytes(folder) if folder else 0
    else:
        size = file.seek(0, 2)
    count = size // part_bytes + 1
    return [f"{number}/{count}" for number in range(count)] if count > 1 else [""]


def bounds_of(part: str) -> tuple[int, int]:
    """(number, how many parts there are) of a part."""
    number, _, parts = part.partition("/")
    return int(number), int(parts)


def edges(start: int, end: int, parts: int) -> list[int]:
    """Where the parts of a range begin, and where it ends."""
    return [start + (end - start) * number // parts for number in range(parts + 1)]


def plain(file: BinaryIO, seen: Seen, number: int, parts: int) -> Stretch:
    """A stretch of a plain Posts.xml."""
    start, end = edges(0, file.seek(0, 2), parts)[number : number + 2]
    seen.own(start, end)
    return Stretch(number, start, _read(file, start, end), _read(file, end, None))


def _read(file: BinaryIO, start: int, end: int | None) -> Iterator[Piece]:
    while data := _read_at(file, start, PIECE_BYTES if end is None else min(PIECE_BYTES, end - start)):
        yield Piece(data, start)
        start += len(data)


def _read_at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def blocks(file: BinaryIO, folder: Folder, seen: Seen, number: int, parts: int) -> Stretch:
    """A stretch of an archive packed with bzip2: some of its blocks."""
    size, packed = file.seek(0, 2), cast(BinaryIO, Until(file, folder.end))
    start, end = edges(folder.start, folder.end, parts)[number : number + 2]
    part = bzip2.part(packed, start, end, folder.end, not number)
    seen.leave(0, size)
    is_last = part.start < part.end == folder.end
    seen.own(part.start if number else 0, size if is_last else part.end)
    own, beyond = _split(skipping(part.blocks(packed), seen), part.limit)
    return Stretch(number, 0, own, beyond)


def _split(pieces: Iterator[Piece], start: int) -> tuple[Iterator[Piece], Iterator[Piece]]:
    """The pieces before the first one that starts at a byte of the file or later, and that one with the others."""
    first: list[Piece] = []

    def before() -> Iterator[Piece]:
        for piece in pieces:
            if piece.start >= start:
                first.append(piece)
                return
            yield piece

    def others() -> Iterator[Piece]:
        yield from chain(first, pieces)

    return before(), others()


class Unpacking:
    """The stretches of what is unpacked from its first byte on, each to be read before the next."""

    def __init__(self, chunks: Iterator[bytes], size: int, parts: int) -> None:
        self._chunks, self._edges = chunks, edges(0, size, parts)
        self._waiting: list[bytes] = []  # read as the end of a stretch's last row, and bytes of the next one
        self._at = 0

    def __iter__(self) -> Iterator[Stretch]:
        for number, (start, end) in enumerate(pairwise(self._edges)):
            yield Stretch(number, start, self._until(end), self._beyond())

    def pass_over(self, stretch: Stretch) -> None:
        """Leave a stretch unread."""
        for _piece in stretch.own:
            pass

    def _until(self, end: int) -> Iterator[Piece]:
        while self._at < end and (data := self._waiting.pop(0) if self._waiting else next(self._chunks, b"")):
            if rest := data[end - self._at :]:
                self._waiting.insert(0, rest)
            own = data[: end - self._at]
            self._at += len(own)
            yield Piece(own, 0)

    def _beyond(self) -> Iterator[Piece]:
        at = 0
        while True:
            if at == len(self._waiting):
                self._waiting += [data] if (data := next(self._chunks, b"")) else []
            if at == len(self._waiting):
                return
            yield Piece(self._waiting[at], 0)
            at += 1


def last_row(parser: PostsXml, beyond: Iterable[Piece]) -> Iterator[Row]:
    """What a stretch's parser still holds, with what comes up to the next row: of a row that begins in the stretch."""
    held, fed = b"", 0
    for piece in beyond:
        if piece.fault:
            yield from parser.cut_off()
            return
        held += piece.data
        at = held.find(ROW)
        # `<row ` may be cut by the end of what is held; that which begins before the stretch's end is its own.
        cut = at if at >= 0 else max(0, len(held) - len(ROW) + 1)
        yield from parser.feed(held[:cut], piece.start)
        held, fed = held[cut:], fed + cut
        if at >= 0:
            yield from parser.pause()
            return
        if fed >= len(ROW) and parser.is_between:
            return
    yield from parser.feed(held)
    yield from parser.close()
