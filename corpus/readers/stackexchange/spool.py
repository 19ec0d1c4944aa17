"""Spool: rows set apart by partition in one pass over a dump, to be read back partition by partition.

Joining rows that stand far apart (a question and its answers) then needs the memory of one partition only. What does
not fit the buffers lies compressed in one temporary file, in blocks.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any, BinaryIO, Self

import orjson
import zstandard

BUFFERED_BYTES = 64 << 20
"""Bytes held in all buffers together before they are written out; a smaller dump never leaves memory."""
_LEVEL = 1
_BLOCK = struct.Struct("<I")
_PLACE = struct.Struct("<Q")


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
            yield from _unpacked(self._block(start, size))
        yield from self._rows[partition]

    def save(self, file: BinaryIO) -> None:
        """Write all rows to a file, for `saved_rows`: the blocks of one partition after another, then their places."""
        places, end = [0], 0
        for partition in range(len(self._rows)):
            blocks = [self._block(*place) for place in self._blocks[partition]]
            blocks += [_packed(self._rows[partition])] if self._rows[partition] else []
            for block in blocks:
                file.write(_BLOCK.pack(len(block)) + block)
                end += _BLOCK.size + len(block)
            places.append(end)
        file.write(b"".join(map(_PLACE.pack, places)))

    def _block(self, start: int, size: int) -> bytes:
        assert self._file is not None
        self._file.seek(start)
        return self._file.read(size)

    def _write(self, partition: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115, __exit__ closes it
        # Rows of a partition lie in blocks all over one file, each packed by itself; `_blocks` is the index, in order.
        block = _packed(self._rows[partition])
        start = self._file.seek(0, 2)
        self._file.write(block)
        self._blocks[partition].append((start, len(block)))
        self._rows[partition], self._bytes[partition] = [], 0


def saved_rows(file: BinaryIO, size: int, partition: int, partitions: int) -> Iterator[list[Any]]:
    """The rows of one partition of a file that `Spool.save` wrote, in the order they came."""
    file.seek(size - _PLACE.size * (partitions + 1 - partition))
    (start,), (end,) = _PLACE.iter_unpack(file.read(2 * _PLACE.size))
    file.seek(start)
    data = memoryview(file.read(end - start))
    while data:
        (length,) = _BLOCK.unpack_from(data)
        yield from _unpacked(data[_BLOCK.size : _BLOCK.size + length])
        data = data[_BLOCK.size + length :]


def _packed(rows: list[list[Any]]) -> bytes:
    return zstandard.compress(orjson.dumps(rows), _LEVEL)


def _unpacked(block: bytes | memoryview) -> list[list[Any]]:
    rows: list[list[Any]] = orjson.loads(zstandard.decompress(block))
    return rows
