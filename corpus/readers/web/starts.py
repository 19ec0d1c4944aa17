"""Where the records of a WARC file start, so that a large one is cut into parts.

A compressed WARC has one gzip member or zstd frame a record, so a record starts where one starts that unpacks to
`WARC/1.`; a plain one starts at a line of that form. Offsets are bytes of the file as it is stored.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, BinaryIO

import zstandard

from corpus.readers.web.frames import FIRST_LINE

GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_LONGEST_FIRST_LINE = 64
_BLOCK_BYTES = 1 << 20
_SLICE_BYTES = 1 << 10
"""Packed bytes unpacked at once: a bomb gives at most some tens of MB, of which nothing is kept."""
_MAGIC_BYTES, _GZIP_FORMAT = 4, 31


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
