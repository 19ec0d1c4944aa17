"""Lines of a text file, plain or packed, in memory that grows with neither the file nor a line."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from corpus.readers.base import InputFile, Open, Seen
from corpus.readers.pieces import Piece
from corpus.readers.unpack import packing_of, plain, unpacked

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER_BYTES = 1 << 16
_HEAD_BYTES = 64


class Line(NamedTuple):
    """A line without its end; or, with a fault, where the file is damaged.

    where is the unpacked offset it starts at, in bytes; after damage `120+7`, the byte of the file at which reading
    resumed and the unpacked offset from there; of a fault the range of the file that was skipped, `80-120`. whole tells
    whether it is all there, torn that damage came just before it, so that its beginning may be missing.
    """

    where: int | str
    data: bytes
    whole: bool = True
    torn: bool = False
    fault: str = ""


def byte_ranges(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts `start-end` of a large file that is not packed, of about limits["part_bytes"] each; others whole."""
    count = -(-file.size // limits["part_bytes"])
    if count <= 1:
        return [""]
    with open_file(file.path) as opened:
        if packing_of(opened.read(_HEAD_BYTES), file.path):
            return [""]
    edges = [file.size * number // count for number in range(count + 1)]
    return [f"{start}-{end}" for start, end in pairwise(edges)]


def read_lines(file: BinaryIO, seen: Seen, line_bytes: int, name: str = "", part: str = "") -> Iterator[Line]:
    """The lines of a file; of a longer one than line_bytes the first line_bytes bytes, not whole.

    A line that damage cuts off is part of what is lost, and not given.

    Args:
        file: an open file.
        seen: where its bytes are counted.
        line_bytes: the longest line.
        name: of the file, whose ending says how it is packed where its first bytes are damaged.
        part: the range of its bytes, of a file that is not packed: the lines that begin after the first byte of it, or
            of the file, and at its end at last.
    """
    if part:
        yield from _lines_of_part(file, seen, line_bytes, part)
        return
    pieces = unpacked(file, seen, name)
    stretch: _Stretch | None = _Stretch(pieces, next(pieces, None))
    base = ""
    while stretch:
        for offset, data, ended, whole in _lines(stretch, line_bytes):
            if ended or not stretch.fault:
                yield Line(f"{base}+{offset}" if base else offset, data, whole, bool(base) and not offset)
        fault, stretch = stretch.fault, None
        if fault:
            yield Line(f"{fault.start}-{fault.end}", b"", fault=fault.fault)
            following = next(pieces, None)
            if following:
                base, stretch = str(following.start), _Stretch(pieces, following)


def _lines_of_part(file: BinaryIO, seen: Seen, line_bytes: int, part: str) -> Iterator[Line]:
    start, end = (int(bound) for bound in part.split("-"))
    seen.own(start, end)
    # Whether a line begins at its first byte a part cannot see: that line, or the rest of one, is of the part before.
    first = _after_newline(file, start, end) if start else 0
    if first is None:
        return
    pieces = plain(file, first)
    for offset, data, _ended, whole in _lines(_Stretch(pieces, next(pieces, None)), line_bytes):
        if first + offset > end:
            return
        yield Line(first + offset, data, whole)


def _after_newline(file: BinaryIO, start: int, end: int) -> int | None:
    """The byte after the first newline in a range of a file; None where it has none."""
    file.seek(start)
    while start < end and (data := file.read(min(_BUFFER_BYTES, end - start))):
        if (at := data.find(b"\n")) >= 0:
            return start + at + 1
        start += len(data)
    return None


def _lines(stretch: _Stretch, line_bytes: int) -> Iterator[tuple[int, bytes, bool, bool]]:
    """(offset, first line_bytes bytes, whether it ends, whether it is no longer) of the lines up to a fault or end."""
    offset = 0
    with io.BufferedReader(stretch, _BUFFER_BYTES) as unpacked_bytes:
        while data := unpacked_bytes.readline(line_bytes + 1):
            ended = data.endswith(b"\n")
            whole = ended or len(data) <= line_bytes
            yield offset, data[:-1] if ended else data[:line_bytes], ended, whole
            offset += len(data)
            while not whole:
                data = unpacked_bytes.readline(line_bytes)
                offset += len(data)
                whole = not data or data.endswith(b"\n")


class _Stretch(io.RawIOBase):
    """The unpacked bytes of a file up to the next fault, which it keeps, or to the end."""

    def __init__(self, pieces: Iterator[Piece], piece: Piece | None) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self.fault: Piece | None = None
        self._take(piece)

    def _take(self, piece: Piece | None) -> None:
        if piece and piece.fault:
            self.fault = piece
        elif piece:
            self._rest = memoryview(piece.data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer)
        while not self._rest and not self.fault:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._take(piece)
        size = min(len(target), len(self._rest))
        target[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
