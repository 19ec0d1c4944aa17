"""Rows of an export, in every format it ships in and every state a file may be in."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from corpus.readers.base import InputFile, InputSplit, Seen
from corpus.readers.tables import read_rows, table_parts

LINES = b'{"id":"a","size":"1"}\n{"id":"b","other":[1]}\n\n{"id":"c"}'
PACK = {"plain": lambda data: data, "gzip": gzip.compress, "zstd": zstandard.compress}


def rows_of(data: bytes, part: str = "", columns: tuple[str, ...] = ("id", "size"), row_bytes: int = 1 << 20):
    seen = Seen()
    open_file = seen.counting(lambda path: io.BytesIO(data), "x")
    rows = list(read_rows(open_file, InputSplit(0, 1, "x", part), seen, columns, row_bytes))
    seen.add_up()
    assert seen.bytes.kept + seen.bytes.skipped == seen.bytes.entered
    assert bool(seen.bytes.skipped) == any("-" in str(row.where) for row in rows)
    return rows


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
def test_a_packed_file_that_breaks_off_keeps_the_rows_of_its_whole_members(pack):
    member = pack(LINES + b"\n")
    *rows, last = rows_of((member * 3)[:-1])
    assert [row.fields.get("id") for row in rows] == ["a", "b", "c"] * 2
    assert last.where == f"{2 * len(member)}-{3 * len(member) - 1}"
    assert last.fault.endswith("got the end of the file")


def test_rows_around_damage():
    """What damage leaves of a row is part of what is lost; a row that is whole after it is given."""
    whole, cut = gzip.compress(LINES + b"\n", mtime=0), gzip.compress(b'lf a row"}\n{"id":"d"}\n')
    broken = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    a, b, c, lost, d = rows_of(whole + broken + cut)
    assert [row.fields.get("id") for row in (a, b, c, lost, d)] == ["a", "b", "c", None, "d"]
    assert [row.fields["id"] for row in rows_of(whole + broken + whole) if not row.fault] == ["a", "b", "c"] * 2


PARQUET_ROWS = [{"id": str(n), "size": n, "unused": "x"} for n in range(200)]


def test_parquet_gives_the_columns_asked_for():
    rows = rows_of(parquet(PARQUET_ROWS), columns=("id", "size", "absent"))
    assert [dict(row.fields) for row in rows] == [{"id": str(n), "size": n} for n in range(200)]
    assert rows[7].where == "row 7"


def test_parts_of_a_parquet_file_are_its_row_groups():
    data = parquet(PARQUET_ROWS, row_group_size=30)
    parts = table_parts(InputFile("x", len(data), 0), lambda path: io.BytesIO(data), {"part_bytes": len(data) // 3})
    assert parts == ["0-2", "2-4", "4-6", "6-7"]
    rows = [row for part in parts for row in rows_of(data, part)]
    assert [row.fields["id"] for row in rows] == [str(n) for n in range(200)]
    assert rows[61].where == "row 61"


@pytest.mark.parametrize(
    ("data", "part_bytes"),
    [(parquet(PARQUET_ROWS), 1 << 20), (gzip.compress(LINES), 1), (parquet(PARQUET_ROWS)[:-9], 1)],
    ids=["small", "packed lines", "broken"],
)  # fmt: skip
def test_other_files_are_read_whole(data, part_bytes):
    assert table_parts(InputFile("x", len(data), 0), lambda path: io.BytesIO(data), {"part_bytes": part_bytes}) == [""]


def test_parts_of_lines_are_ranges_of_bytes():
    size = len(LINES)
    parts = table_parts(InputFile("x", size, 0), lambda path: io.BytesIO(LINES), {"part_bytes": size // 3 + 1})
    assert parts == [f"0-{size // 3}", f"{size // 3}-{size * 2 // 3}", f"{size * 2 // 3}-{size}"]
    assert [row for part in parts for row in rows_of(LINES, part)] == rows_of(LINES)


@pytest.mark.parametrize("keep", [4, -9], ids=["magic alone", "footer cut"])
def test_a_broken_parquet_file_is_one_fault(keep):
    (row,) = rows_of(parquet(PARQUET_ROWS)[:keep])
    assert row.fault.startswith("expected a whole Parquet file")


@pytest.mark.parametrize("checksums", [False, True])
def test_parquet_damaged_inside_costs_its_row_group(checksums):
    """With checksums in its pages any changed byte is found, without them those that do not unpack."""
    options = {"compression": "gzip", "use_dictionary": False, "write_page_checksum": checksums}
    data = bytearray(parquet(PARQUET_ROWS, row_group_size=50, **options))
    metadata = pq.ParquetFile(io.BytesIO(bytes(data))).metadata
    extents = [metadata.row_group(n).column(0).data_page_offset for n in range(4)]
    data[extents[1] + 60] ^= 1
    rows = rows_of(bytes(data))
    assert [row.fields["id"] for row in rows if not row.fault] == [str(n) for n in (*range(50), *range(100, 200))]
    assert [row.where for row in rows if row.fault] == [f"{extents[1]}-{extents[2]}"]


def test_parts_of_a_parquet_file_own_all_its_bytes_once():
    data = parquet(PARQUET_ROWS, row_group_size=30)
    total = 0
    for part in ("0-2", "2-4", "4-7"):
        seen = Seen()
        open_file = seen.counting(lambda path: io.BytesIO(data), "x")
        list(read_rows(open_file, InputSplit(0, 3, "x", part), seen, ("id",), 1 << 20))
        seen.add_up()
        assert seen.bytes.kept == seen.bytes.entered
        total += seen.bytes.entered
    assert total == len(data)


@pytest.mark.parametrize("row_bytes", [2_000_050, 1_999_999], ids=["fits", "too large"])
def test_a_cell_above_row_bytes_costs_its_row(row_bytes):
    rows = rows_of(parquet([{"id": "a"}, {"id": "x" * 2_000_000}, {"id": "c"}]), row_bytes=row_bytes)
    assert [len(row.fields.get("id", "")) for row in rows] == [1, 2_000_000 if row_bytes > 2_000_000 else 0, 1]
    assert [bool(row.fault) for row in rows] == [False, row_bytes < 2_000_000, False]


def test_cells_of_one_long_word_take_no_memory():
    """A dictionary of one value of 8 MB, which 400 rows point to: 3 GB if each had its own at once."""
    word, rows = "x" * (8 << 20), 400
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([word]))
    file = io.BytesIO()
    pq.write_table(pa.table({"id": column}), file, dictionary_pagesize_limit=64 << 20, store_schema=False)
    assert len(file.getvalue()) < 1 << 20
    found = rows_of(file.getvalue(), row_bytes=1 << 20)
    assert "a bomb" in found[-1].fault
    assert 8 < len(found) < rows
    assert all(row.fault for row in found)


def test_a_page_above_its_limit_is_not_unpacked():
    (row,) = rows_of(parquet([{"id": "x" * (129 << 20)}], use_dictionary=False), row_bytes=1 << 30)
    assert "a page of 135266314 bytes" in row.fault


def test_text_in_parquet_that_is_no_utf8_costs_its_row():
    ends = pa.array([0, 1, 2, 3], pa.int32()).buffers()[1]
    ids = pa.Array.from_buffers(pa.string(), 3, [None, ends, pa.py_buffer(b"a\xffc")])
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ids}), file)
    rows = rows_of(file.getvalue())
    assert [row.fields.get("id") for row in rows] == ["a", None, "c"]
    assert rows[1].fault.startswith("expected UTF-8")
