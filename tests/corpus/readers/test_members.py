"""Members of a packed file: each given with the byte it starts at, damage as the bytes up to the next sound one."""

from __future__ import annotations

import gzip
import io
import lzma
from random import Random

import pytest
import zstandard

from corpus.readers import members as module
from corpus.readers.members import GZIP, XZ, ZSTD, Format, first_bytes_of, members

FORMATS = {"gzip": GZIP, "xz": XZ, "zstd": ZSTD}
PACK = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
NOISE = Random(3).randbytes(40_000)
TEXTS = (b"one " * 300, NOISE, NOISE[:99])


class Counting(io.BytesIO):
    """A file that knows how many of its bytes were read."""

    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.given += len(data)
        return data


def read(data: bytes, form: Format, start: int = 0) -> list[tuple[bytes, int, int, str]]:
    """The members of a file, each as one: its bytes, where it starts, and the end and words of a fault."""
    found: list[tuple[bytes, int, int, str]] = []
    for piece in members(io.BytesIO(data), form, start):
        if found and not piece.fault and not found[-1][3] and found[-1][1] == piece.start:
            found[-1] = (found[-1][0] + piece.data, *found[-1][1:])
        else:
            found.append(tuple(piece))
    return found


@pytest.fixture(params=FORMATS)
def packing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def three(packing: str, between: bytes = b"") -> tuple[bytes, list[int]]:
    """Three members, and where each starts and the last ends."""
    packed = [PACK[packing](text) + between for text in TEXTS]
    ends = [sum(map(len, packed[:at])) for at in range(4)]
    return b"".join(packed), ends


def whole(starts: list[int]) -> list[tuple[bytes, int, int, str]]:
    return [(text, start, 0, "") for text, start in zip(TEXTS, starts, strict=True)]


@pytest.mark.parametrize("zeros", [0, 1, 3, 70_000])
def test_members_are_given_with_the_byte_they_start_at(packing: str, zeros: int) -> None:
    data, starts = three(packing, bytes(zeros))
    assert read(data, FORMATS[packing]) == whole(starts[:3])
    assert read(bytes(zeros) + data, FORMATS[packing]) == whole([start + zeros for start in starts[:3]])
    assert read(data, FORMATS[packing], starts[1]) == whole(starts[:3])[1:]
    assert read(data, FORMATS[packing], starts[1] - zeros) == whole(starts[:3])[1:]
    assert read(data, FORMATS[packing], len(data)) == read(b"", FORMATS[packing]) == []


@pytest.mark.parametrize("at", [0, 1, 2])
def test_damage_costs_its_member(packing: str, at: int) -> None:
    data, starts = three(packing)
    for byte in (starts[at], starts[at + 1] - 6, starts[at + 1] - 1):
        damaged = data[:byte] + bytes([data[byte] ^ 4]) + data[byte + 1 :]
        found = read(damaged, FORMATS[packing])
        (fault,) = [piece for piece in found if piece[3]]
        assert fault[:3] == (b"", starts[at], starts[at + 1])
        assert fault[3].startswith(f"expected a {packing} member")
        assert [piece for piece in found if not piece[3]] == [*whole(starts[:3])[:at], *whole(starts[:3])[at + 1 :]]


@pytest.mark.parametrize("lost", [1, 4, 20])
def test_a_member_that_breaks_off(packing: str, lost: int) -> None:
    data, starts = three(packing)
    found = read(data[:-lost], FORMATS[packing])
    said = f"expected a {packing} member that ends, got the end of the file"
    assert found == [*whole(starts[:3])[:2], (b"", starts[2], len(data) - lost, said)]
    assert read(data + data[:lost], FORMATS[packing])[3][:3] == (b"", len(data), len(data) + lost)


@pytest.mark.parametrize("noise", [b"x", NOISE, GZIP.magic * 3, XZ.magic + ZSTD.magic])
def test_other_bytes_between_members_are_a_fault(packing: str, noise: bytes) -> None:
    data, starts = three(packing)
    found = read(data + noise + data, FORMATS[packing])
    moved = [start + len(data + noise) for start in starts[:3]]
    assert [piece[:3] for piece in found] == [
        *[piece[:3] for piece in whole(starts[:3])],
        (b"", len(data), len(data + noise)),
        *[piece[:3] for piece in whole(moved)],
    ]


@pytest.mark.parametrize(("held", "times"), [(len(NOISE), 1), (len(NOISE) - 1, 2)])
def test_what_is_above_what_is_held_is_unpacked_twice(
    packing: str, held: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_BYTES", held)
    monkeypatch.setattr(module, "READ_BYTES", 1 << 10)
    file = Counting(PACK[packing](NOISE))
    assert b"".join(piece.data for piece in members(file, FORMATS[packing])) == NOISE
    size = len(file.getvalue())
    assert times * size <= file.given <= times * size + (times + 1) * 1024


def test_a_member_above_what_is_held_is_given_only_if_it_is_sound(
    packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_BYTES", 100)
    packed = PACK[packing](NOISE)
    damaged = packed[:-1] + bytes([packed[-1] ^ 1])
    assert [piece[:3] for piece in read(damaged, FORMATS[packing])] == [(b"", 0, len(packed))]


@pytest.mark.parametrize("wanted", [1, 100, 5000])
def test_the_first_bytes_of_a_member(packing: str, wanted: int) -> None:
    packed = PACK[packing](TEXTS[0] * 50)
    assert first_bytes_of(packed, FORMATS[packing], wanted)[:wanted] == (TEXTS[0] * 50)[:wanted]
    assert len(first_bytes_of(packed, FORMATS[packing], wanted)) <= max(wanted, 1 << 17)
    assert first_bytes_of(FORMATS[packing].magic + b"\xff" * 30, FORMATS[packing], wanted) == b""
