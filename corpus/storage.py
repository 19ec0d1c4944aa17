"""Files of an output: the filesystem they lie on, and the one way to write a file, there whole or not at all.

A file is written as `NAME.1a2b3c4d.part`, brought to disk, and renamed; then the folder is brought to disk, so that a
file that is there after a crash has all its bytes. While it is written it is counted and digested.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import io
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from corpus.errors import OutputError

WORK = ".work"
"""The folder in an output for what its writer's passes leave each other; deleted when it is finished."""
PART = ".part"
"""The suffix of a file that is still being written, or was when its writer died."""


def _xxh3_128() -> Any:
    import xxhash  # here, as token shards are read with numpy alone

    return xxhash.xxh3_128()


DIGESTS: dict[str, Callable[[], Any]] = {"sha256": hashlib.sha256, "xxh3_128": _xxh3_128}
"""SHA-256 for what a command leaves, as anyone can check it; xxh3, 5 times faster, for what passes leave each other."""

CHUNK_BYTES = 1 << 20

_NO_LINKS = {errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.EACCES}
"""What filesystems say that give a file no second name."""


class Stored(NamedTuple):
    """A file as a folder lists it: its path, its size in bytes, and when it was last changed (seconds since 1970).

    checksum is what a store says of its content, with the name of the sum; "" where it says nothing.
    """

    path: str
    bytes: int
    changed: float
    checksum: str = ""


class Storage(Protocol):
    """A filesystem. Paths are strings with `/`; a folder needs no making and is there while a file is in it."""

    def open(self, path: str) -> BinaryIO:
        """A file, for reading."""

    def open_new(self, path: str) -> BinaryIO:
        """A new file, for writing."""

    def part_of(self, path: str) -> str:
        """The name of a file while it is written: the path itself where a file is seen only once it is closed."""

    def sync(self, file: BinaryIO) -> None:
        """Bring the bytes of an open file to disk."""

    def rename(self, old: str, new: str, durable: bool) -> None:
        """Give a file another name, in the place of what had it; durable: the name is on disk when this returns."""

    def stat(self, path: str) -> Stored | None:
        """A file by its path; None where there is none."""

    def files_below(self, folder: str) -> list[Stored]:
        """Every file in a folder and in those below it, by path; none where there is no such folder."""

    def matching(self, folder: str, pattern: str) -> list[Stored]:
        """The files in a folder that a glob such as `*/manifest.json` names, by path; `*` stops at `/`."""

    def remove(self, *paths: str) -> None:
        """Delete files, those that are there."""

    def remove_folder(self, folder: str) -> None:
        """Delete a folder with all it holds, if it is there."""


class RemoteStorage(Storage, Protocol):
    """A filesystem that is not of this machine: each call is a request or more."""

    def head(self, path: str, length: int) -> bytes:
        """The first bytes of a file."""

    def slice(self, path: str, start: int, length: int) -> bytes:
        """A range of a file's bytes, all of it."""

    def match(self, *patterns: str) -> Iterator[Stored]:
        """The files that globs name; `**` crosses `/`."""

    def copy(self, old: str, new: str) -> None:
        """Give a file another name, too."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of that name."""

    def checksum(self, file: Stored) -> str:
        """What the store says of a file's content; "" where it keeps no checksum."""


class LocalStorage:
    """The filesystem of this machine."""

    def open(self, path: str) -> BinaryIO:
        """A file, for reading."""
        return open(path, "rb")

    def open_new(self, path: str) -> BinaryIO:
        """A new file, for writing; its folder is made."""
        self.make_folder(os.path.dirname(path) or ".")
        return open(path, "wb")

    def part_of(self, path: str) -> str:
        """The name of a file while it is written."""
        return part_name(path)

    def make_folder(self, folder: str) -> None:
        """Make a folder, and those above it, where they are not there; their names are on disk then."""
        if os.path.isdir(folder):
            return
        above = os.path.dirname(folder.rstrip("/")) or "."
        self.make_folder(above)
        with suppress(FileExistsError):  # another process was faster
            os.mkdir(folder)
        self.sync_folder(above)

    def sync(self, file: BinaryIO) -> None:
        """Bring the bytes of an open file to disk."""
        os.fsync(file.fileno())

    def rename(self, old: str, new: str, durable: bool) -> None:
        """Give a file another name, in the place of what had it."""
        os.replace(old, new)
        if durable:
            self.sync_folder(os.path.dirname(new) or ".")

    def sync_folder(self, folder: str) -> None:
        """Bring the names in a folder to disk."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def stat(self, path: str) -> Stored | None:
        """A file by its path; None where there is none."""
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Stored(path, found.st_size, found.st_mtime)

    def files_below(self, folder: str) -> list[Stored]:
        """Every file in a folder and in those below it, by path; links to folders are not followed."""
        paths = sorted(os.path.join(where, name) for where, _folders, names in os.walk(folder) for name in names)
        return [found for path in paths if (found := self.stat(path))]

    def matching(self, folder: str, pattern: str) -> list[Stored]:
        """The files in a folder that a glob names, by path."""
        paths = sorted(glob.glob(f"{glob.escape(folder)}/{pattern}", include_hidden=True))
        return [found for path in paths if not os.path.isdir(path) and (found := self.stat(path))]

    def remove(self, *paths: str) -> None:
        """Delete files, those that are there; they do not come back after a crash."""
        for path in paths:
            Path(path).unlink(missing_ok=True)
        for folder in {os.path.dirname(path) or "." for path in paths}:
            if os.path.isdir(folder):
                self.sync_folder(folder)

    def remove_folder(self, folder: str) -> None:
        """Delete a folder with all it holds, if it is there."""
        if os.path.isdir(folder):
            shutil.rmtree(folder)
            self.sync_folder(os.path.dirname(folder.rstrip("/")) or ".")


LOCAL = LocalStorage()


def link(made: str, path: str) -> None:
    """Give a local file that is on disk a second name, in the place of what had it; a copy where links are refused.

    Raises:
        OutputError: the filesystem refuses.
    """
    waiting = part_name(path)
    with _removed_on_error(waiting, LOCAL), refused(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        try:
            os.link(made, waiting)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with open(made, "rb") as source, open(waiting, "wb") as target:
                shutil.copyfileobj(source, target)
                LOCAL.sync(target)
        LOCAL.rename(waiting, path, durable=True)


class NewFile(io.BufferedIOBase, BinaryIO):
    """A file on its way: written from first byte to last, counted and digested as it is.

    Raises:
        OutputError: the disk is full, read-only or broken; of any method.
    """

    def __init__(self, file: BinaryIO, path: str, digest: str) -> None:
        self._file, self._path, self._hash = file, path, DIGESTS[digest]()
        self.bytes = 0

    @property
    def digest(self) -> str:
        """The digest of what was written so far, hexadecimal."""
        return str(self._hash.hexdigest())

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Write bytes, or an array of one axis."""
        size = memoryview(data).nbytes
        with refused(self._path):
            self._file.write(data)
        self._hash.update(data)
        self.bytes += size
        return size

    def tell(self) -> int:
        return self.bytes

    def flush(self) -> None:
        """Hand everything to the filesystem."""
        if not self._file.closed:
            with refused(self._path):
                self._file.flush()

    def finish(self, storage: Storage, durable: bool) -> None:
        """Write what waits and close the file; durable: its bytes are on disk then."""
        with refused(self._path):
            self._file.flush()
            if durable:
                storage.sync(self._file)
            self._file.close()


class NewPath:
    """A file that a library writes at `path`; bytes and digest are known once the block of create_at has ended."""

    def __init__(self, path: str) -> None:
        self.path, self.bytes, self.digest = path, 0, ""


@contextmanager
def create(path: str, storage: Storage = LOCAL, digest: str = "sha256", durable: bool = True) -> Iterator[NewFile]:
    """A new file, there under its name only once the block has ended without error.

    Args:
        path: where it is to be.
        storage: the filesystem of the path.
        digest: one of DIGESTS.
        durable: on disk when the block has ended; False for what can be made again.

    Raises:
        OutputError: the filesystem refuses.
    """
    waiting = storage.part_of(path)
    with _removed_on_error(waiting, storage, but=path):
        with refused(path):
            raw = storage.open_new(waiting)
        with raw:
            file = NewFile(raw, path, digest)
            yield file
            file.finish(storage, durable)
        if waiting != path:
            with refused(path):
                storage.rename(waiting, path, durable)


@contextmanager
def create_at(path: str, digest: str = "sha256") -> Iterator[NewPath]:
    """A new local file that a library writes by its path, there under its name only once the block has ended.

    Raises:
        OutputError: the filesystem refuses; what the library raises is its own.
    """
    new = NewPath(part_name(path))
    with _removed_on_error(new.path, LOCAL):
        with refused(path):
            LOCAL.make_folder(os.path.dirname(path) or ".")
        yield new
        with refused(path):
            with open(new.path, "rb") as file:
                new.bytes, new.digest = measure(file, digest)
                LOCAL.sync(file)
            LOCAL.rename(new.path, path, durable=True)


@contextmanager
def refused(path: str) -> Iterator[None]:
    """What the filesystem refuses within the block, in one line.

    Raises:
        OutputError: naming the path, and what the filesystem said.
    """
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        do = "see to room and permission there, then run the same command again"
        raise OutputError("to write a file", said, path, do) from error


@contextmanager
def _removed_on_error(path: str, storage: Storage, but: str = "") -> Iterator[None]:
    """Delete a file where the block fails; not the one at `but`, which is what stood there before."""
    try:
        yield
    except BaseException:
        if path != but:
            with suppress(OSError):
                storage.remove(path)
        raise


def part_name(path: str) -> str:
    """The name of a file while it is written; another each time."""
    return f"{path}.{uuid.uuid4().hex[:8]}{PART}"


def measure(
    file: BinaryIO,
    digest: str = "sha256",
    copy: BinaryIO | None = None,
    watch: Callable[[int], object] | None = None,
) -> tuple[int, str]:
    """The size in bytes and the digest of an open file, from where it stands to its end.

    Args:
        copy: gets the bytes, too.
        watch: hears how many came, again and again.
    """
    found, size = DIGESTS[digest](), 0
    while chunk := file.read(CHUNK_BYTES):
        found.update(chunk)
        size += len(chunk)
        if copy:
            copy.write(chunk)
        if watch:
            watch(len(chunk))
    return size, str(found.hexdigest())
