"""Lines of plain and packed files: whole, too long, damaged, broken off."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard

from corpus.errors import RecordError
from corpus.readers.lines import Line, read_lines

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


def lines_until_fault(data: bytes, line_bytes: int = 1 << 16) -> tuple[list[Line], str]:
    lines: list[Line] = []
    try:
        lines.extend(read_lines(io.BytesIO(data), line_bytes))
    except RecordError as fault:
        return lines, str(fault)
    return lines, ""


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_line_with_its_offset(pack: Callable[[bytes], bytes]) -> None:
    lines, fault = lines_until_fault(pack(TEXT))
    assert not fault
    assert [line.data for line in lines] == EXPECTED
    assert all(TEXT.startswith(line.data + b"\n", line.offset) for line in lines)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
@pytest.mark.parametrize("limit", [20, 60])
def test_a_longer_line_is_cut_and_the_next_one_whole(pack: Callable[[bytes], bytes], limit: int) -> None:
    lines, _ = lines_until_fault(pack(TEXT), limit)
    assert [line.data for line in lines] == [line[:limit] for line in EXPECTED]
    assert [line.whole for line in lines] == [len(line) <= limit for line in EXPECTED]
    assert all(TEXT.startswith(line.data, line.offset) for line in lines)


def test_a_last_line_needs_no_end() -> None:
    assert list(read_lines(io.BytesIO(b"one\ntwo"), 9)) == [Line(0, b"one"), Line(4, b"two")]
    assert list(read_lines(io.BytesIO(b"one\ntwo"), 2)) == [Line(0, b"on", False), Line(4, b"tw", False)]
    assert list(read_lines(io.BytesIO(b""), 9)) == []


@pytest.mark.parametrize("pack", PACKED)
@pytest.mark.parametrize("missing", [1, 4, 2000])
def test_a_file_that_breaks_off_says_so(pack: Callable[[bytes], bytes], missing: int) -> None:
    lines, fault = lines_until_fault(pack(TEXT)[:-missing])
    assert "got the end of the file" in fault
    assert [line.data for line in lines] == EXPECTED[: len(lines)]


def test_every_whole_line_before_the_break_is_given() -> None:
    lines, fault = lines_until_fault(gzip.compress(TEXT) + gzip.compress(b"a whole line\n" * 3)[:-8])
    assert fault
    assert len(lines) == len(EXPECTED) + 3


@pytest.mark.parametrize("pack", [pytest.param(gzip.compress, id="gzip"), pytest.param(zstandard.compress, id="zstd")])
def test_damage_says_so(pack: Callable[[bytes], bytes]) -> None:
    data = bytearray(pack(TEXT))
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    lines, fault = lines_until_fault(bytes(data))
    assert "expected packed data that unpacks" in fault
    assert len(lines) < len(EXPECTED)


@pytest.mark.parametrize("pack", [pytest.param(gzip.compress, id="gzip"), pytest.param(zstandard.compress, id="zstd")])
def test_a_line_of_a_hundred_megabytes_takes_no_such_memory(pack: Callable[[bytes], bytes]) -> None:
    data = pack(bytes(100 << 20) + b"\nnext\n")
    tracemalloc.start()
    lines = list(read_lines(io.BytesIO(data), 1 << 10))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [line.whole for line in lines] == [False, True]
    assert lines[1] == Line((100 << 20) + 1, b"next")
    assert peak < 80 << 20
