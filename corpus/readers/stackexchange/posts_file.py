"""Posts.xml where it lies: alone, or as one member of a site's .7z; streamed, never unpacked whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import py7zr
from py7zr.io import Py7zIO, WriterFactory

from corpus.errors import InputError
from corpus.readers.base import Open

Take = Callable[[bytes], None]

SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_READ_BYTES = 1 << 20


def posts_bytes(open_file: Open, path: str) -> int:
    """The size of Posts.xml in bytes, unpacked.

    Raises:
        InputError: the archive cannot be opened, or holds no Posts.xml.
    """
    with open_file(path) as file:
        if not _is_archive(file):
            return file.seek(0, 2)
        with _archive(file, path) as archive:
            return _member(archive, path).uncompressed


def stream_posts(open_file: Open, path: str, take: Take) -> None:
    """Hand the bytes of Posts.xml to `take`, in order and in pieces.

    Raises:
        InputError: the file breaks off or is damaged; what came before has been handed over.
    """
    with open_file(path) as file:
        if _is_archive(file):
            with _archive(file, path) as archive:
                _extract(archive, path, take)
        else:
            while data := file.read(_READ_BYTES):
                take(data)


def _is_archive(file: BinaryIO) -> bool:
    head = file.read(len(SEVEN_ZIP))
    file.seek(0)
    return head == SEVEN_ZIP


def _archive(file: BinaryIO, path: str) -> py7zr.SevenZipFile:
    try:
        return py7zr.SevenZipFile(file)
    except Exception as error:  # the header is untrusted: py7zr answers damage with errors of a dozen kinds
        raise _damaged(path, error) from error


def _member(archive: py7zr.SevenZipFile, path: str) -> py7zr.FileInfo:
    for member in archive.list():
        if member.filename.rpartition("/")[2] == "Posts.xml":
            return member
    raise InputError("an archive that holds Posts.xml", ", ".join(archive.getnames()[:8]) or "an empty one", path)


def _extract(archive: py7zr.SevenZipFile, path: str, take: Take) -> None:
    feed = _Feed(take)
    try:
        archive.extract(targets=[_member(archive, path).filename], factory=feed)
    except InputError:
        raise
    except Exception as error:  # as above; an error of take itself is not the archive's fault
        if feed.error:
            raise feed.error from None
        raise _damaged(path, error) from error


def _damaged(path: str, error: Exception) -> InputError:
    return InputError("a whole .7z archive", f"{type(error).__name__} {error}".strip(), path, "fetch it again")


class _Feed(WriterFactory, Py7zIO):
    """The one destination py7zr writes to: it passes the bytes on."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._size = 0
        self.error: Exception | None = None

    def create(self, filename: str) -> Py7zIO:
        return self

    def write(self, data: bytes | bytearray) -> int:
        try:
            self._take(bytes(data))
        except Exception as error:
            self.error = error
            raise
        self._size += len(data)
        return len(data)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._size
