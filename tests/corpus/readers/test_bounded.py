"""Unpacking in bounded memory: every packing, its end, what follows it, and what is damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from random import Random

import brotli
import pytest
import zstandard

from corpus.readers.bounded import DAMAGED, UNPACKERS, ZSTD_FEED_BYTES, Feeder, stream
from corpus.readers.pieces import PIECE_BYTES


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACK = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zlib": zlib.compress,
    "deflate": raw_deflate,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "brotli": brotli.compress,
}
TEXT = Random(3).randbytes(100_000) + b"word " * 100_000


def unpacked(name: str, data: bytes) -> tuple[list[bytes], int]:
    """The pieces, and the byte after the packed stream."""
    unpacker, feed = UNPACKERS[name](), Feeder(data, ZSTD_FEED_BYTES)
    pieces = list(stream(unpacker, feed))
    return pieces, feed.at - len(unpacker.unused_data)


def test_every_unpacker_is_tried() -> None:
    assert PACK.keys() == UNPACKERS.keys()


@pytest.mark.parametrize("name", PACK)
def test_a_stream_unpacks_and_its_end_is_known(name: str) -> None:
    packed = PACK[name](TEXT)
    pieces, end = unpacked(name, packed + (b"" if name == "brotli" else b"what follows"))
    assert b"".join(pieces) == TEXT
    assert end == len(packed)


@pytest.mark.parametrize("name", PACK)
def test_what_breaks_off_says_so(name: str) -> None:
    packed = PACK[name](TEXT)
    with pytest.raises(EOFError):
        unpacked(name, packed[: len(packed) // 2])


@pytest.mark.parametrize("name", ["gzip", "zlib", "bzip2", "xz", "zstd"])
def test_a_wrong_checksum_is_seen(name: str) -> None:
    packed = PACK[name](TEXT)
    at = -5 if name != "xz" else -45  # before xz's index and footer
    damaged = bytearray(packed)
    damaged[at] ^= 4
    with pytest.raises(DAMAGED):
        unpacked(name, bytes(damaged))


@pytest.mark.parametrize("name", PACK)
def test_no_piece_is_large_however_well_it_packs(name: str) -> None:
    packed = PACK[name](bytes(48 << 20))
    pieces, _ = unpacked(name, packed)
    assert sum(map(len, pieces)) == 48 << 20
    assert max(map(len, pieces)) <= {"zstd": 32 << 20, "brotli": 1 << 25}.get(name, PIECE_BYTES)
