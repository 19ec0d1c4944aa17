"""Rows of a Parquet file, row group by row group: damage costs the rest of its row group, a bad row itself.

The sizes of pages are looked at before any is unpacked, and that of a row before it becomes an object, so that neither
a page nor a cell made to burst takes memory. Pages have a checksum where their writer put one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.containment import is_fault_of_record, said_of
from corpus.errors import RecordError
from corpus.readers.base import Seen
from corpus.readers.parquet_pages import largest_page
from corpus.readers.pieces import Budget, of_the_store
from corpus.readers.ranges import Range
from corpus.recipe import cited

MAGIC = b"PAR1"
LARGEST_PAGE_BYTES = cited(128 << 20, "writers make pages of 1 MB, DuckDB of 100 MB; a page is unpacked whole", "bytes")
_FOOTER_BYTES = 8  # its length, and the magic bytes again
_BATCH_ROWS = 64
_BATCH_BYTES = 256 << 20
_DAMAGED = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError)
"""What pyarrow raises on a footer or page that is damaged, as far as it was met."""


class ParquetRow(NamedTuple):
    """One row: where it stands (`row N`) and its fields; or what is wrong with it, or with a range of the file.

    is_failed says of a fault that reading the row raised something.
    """

    where: str
    fields: Mapping[str, Any]
    fault: str = ""
    is_failed: bool = False


def row_group_parts(file: BinaryIO, size: int, part_bytes: int) -> list[str]:
    """The parts of a file: `from-to` in row groups, of about part_bytes each; [""] where it cannot be opened."""
    try:
        groups = _opened(file).num_row_groups
    except _DAMAGED:  # reading it will say what is wrong
        return [""]
    step = max(1, groups * part_bytes // size)
    return [f"{start}-{min(groups, start + step)}" for start in range(0, groups, step)] or [""]


def read_rows(file: BinaryIO, seen: Seen, part: str, columns: Sequence[str], row_bytes: int) -> Iterator[ParquetRow]:
    """The rows of a file, or of the row groups of a part of it.

    Args:
        columns: the columns wanted; absent ones are absent from the fields.
        row_bytes: a larger row is a fault.
    """
    size = file.seek(0, 2)
    try:
        table = _opened(file)
        extents = _extents(table.metadata, size)
    except _DAMAGED as error:
        if of_the_store(error):
            raise
        seen.skip(0, size)
        yield ParquetRow(f"0-{size}", {}, f"expected a whole Parquet file, got {_said(error)}")
        return
    first, last = (int(bound) for bound in part.split("-")) if part else (0, table.num_row_groups)
    if first == 0:
        seen.own(*extents[-1])
        seen.leave(*extents[-1])  # the footer, which was read
    rows = [table.metadata.row_group(group).num_rows for group in range(last)]
    budget = Budget()
    for group in range(first, last):
        seen.own(*extents[group])
        yield from _group(file, table, group, sum(rows[:group]), extents[group], seen, budget, columns, row_bytes)


def _opened(file: BinaryIO) -> pq.ParquetFile:
    file.seek(0)
    return pq.ParquetFile(file, page_checksum_verification=True)


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _extents(metadata: pq.FileMetaData, size: int) -> list[Range]:
    """The bytes of each row group, each up to where the next starts, and of the footer: together the whole file."""
    footer = max(0, size - _FOOTER_BYTES - metadata.serialized_size)
    starts = [min(footer, *(_chunk(metadata, group, column)[0] for column in range(metadata.num_columns)))
              for group in range(metadata.num_row_groups)]  # fmt: skip
    order = sorted(range(len(starts)), key=lambda group: starts[group])
    edges = [0, *(starts[group] for group in order[1:]), footer] if starts else [footer]
    found = dict(zip(order, itertools.starmap(Range, pairwise(edges)), strict=True)) if starts else {}
    return [*(found[group] for group in range(len(starts))), Range(footer if starts else 0, size)]


def _chunk(metadata: pq.FileMetaData, group: int, column: int) -> Range:
    """The bytes of a column chunk."""
    chunk = metadata.row_group(group).column(column)
    start = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
        start = chunk.dictionary_page_offset
    return Range(max(0, start), max(0, start + chunk.total_compressed_size))


def _group(
    file: BinaryIO, table: pq.ParquetFile, group: int, number: int, extent: Range, seen: Seen, budget: Budget,
    columns: Sequence[str], row_bytes: int,
) -> Iterator[ParquetRow]:  # fmt: skip
    """The rows of one row group, which start at a number; its rest as one fault where it is damaged."""
    try:
        wanted = [name for name in columns if name in table.schema_arrow.names]
        batch_rows = _rows_at_once(file, table.metadata, group, set(wanted))
        for batch in table.iter_batches(batch_rows, [group], wanted):
            budget.spend(batch.nbytes, extent.end)
            for fields, fault, is_failed in _batch_rows(batch, row_bytes):
                yield ParquetRow(f"row {number}", fields, fault, is_failed)
                number += 1
    except Exception as error:
        if not is_fault_of_record(error):
            raise
        seen.skip(*extent)
        said = error.got or error.expected if isinstance(error, RecordError) else _said(error)
        fault, is_failed = f"expected a whole row group, got, from its row {number} on, {said}", not _is_damage(error)
        yield ParquetRow(str(extent), {}, fault, is_failed)
    else:
        seen.leave(*extent)  # columns that are not wanted


def _rows_at_once(file: BinaryIO, metadata: pq.FileMetaData, group: int, wanted: set[str]) -> int:
    """How many rows to unpack together, as a cell is at most as large as a page (or the dictionary, itself a page).

    Raises:
        RecordError: a page is too large.
    """
    found = [column for column in range(metadata.num_columns)
             if metadata.row_group(group).column(column).path_in_schema.partition(".")[0] in wanted]  # fmt: skip
    largest = max((largest_page(file, *_chunk(metadata, group, column)) for column in found), default=0)
    if largest > LARGEST_PAGE_BYTES.value:
        raise RecordError(f"pages of at most {LARGEST_PAGE_BYTES.value} bytes", f"a page of {largest} bytes")
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, largest)))


def _is_damage(error: Exception) -> bool:
    return isinstance(error, (RecordError, *_DAMAGED))


def _batch_rows(batch: pa.RecordBatch, row_bytes: int) -> Iterator[tuple[Mapping[str, Any], str, bool]]:
    """(fields, fault, is_failed) of each row.

    Only a batch that may hold too large a row, or of which one raises something, is taken row by row.
    """
    rows: list[Mapping[str, Any]] | None = None
    with suppress(Exception):
        rows = _rows(batch) if batch.nbytes <= row_bytes else None
    if rows is not None:
        yield from ((fields, "", False) for fields in rows)
        return
    for at in range(batch.num_rows):
        yield _row(batch.slice(at, 1), row_bytes)


def _rows(batch: pa.RecordBatch) -> list[Mapping[str, Any]]:
    return list(batch.to_pylist())


def _row(row: pa.RecordBatch, row_bytes: int) -> tuple[Mapping[str, Any], str, bool]:
    if row.nbytes > row_bytes:
        return {}, f"expected a row of at most {row_bytes} bytes, got {row.nbytes}", False
    try:
        return _rows(row)[0], "", False
    except UnicodeDecodeError as error:
        return {}, f"expected UTF-8, got {error.reason}", False
    except Exception as error:
        return {}, *said_of(error)
