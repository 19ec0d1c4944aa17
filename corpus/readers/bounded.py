"""Unpacking in bounded memory, whatever the data was made to do: the one way in which packed bytes become bytes.

A decompressor is asked for at most PIECE_BYTES at a time, so that 3 MB which unpack to 3 GB are noticed after the first
of them. Files of members, zip members, answers of web servers: each has limits of its own, and all unpack here.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli
import zstandard
from isal import igzip_lib

from corpus.readers.pieces import PIECE_BYTES
from corpus.recipe import cited

_ZSTD_WINDOW_BYTES = cited(1 << 27, "what zstd -22 needs, and the command's own limit", "bytes")
_XZ_MEMORY_BYTES = cited(1 << 28, "xz -9 needs 65 MiB to unpack", "bytes")
FEED_BYTES = 1 << 16
ZSTD_FEED_BYTES = 1 << 10
"""zstd has no bound on what it unpacks at once: so little packed is at most 32 MiB."""


class Unpacker(Protocol):
    """One packed stream, as the standard library's decompressors have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


class _Zstd:
    """A zstd frame; what it unpacks at once is bounded by what it is given."""

    needs_input = True

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES.value).decompressobj()

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return self._frame.decompress(data)


class _Brotli:
    """A brotli stream, which has no checksum, and whose limit may be passed by the size of its window."""

    unused_data = b""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._is_full = False  # there may be more to come of what it was given

    @property
    def eof(self) -> bool:
        return bool(self._stream.is_finished())

    @property
    def needs_input(self) -> bool:
        return not self._is_full and bool(self._stream.can_accept_more_data())

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        unpacked = bytes(self._stream.process(data, output_buffer_limit=max_length))
        self._is_full = len(unpacked) >= max_length
        return unpacked


UNPACKERS: dict[str, Callable[[], Unpacker]] = {
    "gzip": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
    "zlib": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB),
    "deflate": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES.value),
    "zstd": _Zstd,
    "brotli": _Brotli,
}
"""What unpacks one stream, by the name of its packing; `deflate` is without head or checksum."""

DAMAGED = (OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError, igzip_lib.error, brotli.error)
"""What unpackers raise on data that is damaged, or breaks off."""


def stream(unpacker: Unpacker, feed: Callable[[], bytes], piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
    """What a stream unpacks to, at most about piece_bytes at a time; feed gives packed bytes, none at their end.

    Raises:
        EOFError: it breaks off; or another of DAMAGED.
    """
    while not unpacker.eof:
        data = b""
        if unpacker.needs_input and not (data := feed()):
            raise EOFError
        yield unpacker.decompress(data, piece_bytes)


class Feeder:
    """Bytes held, a few at each call; at is how many were given."""

    def __init__(self, data: bytes, feed_bytes: int = FEED_BYTES) -> None:
        self._data, self._feed_bytes, self.at = data, feed_bytes, 0

    def __call__(self) -> bytes:
        piece = self._data[self.at : self.at + self._feed_bytes]
        self.at += len(piece)
        return piece
