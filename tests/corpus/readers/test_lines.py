"""Lines of plain and packed files: whole, too long, damaged, broken off."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard

from corpus.readers.base import InputFile, Seen
from corpus.readers.lines import Line, byte_ranges, read_lines

TEXT = b"".join(b"line %d %s\n" % (n, b"abc" * (n % 50)) for n in range(3000))
EXPECTED = TEXT.split(b"\n")[:-1]


def members(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: b"".join(pack(data[start : start + 5000]) for start in range(0, len(data), 5000))


PACKS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip members": members(gzip.compress),
    "zstd": zstandard.compress,
    "zstd frames": members(zstandard.compress),
}
PACKED = [pytest.param(pack, id=name) for name, pack in PACKS.items() if name != "plain"]


def read(data: bytes, line_bytes: int = 1 << 16) -> list[Line]:
    return list(read_lines(io.BytesIO(data), Seen(), line_bytes))


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_line_with_its_offset(pack: Callable[[bytes], bytes]) -> None:
    lines = read(pack(TEXT))
    assert [line.data for line in lines] == EXPECTED
    assert all(TEXT.startswith(line.data + b"\n", int(line.where)) for line in lines)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
@pytest.mark.parametrize("limit", [20, 60])
def test_a_longer_line_is_cut_and_the_next_one_whole(pack: Callable[[bytes], bytes], limit: int) -> None:
    lines = read(pack(TEXT), limit)
    assert [line.data for line in lines] == [line[:limit] for line in EXPECTED]
    assert [line.whole for line in lines] == [len(line) <= limit for line in EXPECTED]
    assert all(TEXT.startswith(line.data, int(line.where)) for line in lines)


def test_a_last_line_needs_no_end() -> None:
    assert read(b"one\ntwo", 9) == [Line(0, b"one"), Line(4, b"two")]
    assert read(b"one\ntwo", 2) == [Line(0, b"on", False), Line(4, b"tw", False)]
    assert read(b"", 9) == []


@pytest.mark.parametrize("pack", PACKED)
@pytest.mark.parametrize("missing", [1, 4, 2000])
def test_a_file_that_breaks_off_says_so(pack: Callable[[bytes], bytes], missing: int) -> None:
    packed = pack(TEXT)[:-missing]
    *lines, last = read(packed)
    assert last.fault.endswith("got the end of the file")
    assert str(last.where).endswith(f"-{len(packed)}")
    assert [line.data for line in lines] == EXPECTED[: len(lines)]


def test_of_a_member_that_breaks_off_no_line_is_given() -> None:
    first = gzip.compress(TEXT)
    lines = read(first + gzip.compress(b"a whole line\n" * 3)[:-8])
    assert [line.data for line in lines[:-1]] == EXPECTED
    assert str(lines[-1].where).startswith(f"{len(first)}-")


def test_damage_in_the_middle_costs_its_member_and_the_lines_it_cuts() -> None:
    ends = [b"one\ntw", b"o\nthree\nfo", b"ur\nfive\n"]
    packed = [gzip.compress(data, mtime=0) for data in ends]
    packed[1] = packed[1][:-8] + bytes([packed[1][-8] ^ 255]) + packed[1][-7:]
    first, second = len(packed[0]), len(packed[0] + packed[1])
    one, fault, torn, five = read(b"".join(packed))
    assert one == Line(0, b"one")
    assert (fault.where, bool(fault.fault)) == (f"{first}-{second}", True)
    assert torn == Line(f"{second}+0", b"ur", torn=True)
    assert five == Line(f"{second}+3", b"five")


@pytest.mark.parametrize("pack", [pytest.param(gzip.compress, id="gzip"), pytest.param(zstandard.compress, id="zstd")])
def test_a_line_of_sixty_megabytes_takes_no_such_memory(pack: Callable[[bytes], bytes]) -> None:
    data = pack(bytes(60 << 20) + b"\nnext\n")
    tracemalloc.start()
    lines = read(data, 1 << 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [line.whole for line in lines] == [False, True]
    assert lines[1] == Line((60 << 20) + 1, b"next")
    assert peak < 80 << 20


def cut(data: bytes, part_bytes: int, path: str = "a.json") -> list[str]:
    return byte_ranges(InputFile(path, len(data), 0.0), lambda _: io.BytesIO(data), {"part_bytes": part_bytes})


def in_parts(data: bytes, part_bytes: int, line_bytes: int) -> list[Line]:
    """The lines of all parts; every byte is one part's."""
    found, counted = [], 0
    for part in cut(data, part_bytes):
        seen = Seen()
        with seen.counting(lambda _: io.BytesIO(data), "a")("a") as file:
            found += read_lines(file, seen, line_bytes, "a", part)
        seen.add_up()
        assert seen.bytes.kept == seen.bytes.entered
        counted += seen.bytes.entered
    assert counted == len(data)
    return found


SHORT = [b"", b"\n", b"\n\n\n", b"one", b"one\ntwo", b"a\n" * 20, b"x" * 90, b"x" * 40 + b"\n" + b"y" * 50 + b"\nz\n"]


@pytest.mark.parametrize("data", [*SHORT, TEXT[:900]], ids=range(len(SHORT) + 1))
def test_parts_have_every_line_once(data: bytes) -> None:
    for line_bytes in (5, 1 << 16):
        for part_bytes in range(1, len(data) + 1):
            assert in_parts(data, part_bytes, line_bytes) == read(data, line_bytes), part_bytes


def test_parts_of_a_large_file() -> None:
    data = TEXT * 5 + bytes(200_000) + b"\n" + TEXT[:-5]
    for part_bytes in (len(data) // 2 + 1, 65_536):
        assert in_parts(data, part_bytes, 1 << 10) == read(data, 1 << 10)


def test_packed_and_small_files_are_read_whole() -> None:
    assert cut(TEXT, len(TEXT)) == cut(gzip.compress(TEXT), 10) == cut(zstandard.compress(TEXT), 10) == [""]
    assert cut(TEXT[:10], 4) == ["0-3", "3-6", "6-10"]
