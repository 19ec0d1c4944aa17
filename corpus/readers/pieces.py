"""What every unpacker gives: unpacked bytes in order, and which packed bytes could not be unpacked."""

from __future__ import annotations

import io
from typing import BinaryIO, NamedTuple

from corpus.errors import RecordError
from corpus.recipe import cited

PIECE_BYTES = 1 << 20
READ_BYTES = 1 << 20
_FORGOTTEN_BYTES = 1 << 16

LARGEST_RATIO = cited(
    1032, "deflate packs at most so much, and text 3 to 200 times: what packs better is made", "times"
)
SMALL_BYTES = cited(64 << 20, "so much unpacks in a tenth of a second to two, however well it was packed", "bytes")


class DamagedError(RecordError):
    """A record whose bytes are damaged, and are skipped over, unlike one that is refused for what it holds."""


class Piece(NamedTuple):
    """Unpacked bytes that follow those of the piece before; or, with a fault, a range of the file that is lost.

    start is the byte of the file at which the unit begins (gzip member, frame, block) that these bytes are packed in.
    A unit's bytes are given after its checksum was compared, where its format has one. After a fault the bytes do not
    go on where they stopped.
    """

    data: bytes
    start: int
    end: int = 0
    fault: str = ""


def of_the_store(error: BaseException) -> bool:
    """Whether an error is that of a disk or network, and not of the bytes that were read."""
    return isinstance(error, OSError) and error.errno is not None


class Budget:
    """How much a file may unpack to: SMALL_BYTES, and LARGEST_RATIO times what has been read of it; and most_bytes.

    is_over says that it was more than most_bytes (0: any number).
    """

    def __init__(self, most_bytes: int = 0) -> None:
        self._unpacked, self._most = 0, most_bytes
        self.is_over = False

    def spend(self, unpacked: int, packed: int) -> None:
        """Bytes were unpacked, from the first `packed` bytes of the file.

        Raises:
            RecordError: they are too many.
        """
        self._unpacked += unpacked
        self.is_over = 0 < self._most < self._unpacked
        if self.is_over:
            raise RecordError(f"at most {self._most} bytes", "more")
        if self._unpacked > SMALL_BYTES.value + LARGEST_RATIO.value * packed:
            raise RecordError(f"data packed at most {LARGEST_RATIO.value} times", "a bomb")


class Window:
    """The bytes of a file from `base` on, as far as they were read: forwards only, so that it may lie far away."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        self._file = file
        self.base, self.data, self.ended = start, b"", False

    @property
    def end(self) -> int:
        """The byte after the last that was read."""
        return self.base + len(self.data)

    def fill(self) -> bool:
        """Read on; whether there was anything left to read."""
        more = self._file.read(READ_BYTES)
        self.data += more
        self.ended = not more
        return bool(more)

    def forget(self, before: int) -> None:
        """Drop the bytes before an offset of the file, where they are worth a copy of the others."""
        cut = min(max(0, before - self.base), len(self.data))
        if cut < min(_FORGOTTEN_BYTES, len(self.data)):
            return  # a file of false blocks of 6 bytes would copy a megabyte for each
        self.base, self.data = self.base + cut, self.data[cut:]


class Until(io.RawIOBase):
    """A file, which is left open, up to a byte of it."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file, self._end = file, end

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._end - self._file.tell())
        return self._file.read(left if size is None or size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)
