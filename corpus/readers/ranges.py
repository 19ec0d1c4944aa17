"""Which bytes of a file were read and which were skipped, counted where the file is opened, apart from its parser."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Range(NamedTuple):
    """First byte of a file, and the one after the last."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


class ByteTally(NamedTuple):
    """Bytes of dumps: those that were to be read, those that were, and those that were skipped over as damaged."""

    entered: int = 0
    kept: int = 0
    skipped: int = 0

    def __add__(self, other: ByteTally) -> ByteTally:  # type: ignore[override]
        return ByteTally(*map(sum, zip(self, other, strict=True)))


class FileRanges:
    """The ranges of one file: read is added to by every read of it, skipped and passed by the reader.

    passed holds no documents (pictures of an EPUB, columns that nobody asked for). owned is what one split of the file
    answers for: all of it, unless the reader says which. watch hears how many bytes each read brought.
    """

    def __init__(self, size: int = 0, watch: Callable[[int], object] | None = None) -> None:
        self.size, self._watch = size, watch
        self.read: list[Range] = []
        self.passed: list[Range] = []
        self.skipped: list[Range] = []
        self.owned: list[Range] = []

    def add_read(self, start: int, end: int) -> None:
        """Bytes were read; reads that follow one another make one range."""
        if self._watch is not None:
            self._watch(end - start)
        if self.read and self.read[-1][1] == start:
            self.read[-1] = Range(self.read[-1].start, end)
        elif start < end:
            self.read.append(Range(start, end))

    def tally(self) -> ByteTally:
        """What became of the owned bytes; those neither read, passed nor skipped are in `entered` alone."""
        owned = merged(self.owned or [Range(0, self.size)])
        skipped = overlap(merged(self.skipped), owned)
        # What is skipped has mostly been read too, and so is in both; and bytes may be read more than once, as of
        # a member that is unpacked twice. Hence sets of bytes, merged, and no sums of reads.
        met = overlap(merged([*self.read, *self.passed, *self.skipped]), owned)
        return ByteTally(sum(end - start for start, end in owned), met - skipped, skipped)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same bytes as ranges in order that do not touch."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = Range(found[-1].start, max(found[-1].end, end))
        elif start < end:
            found.append(Range(start, end))
    return found


def overlap(some: list[Range], others: list[Range]) -> int:
    """How many bytes are in both of two merged lists of ranges."""
    # Two lists in order, walked together: `at` is the first of the others that may still meet a range, and never
    # moves back, so the cost is the sum of both lengths.
    total = at = 0
    for start, end in some:
        while at < len(others) and others[at].end <= start:
            at += 1
        following = at
        while following < len(others) and others[following].start < end:
            total += min(end, others[following].end) - max(start, others[following].start)
            following += 1
    return total


class CountedFile(io.RawIOBase):
    """An open file, which it closes, that adds what is read of it to its FileRanges."""

    def __init__(self, file: BinaryIO, ranges: FileRanges) -> None:
        self._file, self._ranges, self._at = file, ranges, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._counted(self._file.read(-1 if size is None else size))

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer).cast("B")
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _counted(self, data: bytes) -> bytes:
        self._ranges.add_read(self._at, self._at + len(data))
        self._at += len(data)
        return data
