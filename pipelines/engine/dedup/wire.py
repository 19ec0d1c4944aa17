"""Tables of numbers as bytes: what travels between two passes, packed to a few bytes per row and column.

A table is a NamedTuple of columns of one length. Numbers that ascend are kept as steps, all others as differences to
the smallest, each in the fewest bytes that hold them: the positions of a run cost two bytes each, a column that is
constant nothing. No Arrow: its 300 bytes and 60 microseconds per table are more than a thousand keys need.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from corpus.passing import retry
from filters.duplicates import DropList, Positions
from pipelines.engine import files
from pipelines.engine.files import Blob, BlobFile

_ROWS = struct.Struct("<I")
_COLUMN = struct.Struct("<BBq")
"""Of a column: its kind, the bytes of each number, and the first or smallest number."""
_ABSENT, _HASHES, _OFFSETS, _STEPS, _STRINGS = range(5)
_NO_BASE = 0

Columns = TypeVar("Columns", bound=NamedTuple)


def pack(table: NamedTuple) -> bytes:
    """A table as bytes. Columns are hashes (unsigned, kept as they are), numbers (int64), strings (Arrow), or None."""
    present = [column for column in table if column is not None]
    parts = [_ROWS.pack(len(present[0]))]
    for column in table:
        parts += _pack_column(column)
    return b"".join(parts)


def unpack(kind: type[Columns], data: bytes) -> Columns:
    """The table that `pack` wrote. Hashes and strings are views of the bytes and must not be written to."""
    (rows,) = _ROWS.unpack_from(data)
    at, columns = _ROWS.size, []
    for _name in kind._fields:
        column, at = _unpack_column(data, at, rows)
        columns.append(column)
    return kind(*columns)


def _pack_column(column: Any) -> list[bytes]:
    if column is None:
        return [_COLUMN.pack(_ABSENT, 0, _NO_BASE)]
    if isinstance(column, pa.Array):
        lengths, characters = string_parts(column)
        return [_COLUMN.pack(_STRINGS, 0, len(characters)), *_pack_column(lengths), characters]
    if column.dtype.kind == "u":
        return [_COLUMN.pack(_HASHES, column.dtype.itemsize, _NO_BASE), column.tobytes()]
    return _pack_numbers(column)


def _pack_numbers(numbers: Positions) -> list[bytes]:
    """The steps from each number to the next where none is negative, else the differences to the smallest."""
    if not len(numbers):
        return [_COLUMN.pack(_OFFSETS, 0, _NO_BASE)]
    steps = np.diff(numbers)
    ascending = not len(steps) or int(steps.min()) >= 0
    base = int(numbers[0] if ascending else numbers.min())
    differences = steps if ascending else numbers - base
    largest = int(differences.max()) if len(differences) else 0
    kept = differences.astype(np.min_scalar_type(largest)) if largest else differences[:0]
    width = kept.dtype.itemsize if largest else 0
    return [_COLUMN.pack(_STEPS if ascending else _OFFSETS, width, base), kept.tobytes()]


def string_parts(column: pa.Array) -> tuple[Positions, bytes]:
    """The length of each string in bytes, and all of them one after another."""
    _valid, offsets, characters = column.buffers()
    edges = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    joined = characters[edges[0] : edges[-1]].to_pybytes() if characters is not None and len(column) else b""
    return np.diff(edges), joined


def strings_of(lengths: Positions, characters: Any) -> pa.Array:
    """The strings that `string_parts` took apart."""
    edges = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(edges), pa.py_buffer(characters))


def _unpack_column(data: bytes, at: int, rows: int) -> tuple[Any, int]:
    """The column that begins at a byte, and where the next one begins."""
    kind, width, base = _COLUMN.unpack_from(data, at)
    at += _COLUMN.size
    if kind == _ABSENT:
        return None, at
    if kind == _STRINGS:
        lengths, at = _unpack_column(data, at, rows)
        return strings_of(lengths, pa.py_buffer(data).slice(at, base)), at + base
    count = rows - (kind == _STEPS)
    kept = np.frombuffer(data, f"u{width}", count, at) if width else np.zeros(count, np.uint8)
    at += width * count
    if kind == _HASHES:
        return kept, at
    numbers = kept.astype(np.int64)
    if kind == _STEPS:
        numbers = np.concatenate([[0], np.cumsum(numbers)])
    return numbers + base, at


def join(kind: type[Columns], tables: Iterable[Columns]) -> Columns:
    """The rows of several tables as one."""
    return kind(*(_join_columns(columns) for columns in zip(*tables, strict=True)))


def _join_columns(columns: tuple[Any, ...]) -> Any:
    if columns[0] is None:
        return None
    return pa.concat_arrays(columns) if isinstance(columns[0], pa.Array) else np.concatenate(columns)


def rows_at(table: Columns, rows: Any) -> Columns:
    """Some rows of a table, by their indexes."""
    return type(table)(*(_take(column, rows) for column in table))


def _take(column: Any, rows: Any) -> Any:
    if column is None:
        return None
    if isinstance(column, pa.Array) and isinstance(rows, slice):
        return column.slice(rows.start, rows.stop - rows.start)
    return column.take(pa.array(rows)) if isinstance(column, pa.Array) else column[rows]


class _Dropped(NamedTuple):
    positions: Positions


class _Duplicates(NamedTuple):
    shards: Positions
    positions: Positions
    ids: pa.Array | None


def pack_drops(drops: DropList) -> bytes:
    """A drop list as bytes."""
    positions = pack(_Dropped(drops.positions))
    duplicates = pack(_Duplicates(drops.duplicate_of_shards, drops.duplicate_of_positions, drops.duplicate_of_ids))
    return _ROWS.pack(len(positions)) + positions + duplicates


def unpack_drops(data: bytes) -> DropList:
    """The drop list that `pack_drops` wrote."""
    (length,) = _ROWS.unpack_from(data)
    positions = unpack(_Dropped, data[_ROWS.size : _ROWS.size + length]).positions
    return DropList(positions, *unpack(_Duplicates, data[_ROWS.size + length :]))


def trim_duplicates(drops: DropList, most: int) -> DropList:
    """A drop list with the duplicates of its first `most` positions only."""
    return drops._replace(
        duplicate_of_shards=drops.duplicate_of_shards[:most], duplicate_of_positions=drops.duplicate_of_positions[:most]
    )


class _Index(NamedTuple):
    """Where the runs of a shard stand in its file: bucket, first byte and length of each."""

    buckets: Positions
    offsets: Positions
    lengths: Positions


def pack_index(runs: Iterable[tuple[int, Blob]]) -> bytes:
    """The places of a shard's runs, all in one file, as bytes."""
    rows = [(bucket, blob.offset, blob.length) for bucket, blob in runs]
    return pack(_Index(*np.array(rows, np.int64).reshape(-1, 3).T))


def sent_runs(index: Blob, inline: bool) -> Iterator[tuple[int, Sent]]:
    """(bucket, run) for the runs of a shard, in the order of its file, which is opened once.

    index: the place of what `pack_index` wrote, in the file of the runs themselves.
    """
    buckets, offsets, lengths = unpack(_Index, retry(index.load, index.path))
    places = zip(buckets.tolist(), offsets.tolist(), lengths.tolist(), strict=True)
    if not inline:  # a distributed runner tries a shard again by itself
        yield from ((bucket, (index.path, offset, length, b"")) for bucket, offset, length in places)
        return
    with files.open_file(index.path) as file:
        for bucket, offset, length in places:
            file.seek(offset)
            yield bucket, ("", 0, length, file.read(length))


Sent = tuple[str, int, int, bytes]
"""A blob as it travels: path, offset and length, or its bytes. A plain tuple, as Beam's coder takes ten times as long
for a named one. On one machine the place travels, so that the runner never holds the bytes; on a distributed runner the
bytes do, as its shuffle is faster than a great many small reads.
"""


def load(sent: Sent) -> bytes:
    """The bytes of what was sent."""
    path, offset, length, data = sent
    return Blob(path, offset, length).load() if path else data


def send_all(path: str, blobs: Iterable[tuple[int, bytes]], inline: bool) -> Iterator[tuple[int, Sent]]:
    """(number, bytes) as they travel: by themselves, or in one file, sent when that is whole."""
    if inline:
        yield from ((number, ("", 0, len(data), data)) for number, data in blobs)
        return
    with files.create_scratch(path) as file:
        out = BlobFile(path, file)
        written = [(number, out.add(data)) for number, data in blobs]
    yield from ((number, (blob.path, blob.offset, blob.length, b"")) for number, blob in written)


def send_drops(path: str, drops: Iterable[tuple[int, DropList]], inline: bool) -> Iterator[tuple[int, Sent]]:
    """(shard, drop list) as they travel."""
    return send_all(path, ((shard, pack_drops(here)) for shard, here in drops), inline)
