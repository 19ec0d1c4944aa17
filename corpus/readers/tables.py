"""Rows of an exported table: JSON lines, plain or packed, or Parquet, a bad row costing itself only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

import orjson

from corpus.containment import said_of
from corpus.readers import parquet
from corpus.readers.base import InputFile, InputSplit, Open, Seen
from corpus.readers.lines import byte_ranges, read_lines
from corpus.readers.parquet import row_group_parts

SHOWN_BYTES = 4096
"""Bytes of a bad row that are kept for people to look at."""


class TableRow(NamedTuple):
    """One row: where it stands (as Line has it, or `row N`) and its fields; or what is wrong with it.

    is_failed says of a fault that reading the row raised something.
    """

    where: int | str
    fields: Mapping[str, Any]
    fault: str = ""
    raw: bytes = b""
    is_failed: bool = False

    def shown(self) -> bytes:
        """The first bytes of the row, or of what was read of it."""
        return self.raw or repr(dict(self.fields)).encode("utf-8", "surrogatepass")[:SHOWN_BYTES]


def read_rows(
    open_file: Open, shard: InputSplit, seen: Seen, columns: Sequence[str], row_bytes: int
) -> Iterator[TableRow]:
    """The rows of a file or of the row groups that shard.part names; a damaged place is a row with a fault.

    Args:
        columns: the columns wanted; absent ones are absent from the fields, JSON lines may have more.
        row_bytes: the longest JSON line, and the largest row of Parquet, that is read.
    """
    with open_file(shard.path) as file:
        if _is_parquet(file):
            for where, fields, fault, is_failed in parquet.read_rows(file, seen, shard.part, columns, row_bytes):
                yield TableRow(where, fields, fault, b"", is_failed)
        else:
            yield from _json_lines(file, seen, shard, row_bytes)


def table_parts(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts `from-to` of a table, of about limits["part_bytes"] each: row groups of Parquet, bytes of lines."""
    with open_file(file.path) as opened:
        if not _is_parquet(opened):
            return byte_ranges(file, open_file, limits)
        if file.size <= limits["part_bytes"]:
            return [""]
        return row_group_parts(opened, file.size, limits["part_bytes"])


def _is_parquet(file: BinaryIO) -> bool:
    head = file.read(len(parquet.MAGIC))
    file.seek(0)
    return head == parquet.MAGIC


def _json_lines(file: BinaryIO, seen: Seen, shard: InputSplit, row_bytes: int) -> Iterator[TableRow]:
    for line in read_lines(file, seen, row_bytes, shard.path, shard.part):
        if line.fault:
            yield TableRow(line.where, {}, line.fault)
        elif line.data.strip():
            row = _json_row(line.where, line.data) if line.whole else _too_long(line.where, line.data)
            if not (line.torn and row.fault):
                yield row


def _json_row(where: int | str, line: bytes) -> TableRow:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return TableRow(where, {}, f"expected a JSON object, got {error}", line[:SHOWN_BYTES])
    except Exception as error:
        return TableRow(where, {}, said_of(error)[0], line[:SHOWN_BYTES], is_failed=True)
    if not isinstance(fields, dict):
        return TableRow(where, {}, "expected a JSON object, got another value", line[:SHOWN_BYTES])
    return TableRow(where, fields)


def _too_long(where: int | str, line: bytes) -> TableRow:
    return TableRow(where, {}, f"expected a row of at most {len(line)} bytes", line[:SHOWN_BYTES])
