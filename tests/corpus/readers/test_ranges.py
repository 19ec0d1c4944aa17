"""Ranges of bytes: merged, measured where two lists meet, and counted as a file is read."""

from __future__ import annotations

import io
from random import Random

import pytest

from corpus.readers.ranges import ByteTally, CountedFile, FileRanges, Range, merged, overlap


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([], []),
        ([(3, 3)], []),
        ([(3, 5), (0, 2)], [(0, 2), (3, 5)]),
        ([(0, 2), (2, 4)], [(0, 4)]),
        ([(0, 9), (2, 4), (5, 12)], [(0, 12)]),
        ([(0, 2), (1, 1), (2, 2)], [(0, 2)]),
    ],
)
def test_ranges_are_merged(ranges: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    assert merged(Range(*one) for one in ranges) == [Range(*one) for one in expected]


def test_overlap_is_what_counting_bytes_says() -> None:
    random = Random(3)
    for _ in range(300):
        lists = [merged(Range(at, at + random.randrange(6)) for at in random.choices(range(40), k=5)) for _ in "ab"]
        one, other = ({byte for start, end in ranges for byte in range(start, end)} for ranges in lists)
        assert overlap(*lists) == overlap(*reversed(lists)) == len(one & other)


def test_reads_that_follow_one_another_are_one_range() -> None:
    ranges = FileRanges(100)
    for start, end in [(0, 10), (10, 20), (30, 40), (40, 40), (50, 50), (20, 30), (30, 31)]:
        ranges.add_read(start, end)
    assert ranges.read == [Range(0, 20), Range(30, 40), Range(20, 31)]


@pytest.mark.parametrize(
    ("owned", "skipped", "passed", "tally"),
    [
        ([], [], [], ByteTally(100, 60, 0)),
        ([], [(50, 70)], [], ByteTally(100, 50, 20)),
        ([], [(50, 70)], [(60, 90)], ByteTally(100, 70, 20)),
        ([(20, 50)], [(40, 70)], [], ByteTally(30, 20, 10)),
        ([(20, 50), (80, 90)], [], [(85, 100)], ByteTally(40, 35, 0)),
    ],
)
def test_what_became_of_bytes(
    owned: list[tuple[int, int]], skipped: list[tuple[int, int]], passed: list[tuple[int, int]], tally: ByteTally
) -> None:
    ranges = FileRanges(100)
    ranges.add_read(0, 60)
    for mine, given in ((ranges.owned, owned), (ranges.skipped, skipped), (ranges.passed, passed)):
        mine += [Range(*one) for one in given]
    assert ranges.tally() == tally
    assert ranges.tally() + tally == ByteTally(*(2 * number for number in tally))


def test_a_file_counts_what_is_read_of_it() -> None:
    ranges, source = FileRanges(10), io.BytesIO(b"0123456789")
    with CountedFile(source, ranges) as file:
        assert (file.read(2), file.tell()) == (b"01", 2)
        assert file.seek(-3, 2) == file.tell() == 7
        assert file.read() == b"789"
        assert file.read(5) == b""
        assert file.seek(4) == 4
        buffer = bytearray(b"____")
        assert (file.readinto(memoryview(buffer)[:3]), bytes(buffer)) == (3, b"456_")
        file.seek(9)
        assert (file.readinto(buffer), bytes(buffer)) == (1, b"956_")
        assert file.readable()
        assert file.seekable()
        assert not source.closed
    assert source.closed
    assert ranges.read == [Range(0, 2), Range(7, 10), Range(4, 7), Range(9, 10)]


def test_a_range_is_written_from_to() -> None:
    assert str(Range(3, 9)) == "3-9"
