"""Files in every packing: all bytes, in bounded pieces, up to where the file breaks off."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from random import Random

import py7zr
import pytest
import zstandard

from corpus.errors import RecordError
from corpus.readers.compressed import PIECE_BYTES, pieces

TEXT = Random(7).randbytes(300_000) + b"the end " * 20_000


def seven_zip(data: bytes) -> bytes:
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as archive:
        archive.writestr(data, "dump.xml")
    return file.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "7z": seven_zip,
}
STREAMED = [name for name in PACKINGS if name not in ("plain", "7z")]


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_its_bytes(packing: str) -> None:
    assert b"".join(pieces(io.BytesIO(PACKINGS[packing](TEXT)))) == TEXT


@pytest.mark.parametrize("packing", PACKINGS)
def test_an_empty_file_is_empty(packing: str) -> None:
    assert b"".join(pieces(io.BytesIO(PACKINGS[packing](b"")))) == b""


@pytest.mark.parametrize("packing", STREAMED)
def test_streams_follow_one_another(packing: str) -> None:
    pack = PACKINGS[packing]
    assert b"".join(pieces(io.BytesIO(pack(b"one") + pack(b"two") + pack(b"three")))) == b"onetwothree"


@pytest.mark.parametrize("packing", STREAMED)
@pytest.mark.parametrize("cut", [0.1, 0.9])
def test_a_file_that_breaks_off_gives_what_it_can_and_says_so(packing: str, cut: float) -> None:
    packed = PACKINGS[packing](TEXT)
    taken: list[bytes] = []
    given = pieces(io.BytesIO(packed[: int(len(packed) * cut)]))
    with pytest.raises(RecordError, match="expected the end of the packed data, got the end of the file"):
        taken.extend(iter(lambda: next(given), None))
    assert TEXT.startswith(b"".join(taken))
    assert taken or packing == "bzip2"  # whose block is larger than this text


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz", "zstd", "7z"])
def test_damage_is_a_record_error(packing: str) -> None:
    packed = bytearray(PACKINGS[packing](TEXT))
    middle = len(packed) // 3
    packed[middle : middle + 64] = bytes(64)
    with pytest.raises(RecordError):
        list(pieces(io.BytesIO(bytes(packed))))


@pytest.mark.parametrize("packing", ["bzip2", "xz", "gzip"])
def test_a_bomb_comes_in_bounded_pieces(packing: str) -> None:
    packed = PACKINGS[packing](bytes(8 << 20))
    assert max(map(len, pieces(io.BytesIO(packed)))) <= PIECE_BYTES


def test_an_archive_left_early_ends() -> None:
    given = pieces(io.BytesIO(seven_zip(TEXT)))
    assert next(given)
    given.close()  # type: ignore[attr-defined]
