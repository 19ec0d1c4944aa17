"""The bytes inside a file, piece by piece: plain, gzip, bzip2, xz, zstd or 7z, told apart by how the file begins.

Pieces are bounded, so that neither a large file nor one made to burst takes memory; what could be unpacked before a
damaged or broken-off end is given first.
"""

from __future__ import annotations

import bz2
import lzma
import queue
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import py7zr
import zstandard
from isal import igzip_lib
from py7zr.exceptions import ArchiveError
from py7zr.io import Py7zIO, WriterFactory

from corpus.errors import RecordError

PIECE_BYTES = 1 << 20
_READ_BYTES = 1 << 16
_ZSTD_READ_BYTES = 1 << 10  # zstd has no bound on what it unpacks at once; so little packed is at most 32 MiB
_WAITING_PIECES = 4
_XZ_MEMORY_BYTES = 1 << 28  # xz -9 needs 65 MiB to unpack

SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"


class _Unpacker(Protocol):
    """One stream of a packed file, as the standard library's decompressors have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


class _Zstd:
    """A zstd frame; unbounded output is bounded by what is read."""

    needs_input = True

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return self._frame.decompress(data)


_STREAMS: dict[bytes, Callable[[], _Unpacker]] = {
    b"\x1f\x8b": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES),
    b"\x28\xb5\x2f\xfd": _Zstd,
}
_DAMAGED = (OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError, igzip_lib.error)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The unpacked bytes of a file from where it stands, in pieces of about PIECE_BYTES.

    Raises:
        RecordError: the packed data is damaged or breaks off; all that could be unpacked was given.
    """
    head = file.read(len(SEVEN_ZIP))
    start = next((start for magic, start in _STREAMS.items() if head.startswith(magic)), None)
    if head == SEVEN_ZIP:
        file.seek(0)
        yield from _members(file)
    elif start:
        yield from _streams(file, head, start)
    else:
        while head:
            yield head
            head = file.read(PIECE_BYTES)


def _streams(file: BinaryIO, data: bytes, start: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """The unpacked pieces of packed streams that follow one another; data has been read of the first already."""
    unpacker = start()
    size = _ZSTD_READ_BYTES if isinstance(unpacker, _Zstd) else _READ_BYTES
    try:
        while data or not (unpacker.eof or unpacker.needs_input):
            if unpacker.eof:
                unpacker = start()
            piece = unpacker.decompress(data, PIECE_BYTES)
            if piece:
                yield piece
            if unpacker.eof:
                data = unpacker.unused_data.lstrip(b"\0") or file.read(size)
            else:
                data = file.read(size) if unpacker.needs_input else b""
    except _DAMAGED as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
        raise RecordError("packed data that unpacks", str(error) or type(error).__name__) from None
    if not unpacker.eof:
        raise RecordError("the end of the packed data", "the end of the file")


class _Pieces(Py7zIO):
    """A member of a 7z archive that hands on what is unpacked, and waits while nobody takes it."""

    def __init__(self, waiting: queue.Queue[bytes | None], given_up: threading.Event) -> None:
        self._waiting, self._given_up, self._size = waiting, given_up, 0

    def write(self, s: bytes | bytearray) -> int:
        while not self._given_up.is_set():
            try:
                self._waiting.put(bytes(s), timeout=1)
            except queue.Full:
                continue
            self._size += len(s)
            return len(s)
        raise OSError("nobody reads this archive any more")

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def flush(self) -> None:
        return None

    def size(self) -> int:
        return self._size


class _Factory(WriterFactory):
    def __init__(self, pieces: _Pieces) -> None:
        self._pieces = pieces

    def create(self, filename: str, mode: str = "wb") -> Py7zIO:
        return self._pieces


def _members(file: BinaryIO) -> Iterator[bytes]:
    """The members of a 7z archive, one after the other; py7zr only pushes, so a thread unpacks and this one takes."""
    waiting: queue.Queue[bytes | None] = queue.Queue(_WAITING_PIECES)
    given_up = threading.Event()
    faults: list[Exception] = []

    def unpack() -> None:
        try:
            with py7zr.SevenZipFile(file) as archive:
                archive.extractall(factory=_Factory(_Pieces(waiting, given_up)))
        except (ArchiveError, *_DAMAGED) as error:  # type: ignore[misc]  # as above
            faults.append(error)
        finally:
            if not given_up.is_set():
                waiting.put(None)

    thread = threading.Thread(target=unpack, daemon=True)
    thread.start()
    try:
        while (piece := waiting.get()) is not None:
            yield piece
    finally:
        given_up.set()
        thread.join()
    if faults:
        raise RecordError("a 7z archive that unpacks", str(faults[0]) or type(faults[0]).__name__)
