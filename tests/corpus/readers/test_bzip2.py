"""bzip2 block by block: where blocks are found, to the bit, and what damage at any place of one costs."""

from __future__ import annotations

import bz2
import io
from random import Random

import pytest

from corpus.readers import bzip2, pieces
from corpus.readers.bzip2 import blocks
from corpus.readers.pieces import Piece
from corpus.recipe import cited

BLOCK, END = 0x314159265359, 0x177245385090
NOISE = Random(5).randbytes(230_000)
FILE = bz2.compress(NOISE, 1)  # blocks of 99,981 bytes
SIZES = (99_981, 99_981, 30_038)


def bits_of(data: bytes) -> str:
    return bin(int.from_bytes(b"\1" + data, "big"))[3:]


def bytes_of(bits: str) -> bytes:
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def places(data: bytes, mark: int) -> list[int]:
    """Where a mark stands, in bits, found the slow way."""
    bits, wanted = bits_of(data), f"{mark:048b}"
    found, at = [], bits.find(wanted)
    while at >= 0:
        found.append(at)
        at = bits.find(wanted, at + 1)
    return found


def flipped(data: bytes, *bits: int) -> bytes:
    changed = bytearray(data)
    for bit in bits:
        changed[bit // 8] ^= 128 >> bit % 8
    return bytes(changed)


def read(data: bytes, start: int = 0) -> list[tuple[bytes, int, int, str]]:
    """The blocks of a file, those in several pieces as one: bytes, first byte in the file, end of a fault, fault."""
    found: list[Piece] = []
    for piece in blocks(io.BytesIO(data), start):
        if found and not piece.fault and found[-1].start == piece.start:
            found[-1] = found[-1]._replace(data=found[-1].data + piece.data)
        else:
            found.append(piece)
    return [tuple(piece) for piece in found]  # type: ignore[misc]


STARTS = places(FILE, BLOCK)
(ENDS,) = places(FILE, END)
BLOCKS = [
    (NOISE[sum(SIZES[:at]) : sum(SIZES[: at + 1])], start // 8, 0, "") for at, start in enumerate(STARTS)
]  # fmt: skip
DAMAGED = "expected a bzip2 block whose checksum is right"
OTHER = "expected a bzip2 block, got other bytes"


def test_blocks_are_given_with_the_byte_they_start_at() -> None:
    assert len(STARTS) == 3
    assert read(FILE) == BLOCKS


@pytest.mark.parametrize("mark", [BLOCK, END])
@pytest.mark.parametrize("shift", range(8))
def test_a_mark_is_found_at_any_bit(mark: int, shift: int) -> None:
    data = bytes_of("1" * (40 + shift) + f"{mark:048b}" + "1" * 9)
    whole = [(40 + shift, mark == END)]
    assert [tuple(found) for found in bzip2._found(data, 0)] == whole
    assert set(map(tuple, bzip2._found(data, 1))) == set(whole)
    for wrong in range(48):
        once = flipped(data, 40 + shift + wrong)
        assert list(bzip2._found(once, 0)) == []
        assert set(map(tuple, bzip2._found(once, 1))) == set(whole), wrong
        assert list(bzip2._found(flipped(once, 40 + shift + (wrong + 7) % 48), 1)) == []


def test_marks_at_the_ends_of_what_is_looked_at() -> None:
    for shift in range(8):
        data = bytes_of("0" * shift + f"{BLOCK:048b}")
        assert [tuple(found) for found in bzip2._found(data, 0)] == [(shift, False)]
        assert list(bzip2._found(data[:-1], 0)) == []


@pytest.mark.parametrize("bit", [0, 1, 23, 46, 47])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_wrong_bit_in_a_blocks_mark_costs_nothing(at: int, bit: int) -> None:
    found = read(flipped(FILE, STARTS[at] + bit))
    assert b"".join(piece[0] for piece in found) == NOISE
    assert [piece[3] for piece in found if piece[3]] == []


@pytest.mark.parametrize("bit", [0, 24, 47])
def test_one_wrong_bit_in_the_mark_of_the_end_costs_nothing(bit: int) -> None:
    assert read(flipped(FILE, ENDS + bit)) == BLOCKS


@pytest.mark.parametrize("bit", range(0, 32, 5))
def test_what_the_head_of_a_stream_says_is_not_needed(bit: int) -> None:
    assert read(flipped(FILE, bit)) == BLOCKS
    assert read(flipped(FILE, ENDS + 48 + bit)) == BLOCKS


def fault(start: int, end: int, said: str = DAMAGED) -> tuple[bytes, int, int, str]:
    return (b"", start // 8, -(-end // 8), said)


@pytest.mark.parametrize("bit", [48, 79, 80, 500, -1], ids=["checksum", "its end", "table", "data", "last bit"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_wrong_bit_in_a_block_costs_the_block(at: int, bit: int) -> None:
    ends = [*STARTS[1:], ENDS]
    found = read(flipped(FILE, (STARTS[at] if bit >= 0 else ends[at]) + bit))
    assert found == [*BLOCKS[:at], fault(STARTS[at], ends[at]), *BLOCKS[at + 1 :]]


@pytest.mark.parametrize(
    ("keep", "whole", "start"),
    [
        pytest.param(STARTS[1] // 8 + 20, 1, STARTS[1], id="in the second block"),
        pytest.param(ENDS // 8 - 3, 2, STARTS[2], id="before the end's mark"),
        pytest.param(STARTS[1] // 8 + 9, 1, STARTS[1], id="within a block's head"),
    ],
)
def test_a_file_that_breaks_off(keep: int, whole: int, start: int) -> None:
    ended = read(FILE[:keep])
    assert ended[:-1] == BLOCKS[:whole]
    assert ended[-1][:3] == (b"", start // 8, keep)
    assert ended[-1][3].endswith(", got the end of the file")


def test_a_file_that_breaks_off_in_the_end_has_lost_no_block() -> None:
    for keep in (ENDS // 8 + 7, ENDS // 8 + 8, len(FILE) - 1):
        assert read(FILE[:keep]) == BLOCKS


@pytest.mark.parametrize("between", [b"", bytes(3), bytes(5000)])
def test_streams_and_zeros_follow_one_another(between: bytes) -> None:
    second = len(FILE) + len(between)
    shifted = [(data, start + second, end, said) for data, start, end, said in BLOCKS]
    assert read(FILE + between + FILE + between) == [*BLOCKS, *shifted]
    assert read(FILE + between + FILE, len(FILE)) == shifted


@pytest.mark.parametrize("other", [b"x", b"\0x\0", b"BZh9", b"other bytes" * 500])
def test_other_bytes_are_a_fault(other: bytes) -> None:
    second = len(FILE) + len(other)
    shifted = [(data, start + second, end, said) for data, start, end, said in BLOCKS]
    assert read(FILE + other + FILE) == [*BLOCKS, (b"", len(FILE), second + 4, OTHER), *shifted]
    assert read(FILE + other) == [*BLOCKS, (b"", len(FILE), second, OTHER)]
    assert read(other) == [(b"", 0, len(other), OTHER)]


def test_nothing_is_nothing() -> None:
    assert read(b"") == read(bz2.compress(b"")) == read(bytes(30)) == []


@pytest.mark.parametrize("step", [1000, 4099])
def test_blocks_are_found_however_little_is_read_at_a_time(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "READ_BYTES", step)
    monkeypatch.setattr(bzip2, "_LONGEST_BLOCK_BYTES", 60_000)  # twice as much is held: a block has 100,600
    assert read(FILE) == BLOCKS


def test_a_bomb_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = bz2.compress(bytes(3_000_000), 9)
    assert b"".join(data for data, *_ in read(packed)) == bytes(3_000_000)
    monkeypatch.setattr(pieces, "SMALL_BYTES", cited(1000, "too little for it", "bytes"))
    found = read(packed)
    assert {said for *_, said in found} == {"expected data packed at most 1032 times, got a bomb"}
