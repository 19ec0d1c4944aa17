"""Rows of a build's Parquet files; of large builds a bounded, evenly spread part of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import UnsoundError
from corpus.output.read import Output
from corpus.writers import DROPPED_SCHEMA

GROUPS_MOST = 64
"""Row groups read of one kind of file, if no number is given. A group of documents has about 4 MiB of text, and one is
in memory at a time."""

BATCH_ROWS = 256

_COLUMNS = {"dropped": DROPPED_SCHEMA.names}

T = TypeVar("T")


def require_columns(file: pq.ParquetFile, kind: str, path: str) -> None:
    """Refuse a file without the columns that its kind has now.

    Raises:
        UnsoundError: an earlier version of this program wrote it.
    """
    missing = [name for name in _COLUMNS.get(kind, ()) if name not in file.schema_arrow.names]
    if missing:
        got = f"none named {', '.join(missing)}: the file is of an earlier version"
        raise UnsoundError(f"the columns of {kind}", got, path, "build again")


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most `most` items, evenly spaced from the first on."""
    if len(items) <= most:
        return list(items)
    return [items[at * len(items) // most] for at in range(most)]


class Rows:
    """The rows of `KIND-*.parquet` of a build; the bytes of a file are compared with its digest before it is read.

    Attributes:
        read: rows yielded so far.
        there: rows of all files; an estimate where only some were read.
    """

    def __init__(self, build: Output, kind: str, groups_most: int = GROUPS_MOST) -> None:
        self._build, self._files = build, build.listed(f"*/{kind}-*.parquet")
        self._kind, self._groups_most = kind, groups_most
        self.read, self.there = 0, 0.0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The batches, in order of files and rows."""
        chosen = spread(self._files, self._groups_most)
        for listed in chosen:
            with self._build.open(listed) as file:
                parquet = pq.ParquetFile(file)
                require_columns(parquet, self._kind, self._build.path(listed))
                self.there += parquet.metadata.num_rows * len(self._files) / len(chosen)
                yield from self._of_file(parquet, max(1, self._groups_most // len(chosen)))

    def _of_file(self, parquet: pq.ParquetFile, groups: int) -> Iterator[pa.RecordBatch]:
        for group in spread(range(parquet.metadata.num_row_groups), groups):
            for batch in parquet.iter_batches(BATCH_ROWS, row_groups=[group]):
                self.read += batch.num_rows
                yield batch

    @property
    def scale(self) -> float:
        """How many rows each row that was read represents."""
        return self.there / self.read if self.read else 1.0
