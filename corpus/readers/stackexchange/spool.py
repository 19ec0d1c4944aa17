"""Spool: rows set apart by partition in one pass over a dump, to be read back partition by partition.

Joining rows that stand far apart (a question and its answers) then needs the memory of one partition only. What does
not fit the buffers lies compressed in one temporary file, in blocks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any, Self

import orjson
import zstandard

BUFFERED_BYTES = 64 << 20
"""Bytes held in all buffers together before they are written out; a smaller dump never leaves memory."""
_LEVEL = 1


class Spool:
    """Rows (lists of JSON values) by partition number, kept in the order they came.

    >>> with Spool(2) as spool:
    ...     spool.add(1, ["a", 7], 9)
    ...     print(list(spool.read(0)), list(spool.read(1)))
    [] [['a', 7]]
    """

    def __init__(self, partitions: int) -> None:
        self._block_bytes = BUFFERED_BYTES // partitions
        self._rows: list[list[list[Any]]] = [[] for _ in range(partitions)]
        self._bytes = [0] * partitions
        self._blocks: list[list[tuple[int, int]]] = [[] for _ in range(partitions)]
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def add(self, partition: int, row: list[Any], size: int) -> None:
        """Put a row of about `size` bytes at the end of a partition."""
        self._rows[partition].append(row)
        self._bytes[partition] += size
        if self._bytes[partition] > self._block_bytes:
            self._write(partition)

    def read(self, partition: int) -> Iterator[list[Any]]:
        """The rows of a partition in the order they came."""
        for start, size in self._blocks[partition]:
            assert self._file is not None
            self._file.seek(start)
            yield from orjson.loads(zstandard.decompress(self._file.read(size)))
        yield from self._rows[partition]

    def _write(self, partition: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115, __exit__ closes it
        # Rows of a partition lie in blocks all over one file, each packed by itself; `_blocks` is the index, in order.
        block = zstandard.compress(orjson.dumps(self._rows[partition]), _LEVEL)
        start = self._file.seek(0, 2)
        self._file.write(block)
        self._blocks[partition].append((start, len(block)))
        self._rows[partition], self._bytes[partition] = [], 0
