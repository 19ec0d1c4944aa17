"""Members of a 7z archive, unpacked piece by piece, never to disk, and given after their checksum was compared.

A member has one checksum, of all its bytes, so it is unpacked twice: damage costs the member. One that is packed with
bzip2 alone, as the large dumps of Stack Exchange are, is unpacked once, and damage costs a block. The directory stands
at the archive's end: of one that breaks off nothing can be had.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import BinaryIO, cast

import py7zr
from py7zr.io import Py7zIO, WriterFactory

from corpus.errors import RecordError
from corpus.readers import bzip2
from corpus.readers.base import Seen
from corpus.readers.pieces import Budget, Piece, Until, of_the_store
from corpus.readers.ranges import Range

MAGIC = b"7z\xbc\xaf\x27\x1c"
_WAITING_PIECES = 4
_BZIP2 = b"\x04\x02\x02"


class _Pieces(WriterFactory, Py7zIO):
    """The one destination py7zr writes to: it hands on what is unpacked, and waits while nobody takes it."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[bytes | None] = queue.Queue(_WAITING_PIECES)
        self.given_up = threading.Event()
        self._size = 0

    def create(self, filename: str, mode: str = "wb") -> Py7zIO:
        return self

    def write(self, s: bytes | bytearray) -> int:
        while not self.given_up.is_set():
            try:
                self.waiting.put(bytes(s), timeout=1)
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


def pieces(file: BinaryIO, seen: Seen, wanted: str = "") -> Iterator[Piece]:
    """The bytes of an archive's members, one after the other; what is damaged as a fault.

    Args:
        wanted: the name of the members that are wanted, without folder; all where it is empty.
    """
    size = file.seek(0, 2)
    try:
        blocks = _bzip2_range(file, wanted)
        if blocks is None:
            budget = Budget()
            for data in _unpacked(file, wanted):
                budget.spend(len(data), size)
    except RecordError as error:
        yield Piece(b"", 0, size, str(error))
        return
    seen.leave(0, size)  # what is not wanted, and the directory
    if blocks is None:
        yield from (Piece(data, 0) for data in _unpacked(file, wanted))
    else:
        start, end = blocks
        yield from bzip2.blocks(cast(BinaryIO, Until(file, end)), start)


def _bzip2_range(file: BinaryIO, wanted: str) -> Range | None:
    """The bytes of the file that hold one wanted member, and nothing else, packed with bzip2; None for any other.

    Raises:
        RecordError: the archive cannot be opened, or holds none that is wanted.
    """
    try:
        with _opened(file) as archive:
            names = _names(archive, wanted)
            streams = archive.header.main_streams
            folders, pack = streams.unpackinfo.folders, streams.packinfo
            held = [[member.filename for member in folder.files] for folder in folders]
            methods = [[coder["method"] for coder in folder.coders] for folder in folders]
            if names not in held or methods[held.index(names)] != [_BZIP2] or len(folders) != pack.numstreams:
                return None
            at = held.index(names)
            start = archive.afterheader + pack.packpos + pack.packpositions[at]
            return Range(start, start + pack.packsizes[at])
    except Exception as error:  # the header is untrusted: py7zr answers damage with errors of a dozen kinds
        raise _damage(error) from error


def _unpacked(file: BinaryIO, wanted: str) -> Iterator[bytes]:
    """The bytes of the wanted members; py7zr only pushes, so a thread unpacks and this one takes.

    Raises:
        RecordError: an archive that breaks off or is damaged; what was given before it was not verified.
    """
    given, faults = _Pieces(), list[Exception]()

    def unpack() -> None:
        try:
            with _opened(file) as archive:
                archive.extract(targets=_names(archive, wanted), factory=given)
        except Exception as error:  # as above
            faults.append(error)
        finally:
            if not given.given_up.is_set():
                given.waiting.put(None)

    thread = threading.Thread(target=unpack, daemon=True)
    thread.start()
    try:
        while (data := given.waiting.get()) is not None:
            yield data
    finally:
        given.given_up.set()
        thread.join()
    if faults:
        raise _damage(faults[0])


def unpacked_bytes(file: BinaryIO, wanted: str) -> int:
    """How many bytes the wanted members have, unpacked, as the archive's directory says.

    Raises:
        RecordError: the archive cannot be opened, or holds none of them.
    """
    try:
        with _opened(file) as archive:
            names = _names(archive, wanted)
            return sum(member.uncompressed for member in archive.list() if member.filename in names)
    except Exception as error:  # as above
        raise _damage(error) from error


def _opened(file: BinaryIO) -> py7zr.SevenZipFile:
    file.seek(0)
    return py7zr.SevenZipFile(file)


def _names(archive: py7zr.SevenZipFile, wanted: str) -> list[str]:
    names = [name for name in archive.getnames() if wanted in ("", name.rpartition("/")[2])]
    if not names:
        raise RecordError(f"an archive that holds {wanted}", ", ".join(archive.getnames()[:8]) or "an empty one")
    return names


def _damage(error: Exception) -> Exception:
    if isinstance(error, RecordError) or of_the_store(error):
        return error
    return RecordError("a whole .7z archive", f"{type(error).__name__} {error}".strip(), do="fetch it again")
