"""A child process that unpacks members of a 7z archive with py7zr: it may die of them, and has limits on what it takes.

Its input is the archive, its arguments are the bytes of memory and the seconds of a processor that it may take, then
the names of the members. It writes their bytes, one after the other.
"""

from __future__ import annotations

import resource
import sys

import py7zr
from py7zr.io import Py7zIO, WriterFactory


class _Output(WriterFactory, Py7zIO):
    """The one destination py7zr writes to."""

    def __init__(self) -> None:
        self._size = 0

    def create(self, filename: str, mode: str = "wb") -> Py7zIO:
        return self

    def write(self, s: bytes | bytearray) -> int:
        sys.stdout.buffer.write(s)
        self._size += len(s)
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def flush(self) -> None:
        sys.stdout.buffer.flush()

    def size(self) -> int:
        return self._size


def unpack() -> None:
    """What the child does."""
    memory, seconds, *names = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with py7zr.SevenZipFile(sys.stdin.buffer) as archive:
        archive.extract(targets=names, factory=_Output())
    sys.stdout.buffer.flush()
