"""A bzip2 file of many streams (Wikimedia's multistream dumps, pbzip2), cut where streams begin."""

from __future__ import annotations

import re
from typing import BinaryIO

# A stream's head `BZh1` to `BZh9` and, in its first byte, the mark of a block (the digits of pi) or of an end (an empty
# stream): the 10 bytes stand in packed data by chance once in 10**22 bytes, so that no index of the dump is needed.
_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_STREAM_START_BYTES = 10
_READ_BYTES = 1 << 20


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
