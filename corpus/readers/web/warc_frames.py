"""Where the records of a WARC file start and end: what to go by when a record's own length cannot be trusted.

A compressed WARC has one gzip member or zstd frame a record, so a record starts where one starts that unpacks to
`WARC/1.`; a plain one starts at a line of that form. Offsets are bytes of the file as it is stored.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import zstandard

from corpus.recipe import cited

GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
FIRST_LINE = re.compile(rb"WARC/1\.[01]\r?\n(?=WARC-|Content-)")
_LONGEST_FIRST_LINE = 64
_BLOCK_BYTES = 1 << 20
_SLICE_BYTES = 1 << 10
"""Packed bytes unpacked at once: a bomb gives at most some tens of MB, of which nothing is kept."""
_HEADER_BYTES = cited(1 << 16, "a record's header has some ten lines, of which an address may be long", "bytes")
_MAGIC_BYTES, _GZIP_FORMAT = 4, 31
_ENDING = b"\r\n\r\n"
_CONTENT_LENGTH = re.compile(rb"(?i)\r\nContent-Length:[ \t]*+(\d{1,18})[ \t]*+\r\n")
_OTHER_HEADERS = re.compile(rb"(?:.*\r\n)*?\r\n")


def next_record(file: BinaryIO, after: int) -> int | None:
    """The offset of the first record that starts at `after` or later; None where there is none."""
    pattern = _start_pattern(file)
    while True:
        file.seek(after)
        block = file.read(_BLOCK_BYTES)
        for match in pattern.finditer(block):
            if _starts_record(file, after + match.start()):
                return after + match.start()
        if len(block) < _BLOCK_BYTES:
            return None
        after += _BLOCK_BYTES - _LONGEST_FIRST_LINE


def unpacked_start(head: bytes, wanted_bytes: int = _SLICE_BYTES) -> bytes:
    """The first wanted bytes of a file or member, unpacked from its first stored bytes; b"" where those are damaged."""
    unpack = _unpacker(head[:_MAGIC_BYTES])
    try:
        if head.startswith(GZIP):  # no more than asked for, so that damage further on does no harm
            return bytes(unpack.decompress(head, wanted_bytes))
        return unpack.decompress(head) if unpack else head
    except (zlib.error, zstandard.ZstdError):
        return b""


def record_end(file: BinaryIO, start: int) -> int | None:
    """The offset just after the record at `start`, None where its Content-Length does not lead to its end.

    A length holds when nothing but line ends follow it in the record's own member; in a plain file, when two line ends
    or the end of the file follow.
    """
    member = _Member(file, start)
    pieces = filter(None, member.pieces())
    head, length, ends = b"", None, None
    while ends is None and len(head) < _HEADER_BYTES.value and (piece := next(pieces, b"")):
        head += piece
        length = _CONTENT_LENGTH.search(head)
        ends = _OTHER_HEADERS.match(head, length.end()) if length else None
    if length is None or ends is None:
        return None
    block_end = left = ends.end() + int(length[1])
    after = b""
    for piece in chain((head,), pieces):
        after = (after + piece[left:])[:_LONGEST_FIRST_LINE]
        left = max(0, left - len(piece))
        if not member.packed and len(after) == _LONGEST_FIRST_LINE:
            break
    blank = len(after) - len(after.lstrip(b"\r\n"))
    ended = not after[blank:] or FIRST_LINE.match(after[blank:]) or (not member.packed and after.startswith(_ENDING))
    if left or not ended:
        return None
    return member.end() if member.packed else start + block_end + blank


class _Member:
    """The gzip member or zstd frame at an offset, or the rest of a plain file, unpacked a piece at a time."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        magic = file.read(_MAGIC_BYTES)
        file.seek(start)
        self._file = file
        self._unpack = _unpacker(magic)
        self.packed = self._unpack is not None

    def pieces(self) -> Iterator[bytes]:
        """Unpacked bytes, until the member ends, the file ends, or its bytes are damaged."""
        while piece := self._file.read(_SLICE_BYTES if self.packed else _BLOCK_BYTES):
            if self._unpack is None:
                yield piece
                continue
            try:
                yield self._unpack.decompress(piece)
            except (zlib.error, zstandard.ZstdError):
                return
            if self._unpack.eof:
                return

    def end(self) -> int | None:
        """The offset just after the member, None where it broke off."""
        return self._file.tell() - len(self._unpack.unused_data) if self._unpack.eof else None


def _unpacker(magic: bytes) -> Any:
    if magic.startswith(GZIP):
        return zlib.decompressobj(_GZIP_FORMAT)
    return zstandard.ZstdDecompressor().decompressobj() if magic.startswith(ZSTD) else None


def _start_pattern(file: BinaryIO) -> re.Pattern[bytes]:
    file.seek(0)
    magic = file.read(_MAGIC_BYTES)
    packed = GZIP if magic.startswith(GZIP) else ZSTD if magic.startswith(ZSTD) else b""
    return re.compile(re.escape(packed)) if packed else FIRST_LINE


def _starts_record(file: BinaryIO, offset: int) -> bool:
    file.seek(max(offset - 1, 0))
    before = file.read(min(offset, 1))
    stored = file.read(_SLICE_BYTES)
    if stored.startswith(b"WARC/"):
        return before in (b"", b"\n")
    return FIRST_LINE.match(unpacked_start(stored, _LONGEST_FIRST_LINE).lstrip(b"\r\n")) is not None
