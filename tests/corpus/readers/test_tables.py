"""Rows of an export, in every format it ships in and every state a file may be in."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from corpus.readers.base import InputFile, InputSplit
from corpus.readers.tables import read_rows, row_groups

LINES = b'{"id":"a","size":"1"}\n{"id":"b","other":[1]}\n\n{"id":"c"}'
PACK = {"plain": lambda data: data, "gzip": gzip.compress, "zstd": zstandard.compress}


def rows_of(data: bytes, part: str = "", columns: tuple[str, ...] = ("id", "size"), row_bytes: int = 1 << 20):
    return list(read_rows(lambda path: io.BytesIO(data), InputSplit(0, 1, "x", part), columns, row_bytes))


def parquet(rows: list[dict], **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file, **options)
    return file.getvalue()


@pytest.mark.parametrize("pack", PACK.values(), ids=PACK)
def test_json_lines(pack):
    rows = rows_of(pack(LINES))
    assert [row.fields["id"] for row in rows] == ["a", "b", "c"]
    assert [row.where for row in rows] == [0, 22, 45 + 1]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "a JSON object"),
        (b'{"id": "\xff"}', "a JSON object"),
        (b'{"id": "\\ud800"}', "a JSON object"),
        (b"[1]", "a JSON object, got another value"),
        (b'{"id":"' + b"x" * 100 + b'"}', "a row of at most 64 bytes"),
    ],
    ids=["cut", "no UTF-8", "half a surrogate pair", "no object", "too long"],
)
def test_a_bad_line_costs_itself(line, fault):
    first, bad, last = rows_of(b'{"id":"a"}\n' + line + b'\n{"id":"b"}\n', row_bytes=64)
    assert (first.fields, last.fields) == ({"id": "a"}, {"id": "b"})
    assert bad.fault.startswith(f"expected {fault}")
    assert bad.where == 11
    assert line.startswith(bad.raw)


@pytest.mark.parametrize(("row_bytes", "whole"), [(10, True), (9, False)])
def test_longest_row(row_bytes, whole):
    (row,) = rows_of(b'{"id":"a"}\n', row_bytes=row_bytes)
    assert (not row.fault) is whole


def test_one_line_of_200_megabytes_loses_nothing_else():
    megabyte = gzip.compress(b"x" * (1 << 20), 1)
    file = [gzip.compress(b'{"id":"a"}\n{"id":"'), *[megabyte] * 200, gzip.compress(b'"}\n{"id":"b"}\n')]
    first, bad, last = rows_of(b"".join(file), row_bytes=1 << 20)
    assert (first.fields["id"], last.fields["id"]) == ("a", "b")
    assert bad.fault
    assert len(bad.raw) <= 4096


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_packed_file_that_breaks_off_keeps_its_whole_rows(pack):
    data = pack(b"".join(b'{"id":"%d","x":"%s"}\n' % (n, bytes(str(n * n * 7919), "ascii") * 9) for n in range(20_000)))
    *rows, last = rows_of(data[: len(data) // 2])
    assert len(rows) > 1000
    assert [row.fields.get("id") for row in rows] == [str(n) for n in range(len(rows))]
    assert last.fault


PARQUET_ROWS = [{"id": str(n), "size": n, "unused": "x"} for n in range(200)]


def test_parquet_gives_the_columns_asked_for():
    rows = rows_of(parquet(PARQUET_ROWS), columns=("id", "size", "absent"))
    assert [dict(row.fields) for row in rows] == [{"id": str(n), "size": n} for n in range(200)]
    assert rows[7].where == "row 7"


def test_parts_of_a_parquet_file_are_its_row_groups():
    data = parquet(PARQUET_ROWS, row_group_size=30)
    parts = row_groups(InputFile("x", len(data), 0), lambda path: io.BytesIO(data), {"part_bytes": len(data) // 3})
    assert parts == ["0-2", "2-4", "4-6", "6-7"]
    rows = [row for part in parts for row in rows_of(data, part)]
    assert [row.fields["id"] for row in rows] == [str(n) for n in range(200)]
    assert rows[61].where == "row 61"


@pytest.mark.parametrize(
    ("data", "part_bytes"), [(parquet(PARQUET_ROWS), 1 << 20), (LINES, 1), (parquet(PARQUET_ROWS)[:-9], 1)],
    ids=["small", "lines", "broken"],
)  # fmt: skip
def test_other_files_are_read_whole(data, part_bytes):
    assert row_groups(InputFile("x", len(data), 0), lambda path: io.BytesIO(data), {"part_bytes": part_bytes}) == [""]


@pytest.mark.parametrize("keep", [4, -9], ids=["magic alone", "footer cut"])
def test_a_broken_parquet_file_is_one_fault(keep):
    (row,) = rows_of(parquet(PARQUET_ROWS)[:keep])
    assert row.fault.startswith("expected a whole Parquet file")


def test_parquet_damaged_inside_keeps_the_row_groups_before():
    data = bytearray(parquet(PARQUET_ROWS, row_group_size=100, compression="gzip", use_dictionary=False))
    start = pq.ParquetFile(io.BytesIO(bytes(data))).metadata.row_group(1).column(0).data_page_offset
    data[start : start + 60] = bytes(60)
    *rows, last = rows_of(bytes(data))
    assert [row.fields["id"] for row in rows][:64] == [str(n) for n in range(64)]
    assert len(rows) <= 100
    assert last.fault


def test_text_in_parquet_that_is_no_utf8_costs_its_row():
    ends = pa.array([0, 1, 2, 3], pa.int32()).buffers()[1]
    ids = pa.Array.from_buffers(pa.string(), 3, [None, ends, pa.py_buffer(b"a\xffc")])
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ids}), file)
    rows = rows_of(file.getvalue())
    assert [row.fields.get("id") for row in rows] == ["a", None, "c"]
    assert rows[1].fault.startswith("expected UTF-8")
