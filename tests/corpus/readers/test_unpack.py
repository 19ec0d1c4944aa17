"""Files in every packing: all bytes, in bounded memory; damage costs the unit it is in, and says which bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tracemalloc
from collections.abc import Callable, Iterator
from random import Random

import py7zr
import pytest
import zstandard

from corpus.errors import RecordError
from corpus.readers import members, pieces
from corpus.readers.base import Seen
from corpus.readers.pieces import Piece
from corpus.readers.unpack import first_bytes, packing_of, unpack_whole, unpacked

NOISE = Random(7).randbytes(300_000)
TEXT = NOISE + b"the end " * 20_000


def seven_zip(data: bytes, method: int = py7zr.FILTER_LZMA2) -> bytes:
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", filters=[{"id": method}]) as archive:
        archive.writestr(data, "dump.xml")
    return file.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": lambda data: bz2.compress(data, 1),
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "7z": seven_zip,
    "7z of bzip2": lambda data: seven_zip(data, py7zr.FILTER_BZIP2),
}
STREAMED = ["gzip", "bzip2", "xz", "zstd"]
ENDINGS = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst", "7z": ".7z", "7z of bzip2": ".7z"}


def read(data: bytes, name: str = "") -> tuple[list[Piece], Seen]:
    """The pieces of a file, and its bytes added up as the engine does."""
    seen = Seen()
    with seen.counting(lambda _: io.BytesIO(data), "file")("file") as file:
        found = list(unpacked(file, seen, name))
    seen.add_up()
    assert seen.bytes.kept + seen.bytes.skipped == seen.bytes.entered == len(data)
    return found, seen


def text_of(found: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in found)


def faults(found: list[Piece]) -> list[tuple[int, int]]:
    return [(piece.start, piece.end) for piece in found if piece.fault]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("data", [TEXT, b"", b"x"], ids=["long", "empty", "one"])
def test_every_packing_gives_its_bytes(packing: str, data: bytes) -> None:
    found, seen = read(PACKINGS[packing](data))
    assert text_of(found) == data
    assert (faults(found), seen.bytes.skipped) == ([], 0)


@pytest.mark.parametrize("packing", STREAMED)
@pytest.mark.parametrize("padding", [b"", bytes(512)], ids=["", "zeros"])
def test_streams_follow_one_another(packing: str, padding: bytes) -> None:
    pack = PACKINGS[packing]
    found, _ = read(pack(b"one") + pack(b"two") + padding + pack(b"three") + padding)
    assert (text_of(found), faults(found)) == (b"onetwothree", [])


@pytest.mark.parametrize("packing", STREAMED)
def test_damage_costs_one_unit_and_says_which(packing: str) -> None:
    """Any bit of the middle one of three members: the others are given, and nothing that was not there."""
    one, two, three = (PACKINGS[packing](word * 999) for word in (b"one", b"two", b"three"))
    random = Random(packing)
    for bit in random.sample(range(8 * len(two)), min(8 * len(two), 200)):
        damaged = bytearray(two)
        damaged[bit // 8] ^= 1 << bit % 8
        found, seen = read(one + damaged + three)
        assert text_of(found) in (b"one" * 999 + b"three" * 999, b"one" * 999 + b"two" * 999 + b"three" * 999)
        assert all(len(one) <= start < end <= len(one + two) for start, end in faults(found))
        assert seen.bytes.skipped == sum(end - start for start, end in faults(found))
        assert len(faults(found)) == 1 or text_of(found) == b"one" * 999 + b"two" * 999 + b"three" * 999


@pytest.mark.parametrize("packing", [*STREAMED, "7z", "7z of bzip2"])
def test_damage_anywhere_in_a_file(packing: str) -> None:
    """No bit makes reading end, gives bytes that were not there, or leaves some of the file unsaid."""
    whole = PACKINGS[packing](TEXT)
    good = {piece.data for piece in read(whole)[0]}
    for bit in Random(packing).sample(range(8 * len(whole)), 30):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        found, _ = read(bytes(damaged), "dump" + ENDINGS[packing])
        assert {piece.data for piece in found if not piece.fault} <= good
        assert faults(found) or text_of(found) == TEXT


@pytest.mark.parametrize("packing", STREAMED)
@pytest.mark.parametrize("cut", [0.3, 0.9, 0.999])
def test_a_file_that_breaks_off_gives_its_whole_units(packing: str, cut: float) -> None:
    first = PACKINGS[packing](b"before it")
    packed = first + PACKINGS[packing](TEXT)
    found, _ = read(packed[: int(len(packed) * cut)])
    assert text_of(found).startswith(b"before it")
    assert (b"before it" + TEXT).startswith(text_of(found))
    (fault,) = [piece for piece in found if piece.fault]
    assert fault.fault.endswith("got the end of the file")
    assert fault.end == int(len(packed) * cut)
    assert fault.start == len(first) or packing == "bzip2"


def test_a_block_of_bzip2_is_all_that_damage_costs() -> None:
    """Four blocks at bits that are no bytes; also where the mark that starts one, or its stream's head, is damaged."""
    data = NOISE[:250_000] + b"0123456789" * 10_000
    packed = bz2.compress(data, 1)
    good = [piece.data for piece in read(packed)[0]]
    assert len(good) == 4
    for at in range(20, len(packed) - 20, len(packed) // 40):
        damaged = packed[:at] + bytes([packed[at] ^ 16]) + packed[at + 1 :]
        found, _ = read(damaged)
        assert len(faults(found)) == 1
        assert len([piece for piece in found if piece.data in good]) == 3
    for bit in range(80):
        head = int.from_bytes(packed[:10], "big") ^ 1 << bit
        assert text_of(read(head.to_bytes(10, "big") + packed[10:], "a.bz2")[0]) == data


def test_a_member_above_what_is_held_is_compared_before_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "HELD_BYTES", 1 << 16)
    packed = gzip.compress(TEXT, mtime=0)
    assert text_of(read(packed)[0]) == TEXT
    broken = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    found, _ = read(broken)
    assert (text_of(found), faults(found)) == (b"", [(0, len(packed))])
    assert "checksum" in found[0].fault


def test_a_file_of_false_members_is_not_read_without_end() -> None:
    """Each starts with gzip's magic and runs on into the next: reading all from each would be quadratic."""
    stored = b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\0\xff\xff\0\0"
    data = stored * 3000
    reads = 0

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal reads
            got = super().read(size)
            reads += len(got)
            return got

    found = list(unpacked(Counting(data), Seen()))
    assert faults(found) == [(0, len(data))]
    assert reads < 40 * len(data) + 100 * (1 << 16)


@pytest.mark.parametrize("packing", ["bzip2", "zstd", "xz"])
def test_a_bomb_is_refused(packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SMALL_BYTES", pieces.SMALL_BYTES.__class__(1 << 20, ""))
    packed = PACKINGS[packing](bytes(64 << 20))
    assert len(packed) < 1 << 16
    found, _ = read(packed)
    assert len(text_of(found)) <= (1 << 20) + 1032 * len(packed)
    assert "a bomb" in next(piece.fault for piece in found if piece.fault)


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz", "zstd"])
def test_memory_is_bounded(packing: str) -> None:
    packed = PACKINGS[packing](bytes(100 << 20))
    tracemalloc.start()
    size = sum(len(piece.data) for piece in unpacked(io.BytesIO(packed), Seen()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 100 << 20 if packing == "gzip" else size < 70 << 20
    assert peak < 80 << 20


def test_an_archive_left_early_ends() -> None:
    given = unpacked(io.BytesIO(seven_zip(TEXT)), Seen())
    assert next(given).data
    assert isinstance(given, Iterator)
    given.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("packing", STREAMED)
def test_a_files_first_bytes_may_be_damaged(packing: str) -> None:
    one, two = PACKINGS[packing](NOISE[:2000]), PACKINGS[packing](NOISE[2000:4000])
    damaged = bytes([one[0] ^ 1]) + one[1:]
    found, _ = read(damaged + two, "dump" + ENDINGS[packing])
    assert text_of(found) == (NOISE[:4000] if packing == "bzip2" else NOISE[2000:4000])


@pytest.mark.parametrize(
    ("head", "name", "magic"),
    [
        (b"\x1f\x8b\x08\0", "a", b"\x1f\x8b\x08"),
        (b'{"text": "a"}', "a.json.gz", b""),
        (b"paper.tex" + bytes(90), "a.gz", b""),
        (bytes(64), "a.gz", b"\x1f\x8b\x08"),
        (b"\x1f", "a.gz", b""),
        (b"\x1f\x8a\x08\0\0", "a.json.gz", b"\x1f\x8b\x08"),
        (b"\x1f\x8a\x08\0\0", "a.json", b""),
        (b"BZh91AY&SY", "a.xml", b"BZh"),
    ],
)
def test_the_packing_is_told_by_the_first_bytes_then_by_the_name(head: bytes, name: str, magic: bytes) -> None:
    assert packing_of(head, name) == magic


def test_unpack_whole() -> None:
    packed = gzip.compress(TEXT)
    assert unpack_whole(io.BytesIO(packed), len(TEXT)) == TEXT
    with pytest.raises(RecordError, match=f"expected at most {len(TEXT) - 1} bytes, got more"):
        unpack_whole(io.BytesIO(packed), len(TEXT) - 1)
    with pytest.raises(RecordError, match="expected a gzip member that ends, got the end of the file"):
        unpack_whole(io.BytesIO(packed[:-1]), len(TEXT))


def test_first_bytes() -> None:
    assert first_bytes(gzip.compress(b'{"text": 1}' + NOISE)[:100], 11) == b'{"text": 1}'
    assert first_bytes(b"plain", 3) == b"plain"
    assert first_bytes(b"\x1f\x8b\x08" + b"\xff" * 40, 9) == b""
    assert first_bytes(bz2.compress(b"x"), 9) == b""
