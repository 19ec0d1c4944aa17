"""Rows of an exported table: JSON lines (plain, gzip or zstd) or Parquet, a bad row costing itself only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import RecordError
from corpus.readers.base import InputFile, InputSplit, Open, whole_file
from corpus.readers.lines import read_lines

PARQUET = b"PAR1"
SHOWN_BYTES = 4096
"""Bytes of a bad row that are kept for people to look at."""
_BATCH_ROWS = 64


class TableRow(NamedTuple):
    """One row: where it stands (byte of the unpacked lines, or `row N`) and its fields; or what is wrong with it."""

    where: int | str
    fields: Mapping[str, Any]
    fault: str = ""
    raw: bytes = b""


def read_rows(open_file: Open, shard: InputSplit, columns: Sequence[str], row_bytes: int) -> Iterator[TableRow]:
    """The rows of a file or of the row groups that shard.part names; a file that breaks off ends with a fault.

    Args:
        columns: the columns wanted; absent ones are absent from the fields, JSON lines may have more.
        row_bytes: the longest JSON line that is read.
    """
    with open_file(shard.path) as file:
        yield from _parquet(file, shard.part, columns) if _is_parquet(file) else _json_lines(file, row_bytes)


def row_groups(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts of a Parquet file: `from-to` in row groups, of about limits["part_bytes"] each; other files whole."""
    with open_file(file.path) as opened:
        if not _is_parquet(opened) or file.size <= limits["part_bytes"]:
            return whole_file(file, open_file, limits)
        try:
            groups = pq.ParquetFile(opened).num_row_groups
        except (pa.ArrowException, OSError):  # reading it will say what is wrong
            return whole_file(file, open_file, limits)
    step = max(1, groups * limits["part_bytes"] // file.size)
    return [f"{start}-{min(groups, start + step)}" for start in range(0, groups, step)]


def _is_parquet(file: BinaryIO) -> bool:
    head = file.read(len(PARQUET))
    file.seek(0)
    return head == PARQUET


def _json_lines(file: BinaryIO, row_bytes: int) -> Iterator[TableRow]:
    end = 0
    try:
        for line in read_lines(file, row_bytes):
            end = line.offset + len(line.data)
            if line.data.strip():
                yield _json_row(line.offset, line.data) if line.whole else _too_long(line.offset, line.data)
    except RecordError as error:
        yield TableRow(end, {}, str(error))


def _json_row(offset: int, line: bytes) -> TableRow:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return TableRow(offset, {}, f"expected a JSON object, got {error}", line[:SHOWN_BYTES])
    if not isinstance(fields, dict):
        return TableRow(offset, {}, "expected a JSON object, got another value", line[:SHOWN_BYTES])
    return TableRow(offset, fields)


def _too_long(offset: int, line: bytes) -> TableRow:
    return TableRow(offset, {}, f"expected a row of at most {len(line)} bytes", line[:SHOWN_BYTES])


def _parquet(file: BinaryIO, part: str, columns: Sequence[str]) -> Iterator[TableRow]:
    number = 0
    try:
        table = pq.ParquetFile(file)
        start, _, end = part.partition("-")
        groups = range(int(start), int(end)) if part else range(table.num_row_groups)
        number = sum(table.metadata.row_group(group).num_rows for group in range(groups.start))
        wanted = [name for name in columns if name in table.schema_arrow.names]
        for batch in table.iter_batches(_BATCH_ROWS, list(groups), wanted):
            for row in _batch_rows(batch):
                yield TableRow(f"row {number}", *row)
                number += 1
    except (pa.ArrowException, OSError) as error:
        yield TableRow(f"row {number}", {}, f"expected a whole Parquet file, got {str(error).splitlines()[0]}")


def _batch_rows(batch: pa.RecordBatch) -> Iterator[tuple[Mapping[str, Any], str]]:
    """(fields, fault) of each row; only a batch with text that is no UTF-8 is taken row by row."""
    try:
        yield from ((fields, "") for fields in batch.to_pylist())
    except UnicodeDecodeError:
        for at in range(batch.num_rows):
            try:
                yield batch.slice(at, 1).to_pylist()[0], ""
            except UnicodeDecodeError as error:
                yield {}, f"expected UTF-8, got {error.reason}"
