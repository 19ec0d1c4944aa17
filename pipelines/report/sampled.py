"""Rows of a build's Parquet files; of large builds a bounded, evenly spread part of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.engine import files

GROUPS_MOST = 64
"""Row groups read of one kind of file; a group of documents has about 4 MiB of text, and one is in memory at a time."""

BATCH_ROWS = 256

T = TypeVar("T")


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most `most` items, evenly spaced from the first on."""
    if len(items) <= most:
        return list(items)
    return [items[at * len(items) // most] for at in range(most)]


class Rows:
    """The rows of `KIND-*.parquet` in a build's folder.

    Attributes:
        read: rows yielded so far.
        there: rows of all files; an estimate where only some were read.
    """

    def __init__(self, folder: str, kind: str, groups_most: int = GROUPS_MOST) -> None:
        pattern = f"{folder}/{kind}-*.parquet"
        self._paths = [file.path for file in files.find([pattern])] if files.any_file(pattern) else []
        self._groups_most = groups_most
        self.read, self.there = 0, 0.0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The batches, in order of files and rows."""
        chosen = spread(self._paths, self._groups_most)
        for path in chosen:
            with files.open_file(path) as file:
                parquet = pq.ParquetFile(file)
                self.there += parquet.metadata.num_rows * len(self._paths) / len(chosen)
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
