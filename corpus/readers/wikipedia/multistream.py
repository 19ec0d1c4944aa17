"""A bzip2 file of many streams (Wikimedia's multistream dumps, pbzip2), cut where streams begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, cast

from corpus.readers.compressed import pieces

_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_STREAM_START_BYTES = 10
_READ_BYTES = 1 << 20


class Piece(NamedTuple):
    """Unpacked bytes; ours tells whether their stream begins inside the part that is read."""

    data: bytes
    ours: bool


def cut(file: BinaryIO, size: int, part_bytes: int, search_bytes: int) -> list[str]:
    """The parts `start-end` (packed bytes) of a bzip2 file, of about part_bytes; [""] when it is a single stream.

    Args:
        search_bytes: how far from a wanted cut to look for the next stream; a file without one there is not cut.
    """
    starts = [0]
    while starts[-1] + part_bytes < size:
        start = _next_stream(file, starts[-1] + part_bytes, search_bytes)
        if start < 0:
            break
        starts.append(start)
    if len(starts) == 1:
        return [""]
    return [f"{start}-{end}" for start, end in zip(starts, [*starts[1:], size], strict=True)]


def read_part(file: BinaryIO, start: int, end: int) -> Iterator[Piece]:
    """The unpacked bytes from the stream at start on; those of streams that begin at end or later are not ours.

    Raises:
        RecordError: the packed data is damaged or breaks off.
    """
    file.seek(start)
    for data in pieces(cast(BinaryIO, _Until(file, end - start))):
        yield Piece(data, True)
    for data in pieces(file):
        yield Piece(data, False)


class _Until:
    """The next `left` bytes of a file."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


def _next_stream(file: BinaryIO, at: int, search_bytes: int) -> int:
    """Where the first stream at or after a byte begins; -1: none within search_bytes."""
    file.seek(at)
    tail = b""
    searched = 0
    while searched < search_bytes and (data := file.read(_READ_BYTES)):
        stream = _STREAM.search(tail + data)
        if stream:
            return at + searched - len(tail) + stream.start()
        searched += len(data)
        tail = (tail + data)[1 - _STREAM_START_BYTES :]
    return -1
