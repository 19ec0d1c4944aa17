"""A bucket larger than memory: its rows are cut again, through one file on local disk that is written and read once.

A radix partition, the first half of a Grace hash join: rows wait in memory up to a limit, then all that wait are sorted
by the next 8 bits of their hash and written, column after column. So each of 256 parts is one slice of each column of
every such write. A part that is still too large, as of a bucket of more than 256 times the limit, is cut by the 8 bits
after those.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Generic, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.duplicates import bucket_of
from pipelines.engine.dedup.wire import Columns, join, rows_at, string_parts, strings_of

_CUT_BITS, _HASH_BITS = 8, 64


def cut(rows: Columns, bits: int, skipped: int = 0) -> Iterator[tuple[int, Columns]]:
    """(bucket, its rows in their order) for each of the 2**bits buckets that has any, by the first column's hash.

    skipped: the first bits of the hash, which are not looked at.
    """
    rows, edges = _ordered(rows, bits, skipped)
    for bucket, (start, end) in enumerate(pairwise(edges.tolist())):
        if end > start:
            yield bucket, rows_at(rows, slice(start, end))


class _Stream(NamedTuple):
    """One array of numbers that a write put into the file: its first byte, its type, and where each part begins.

    A column of numbers is one stream; a column of strings is two: lengths, and characters.
    """

    offset: int
    dtype: np.dtype[Any]
    edges: NDArray[np.int64]


class Parts(Generic[Columns]):
    """Rows added in any order, given back in parts; rows whose first column is equal are in one part.

    Args:
        kind: the table that the rows belong to.
        most_bytes: how large rows in memory may be, those that wait as well as those of a part.
        folder: where the file lies; None for the machine's folder of temporary files. It has no name, so whatever ends
            the worker, nothing is left of it.
        skipped: the bits of the hash that are equal in all rows, or nearly.
    """

    def __init__(self, kind: type[Columns], most_bytes: int, folder: str | None, skipped: int = 0) -> None:
        self._kind, self._most_bytes, self._folder, self._skipped = kind, most_bytes, folder, skipped
        self._waiting: list[Columns] = []
        self._waiting_bytes = 0
        self._file: Any = None
        self._end = 0
        self._written: list[list[_Stream]] = []
        self._is_string: list[bool | None] = []
        self._sizes = np.zeros(2**_CUT_BITS, np.int64)

    def add(self, rows: Columns) -> None:
        """Take some rows."""
        self._waiting.append(rows)
        self._waiting_bytes += bytes_of(rows)
        if self._waiting_bytes > self._most_bytes and self._skipped < _HASH_BITS:
            self._write()

    def __iter__(self) -> Iterator[Columns]:
        """Every part, once; small ones together. Without rows there is none."""
        if self._file is None:
            if self._waiting:
                yield join(self._kind, self._waiting)
            return
        self._write()
        with self._file:
            for first, end in self._together():
                yield from self._read(first, end)

    def _write(self) -> None:
        """Put what waits into the file, ordered by part."""
        if not self._waiting:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115  closed when it is read
        rows = join(self._kind, self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        rows, edges = _ordered(rows, _CUT_BITS, self._skipped)
        self._is_string = [None if column is None else isinstance(column, pa.Array) for column in rows]
        self._written.append([self._write_stream(*stream) for column in rows for stream in _streams(column, edges)])
        for stream in self._written[-1]:
            self._sizes += np.diff(stream.edges) * stream.dtype.itemsize

    def _write_stream(self, numbers: NDArray[Any], edges: NDArray[np.int64]) -> _Stream:
        stream = _Stream(self._end, numbers.dtype, edges)
        data = numbers.view(np.uint8).data
        while len(data):
            data = data[self._file.write(data) :]
        self._end += numbers.nbytes
        return stream

    def _together(self) -> Iterator[tuple[int, int]]:
        """(first, end) of parts one after another that fit in memory, or of one that does not."""
        first, size = 0, 0
        for part in np.flatnonzero(self._sizes).tolist():
            if size and size + self._sizes[part] > self._most_bytes:
                yield first, part
                first, size = part, 0
            size += self._sizes[part]
        yield first, 2**_CUT_BITS

    def _read(self, first: int, end: int) -> Iterator[Columns]:
        """The rows of parts one after another; a part that does not fit in memory is cut again."""
        if self._sizes[first:end].sum() <= self._most_bytes:
            yield self._rows(self._written, first, end)
            return
        again = Parts(self._kind, self._most_bytes, self._folder, self._skipped + _CUT_BITS)
        for streams in self._written:
            again.add(self._rows([streams], first, end))
        yield from again

    def _rows(self, written: list[list[_Stream]], first: int, end: int) -> Columns:
        """The rows that parts have in some of the writes."""
        streams = (self._read_stream(list(pieces), first, end) for pieces in zip(*written, strict=True))
        columns: list[Any] = [
            None if is_string is None else strings_of(next(streams), next(streams)) if is_string else next(streams)
            for is_string in self._is_string
        ]
        return self._kind(*columns)

    def _read_stream(self, pieces: list[_Stream], first: int, end: int) -> NDArray[Any]:
        """What parts have of one stream in some of the writes, read into one array."""
        counts = [int(piece.edges[end] - piece.edges[first]) for piece in pieces]
        numbers = np.empty(sum(counts), pieces[0].dtype)
        at = 0
        for piece, count in zip(pieces, counts, strict=True):
            if count:
                place = piece.offset + int(piece.edges[first]) * numbers.itemsize
                _read_into(self._file.fileno(), numbers[at : at + count], place)
            at += count
        return numbers


def _ordered(rows: Columns, bits: int, skipped: int) -> tuple[Columns, NDArray[np.int64]]:
    """Rows ordered by bucket, those of a bucket as they were, and where each of the 2**bits buckets begins and ends."""
    # One stable sort by bucket (a radix sort, as bucket_of gives 16 bits or fewer) instead of a mask per bucket;
    # rows of a bucket keep the order of their positions, so these travel as small steps.
    buckets = bucket_of(np.asarray(rows[0]).view(np.uint64), bits, skipped)
    edges = np.concatenate([[0], np.cumsum(np.bincount(buckets, minlength=2**bits))])
    return rows_at(rows, np.argsort(buckets, kind="stable")), edges


def _streams(column: Any, edges: NDArray[np.int64]) -> Iterator[tuple[NDArray[Any], NDArray[np.int64]]]:
    """The arrays of numbers that stand for a column, each with the edges of the parts in it."""
    if isinstance(column, pa.Array):
        lengths, characters = string_parts(column)
        yield lengths, edges
        ends = np.concatenate([[0], np.cumsum(lengths)])
        yield np.frombuffer(characters, np.uint8), ends[edges]
    elif column is not None:
        yield np.ascontiguousarray(column), edges


def _read_into(file: int, numbers: NDArray[Any], offset: int) -> None:
    """Fill an array with bytes of a file from an offset on.

    Raises:
        OSError: the file ends before.
    """
    rest = numbers.view(np.uint8).data
    while len(rest):
        count = os.preadv(file, [rest], offset)
        if not count:
            raise OSError(f"expected {len(rest)} bytes more at {offset} of what a bucket put on disk, got none")
        rest, offset = rest[count:], offset + count


def bytes_of(table: Any) -> int:
    """The memory of a table's columns, in bytes."""
    return sum(column.nbytes for column in table if column is not None)
