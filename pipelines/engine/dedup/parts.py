"""A bucket larger than memory: its rows are cut again, through one file on local disk that is written and read once.

A radix partition, the first half of a Grace hash join: rows wait in memory up to a limit, then all that wait are sorted
by the next 8 bits of their hash and written one after another: each of 256 parts is a slice of every such write. A part
that is still too large, as of a bucket of more than 256 times the limit, is cut by the 8 bits after those.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Generic

import numpy as np

from filters.duplicates import bucket_of
from pipelines.engine.dedup.wire import Columns, join, pack, rows_at, unpack

_CUT_BITS, _HASH_BITS = 8, 64
_Slices = list[tuple[int, int]]
"""Where the rows of a part stand in the file: first byte and length of each slice."""


def cut(rows: Columns, bits: int, skipped: int = 0) -> Iterator[tuple[int, Columns]]:
    """(bucket, its rows in their order) for each of the 2**bits buckets that has any, by the first column's hash.

    skipped: the first bits of the hash, which are not looked at.
    """
    # One stable sort by bucket (a radix sort, as bucket_of gives 16 bits or fewer) instead of a mask per bucket;
    # rows of a bucket keep the order of their positions, so these travel as small steps.
    buckets = bucket_of(np.asarray(rows[0]).view(np.uint64), bits, skipped)
    rows = rows_at(rows, np.argsort(buckets, kind="stable"))
    edges = np.cumsum(np.bincount(buckets, minlength=2**bits)).tolist()
    for bucket, (start, end) in enumerate(pairwise([0, *edges])):
        if end > start:
            yield bucket, rows_at(rows, slice(start, end))


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
        self._slices: list[_Slices] = [[] for _part in range(2**_CUT_BITS)]
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
            for parts in self._together():
                yield from self._read(parts)

    def _write(self) -> None:
        """Put what waits into the file, ordered by part."""
        if not self._waiting:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115  closed when it is read
        rows = join(self._kind, self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        for part, slice_of_it in cut(rows, _CUT_BITS, self._skipped):
            self._write_slice(part, slice_of_it)

    def _write_slice(self, part: int, rows: Columns) -> None:
        data = pack(rows)
        self._file.write(data)
        self._slices[part].append((self._end, len(data)))
        self._sizes[part] += bytes_of(rows)
        self._end += len(data)

    def _together(self) -> Iterator[list[int]]:
        """The parts, in groups that fit in memory."""
        group: list[int] = []
        size = 0
        for part in np.flatnonzero(self._sizes).tolist():
            if group and size + self._sizes[part] > self._most_bytes:
                yield group
                group, size = [], 0
            group.append(part)
            size += self._sizes[part]
        yield group

    def _read(self, parts: list[int]) -> Iterator[Columns]:
        """The rows of some parts as one; a single part that does not fit in memory is cut again."""
        slices = [place for part in parts for place in self._slices[part]]
        tables = (unpack(self._kind, os.pread(self._file.fileno(), length, at)) for at, length in slices)
        if self._sizes[parts].sum() <= self._most_bytes:
            yield join(self._kind, tables)
            return
        again = Parts(self._kind, self._most_bytes, self._folder, self._skipped + _CUT_BITS)
        for rows in tables:
            again.add(rows)
        yield from again


def bytes_of(table: Any) -> int:
    """The memory of a table's columns, in bytes."""
    return sum(column.nbytes for column in table if column is not None)
