"""The headers of Parquet's pages: every kind of Thrift field is passed over, to the byte; other bytes are refused."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.errors import RecordError
from corpus.readers.parquet_pages import _Fields, largest_page


def number(value: int) -> bytes:
    """LEB128."""
    found = b""
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


def whole(value: int) -> bytes:
    """A zigzag number."""
    return number(value << 1 if value >= 0 else -value * 2 - 1)


def field(step: int, kind: int, value: bytes = b"") -> bytes:
    return bytes([step << 4 | kind]) + value


UNPACKED, PACKED = 70_000, 300
SIZES = field(2, 5, whole(UNPACKED)) + field(1, 5, whole(PACKED))
"""Fields 2 and 3 of a page's header."""
BEFORE = {
    "nothing": b"",
    "a byte": field(1, 3, b"\x05"),
    "16 bits": field(1, 4, whole(-3)),
    "64 bits": field(1, 6, whole(-(1 << 62))),
    "true": field(1, 1),
    "false": field(1, 2),
    "a double": field(1, 7, bytes(range(8))),
    "a text": field(1, 8, number(200) + b"\x15" * 200),
    "an empty text": field(1, 8, number(0)),
    "a struct": field(1, 12, field(1, 5, whole(9)) + field(2, 12, field(2, 5, whole(8)) + b"\0") + b"\0"),
    "a list of numbers": field(1, 9, bytes([3 << 4 | 5]) + whole(1) + whole(-2) + whole(70_000)),
    "fourteen of them": field(1, 9, bytes([14 << 4 | 5]) + whole(1) * 14),
    "a long list": field(1, 9, bytes([15 << 4 | 5]) + number(200) + whole(1) * 200),
    "a set of texts": field(1, 10, bytes([2 << 4 | 8]) + number(3) + b"abc" + number(1) + b"d"),
    "a list of structs": field(1, 9, bytes([2 << 4 | 12]) + (field(1, 3, b"\1") + b"\0") * 2),
    "an id that is far": bytes([5]) + whole(-900) + whole(4),
}


def header(before: bytes) -> bytes:
    """A header that begins with a field; the ids of the sizes are stated in full."""
    return before + bytes([5]) + whole(2) + whole(UNPACKED) + field(1, 5, whole(PACKED)) + field(4, 3, b"\1") + b"\0"


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_every_kind_of_field_is_passed_over(before: bytes) -> None:
    data = header(before)
    fields = _Fields(data + b"\x15\x15\x15")
    found = fields.struct(0)
    assert (found[2], found[3], fields.at) == (UNPACKED, PACKED, len(data))


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_a_header_that_breaks_off_is_refused(before: bytes) -> None:
    data = header(before)
    for keep in range(len(data)):
        with pytest.raises(RecordError, match="byte 4: expected the header of a Parquet page, got other bytes"):
            largest_page(io.BytesIO(b"PAR1" + data[:keep]), 4, 5)


def test_the_largest_of_pages_that_follow_one_another() -> None:
    def page(unpacked: int, packed: int) -> bytes:
        return field(2, 5, whole(unpacked)) + field(1, 5, whole(packed)) + b"\0" + b"\xff" * packed

    data = page(10, 300) + page(5000, 1) + page(4999, 0)
    assert largest_page(io.BytesIO(b"xx" + data), 2, 2 + len(data)) == 5000
    assert largest_page(io.BytesIO(data), 0, len(page(10, 300))) == 10
    assert largest_page(io.BytesIO(data), 0, len(page(10, 300)) + 1) == 5000
    assert largest_page(io.BytesIO(data), 3, 3) == 0


@pytest.mark.parametrize("size", [100, 1 << 13, 60_000, 1_000_000])
def test_a_long_header_is_read_on(size: int) -> None:
    data = field(1, 8, number(size) + b"\x15" * size) + field(1, 5, whole(7)) + field(1, 5, whole(0)) + b"\0"
    assert largest_page(io.BytesIO(data), 0, len(data)) == 7


def deep(levels: int) -> bytes:
    return field(1, 12) * levels + b"\0" * levels


@pytest.mark.parametrize(
    ("data", "sound"),
    [
        (deep(8) + bytes([5]) + whole(2) + whole(0) + field(1, 5, whole(0)) + b"\0", True),
        (deep(9) + SIZES + b"\0", False),
        (field(2, 5, whole(0)) + field(1, 5, whole(0)) + b"\0", True),
        (field(2, 5, whole(-1)) + field(1, 5, whole(9)) + b"\0", False),
        (field(2, 5, whole(9)) + field(1, 5, whole(-1)) + b"\0", False),
        (field(2, 5, whole(9)) + b"\0", False),
        (field(3, 5, whole(9)) + b"\0", False),
        (b"\0", False),
        (field(1, 11) + SIZES, False),
        (field(1, 13) + SIZES, False),
        (field(1, 6, b"\xff" * 9 + b"\1") + field(1, 5, whole(9)) + field(1, 5, whole(9)) + b"\0", True),
        (field(1, 6, b"\xff" * 10 + b"\1") + field(1, 5, whole(9)) + field(1, 5, whole(9)) + b"\0", False),
        (field(1, 9, bytes([15 << 4 | 2]) + b"\xff" * 11), False),
    ],
    ids=["eight deep", "nine deep", "empty", "unpacked below 0", "packed below 0", "no packed", "no unpacked",
         "no field", "a map", "no kind", "64 bits", "more than 64 bits", "an endless list"],
)  # fmt: skip
def test_what_is_no_header(data: bytes, sound: bool) -> None:
    if sound:
        assert largest_page(io.BytesIO(data), 0, 1) in (0, 9)
    else:
        with pytest.raises(RecordError, match="a Parquet page"):
            largest_page(io.BytesIO(data), 0, 1)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("statistics", [True, False])
def test_pages_as_arrow_writes_them(version: str, statistics: bool) -> None:
    table = pa.table({"text": ["x" * 500, "y" * 900, "z" * 100]})
    file = io.BytesIO()
    pq.write_table(table, file, data_page_version=version, write_statistics=statistics, use_dictionary=False,
                   compression="zstd")  # fmt: skip
    chunk = pq.ParquetFile(file).metadata.row_group(0).column(0)
    start = chunk.data_page_offset
    assert 1500 <= largest_page(file, start, start + chunk.total_compressed_size) <= 1530
