"""Lines of a text file, plain, gzip or zstd, in memory that grows with neither the file nor a line."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

import zstandard
from isal import isal_zlib

from corpus.errors import RecordError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PACKED_BYTES = 1 << 10
"""Read at once from a packed file. At worst zstd unpacks it to 32 MiB, held twice for a moment; gzip to 1 MiB."""
_BUFFER_BYTES = 1 << 16
_GZIP_FORMAT = 31
_DAMAGED = (isal_zlib.error, zstandard.ZstdError)


class Line(NamedTuple):
    """A line without its end: the unpacked offset it starts at, in bytes, and whether it is all there."""

    offset: int
    data: bytes
    whole: bool = True


class _Unpacking(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


_FORMATS: dict[bytes, Callable[[], _Unpacking]] = {
    b"\x1f\x8b": lambda: isal_zlib.decompressobj(_GZIP_FORMAT),
    b"\x28\xb5\x2f\xfd": lambda: zstandard.ZstdDecompressor().decompressobj(),
}


def read_lines(file: BinaryIO, line_bytes: int) -> Iterator[Line]:
    """The lines of a file; of a longer one than line_bytes the first line_bytes bytes, not whole.

    Raises:
        RecordError: the packed data is damaged or breaks off; every whole line before was given.
    """
    offset = 0
    with io.BufferedReader(_Unpacked(file), _BUFFER_BYTES) as unpacked:
        while data := unpacked.readline(line_bytes + 1):
            ended = data.endswith(b"\n")
            whole = ended or len(data) <= line_bytes
            yield Line(offset, data[:-1] if ended else data[:line_bytes], whole)
            offset += len(data)
            while not whole:
                data = unpacked.readline(line_bytes)
                offset += len(data)
                whole = not data or data.endswith(b"\n")


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of a file, which is left open."""

    def __init__(self, file: BinaryIO) -> None:
        self._parts = _parts(file)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer)
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        size = min(len(target), len(self._rest))
        target[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _parts(file: BinaryIO) -> Iterator[bytes]:
    """The unpacked bytes piece by piece; gzip members and zstd frames follow one another."""
    head = file.read(_PACKED_BYTES)
    unpacking = next((start for magic, start in _FORMATS.items() if head.startswith(magic)), None)
    if unpacking is None:
        while head:
            yield head
            head = file.read(_BUFFER_BYTES)
        return
    member = None
    try:
        while head:
            member = member or unpacking()
            yield member.decompress(head)
            head = member.unused_data
            member = None if member.eof else member
            head = head or file.read(_PACKED_BYTES)
    except _DAMAGED as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
        raise RecordError("packed data that unpacks", str(error)) from None
    if member is not None:
        raise RecordError("the end of the packed data", "the end of the file")
