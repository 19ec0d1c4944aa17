"""Files wherever they lie: local paths directly, others through the stores of corpus/stores, or through Beam."""

from __future__ import annotations

import glob
import json
import os
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from corpus import storage
from corpus.errors import InputError
from corpus.manifest import digest
from corpus.readers.base import InputFile, Open
from corpus.storage import NewFile, Stored
from corpus.stores.addresses import is_local, remote_storage, storage_of
from corpus.stores.objects import ObjectStorage
from pipelines.engine import remote

HEAD_BYTES = 512
LOOK_BYTES = 1 << 14
"""Brought of a file in a store to see what it is and how it is written."""
SCRATCH_DIGEST = "xxh3_128"
SEAL = "seal"
remote.use_beams_options()


def local_folder(path: str) -> str | None:
    """A folder itself where it is on this machine; else None, for the machine's folder of temporary files."""
    return path if is_local(path) else None


def open_file(path: str) -> BinaryIO:
    """A file opened for reading its bytes as they are, seekable."""
    return storage_of(path).open(path)


def create(path: str) -> AbstractContextManager[NewFile]:
    """A new file, there under its name only once the block has ended without error, and on disk then."""
    return storage.create(path, storage_of(path))


def create_scratch(path: str) -> AbstractContextManager[NewFile]:
    """A new file of a work folder, which can be made again: not brought to disk, and with the faster digest."""
    return storage.create(path, storage_of(path), SCRATCH_DIGEST, durable=False)


def exists(path: str) -> bool:
    """Whether there is a file or folder of that name."""
    return os.path.exists(path) if is_local(path) else remote_storage(path).exists(path)


def remove(path: str) -> None:
    """Delete a file, if it is there."""
    storage_of(path).remove(path)


def remove_folder(path: str) -> None:
    """Delete a folder with all it holds, if it is there."""
    storage_of(path).remove_folder(path)


def place(made: str, path: str, size: int, sha256: str) -> None:
    """Give a file that has been written whole another name too.

    Args:
        made: where it is.
        path: its other name, in the place of what had it.
        size: its bytes.
        sha256: its digest.
    """
    if is_local(path):
        if not (os.path.exists(path) and os.path.samefile(made, path)):
            storage.link(made, path)
    elif not is_whole(path, size, sha256, "sha256"):
        remote_storage(path).copy(made, path)


def is_whole(path: str, size: int, sum_of: str, algorithm: str = SCRATCH_DIGEST) -> bool:
    """Whether a file is there with the bytes that were written."""
    found = storage_of(path).stat(path)
    if found is None or found.bytes != size:
        return False
    with open_file(path) as file:
        return storage.measure(file, algorithm) == (size, sum_of)


def read_json(path: str) -> Any:
    """The value of a JSON file; None if there is no such file."""
    try:
        with open_file(path) as file:
            return json.loads(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_json(path: str, value: Any) -> None:
    """A JSON file of a work folder, the same bytes for the same value."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    with create_scratch(path) as file:
        file.write(text.encode("utf-8", "surrogatepass"))  # names of files may be no UTF-8


def read_sealed(path: str) -> dict[str, Any] | None:
    """The object that `write_sealed` wrote; None if there is no such file, or its bytes have changed."""
    try:
        value = read_json(path)
        return value if isinstance(value, dict) and value.pop(SEAL, "") == digest(value) else None
    except ValueError:
        return None


def write_sealed(path: str, value: dict[str, Any]) -> None:
    """A JSON file of an object and of its digest."""
    write_json(path, {**value, SEAL: digest(value)})


def find(patterns: list[str]) -> list[InputFile]:
    """The files that paths, folders (with all below them) and globs name, each once, ordered by path.

    Raises:
        InputError: a pattern names no file.
    """
    found: dict[str, InputFile] = {}
    for pattern in patterns:
        matches = _local(pattern) if is_local(pattern) else _remote(pattern)
        if not matches:
            raise InputError("a file, folder or glob that names a file", f"nothing at {pattern}", "--input")
        found.update((file.path, file) for file in matches)
    return [found[path] for path in sorted(found)]


def _local(pattern: str) -> list[InputFile]:
    paths = [pattern] if os.path.exists(pattern) else glob.glob(pattern, recursive=True)
    files: list[str] = []
    for path in paths:
        files += [str(p) for p in Path(path).rglob("*") if p.is_file()] if os.path.isdir(path) else [path]
    return [InputFile(path, os.stat(path).st_size, os.stat(path).st_mtime) for path in files]


def _remote(pattern: str) -> list[InputFile]:
    return match(pattern, pattern.rstrip("/") + "/**")


def match(*patterns: str) -> list[InputFile]:
    """The files of object stores that globs name, with what their listings say of them."""
    found = (one for pattern in patterns for one in remote_storage(pattern).match(pattern))
    return [InputFile(one.path, one.bytes, one.changed, digest=_said(one)) for one in found]


def _said(file: Stored) -> str:
    """What a store says of a file's content, as the digest of an input; "" where it says nothing."""
    return f"{file.bytes}:{file.checksum}" if file.checksum else ""


def checksum(file: InputFile) -> str:
    """What a store says of a file's content: its checksum; else its path, size and time of the last change."""
    if file.digest:
        return file.digest
    stored = Stored(file.path, file.size, file.changed)
    said = _said(stored._replace(checksum=remote_storage(file.path).checksum(stored)))
    return said or digest([file.path, file.size, file.changed])


def head(path: str) -> bytes:
    """The first bytes of a file, which show its kind; of an object store by one request for no more."""
    if not is_local(path):
        return remote_storage(path).head(path, HEAD_BYTES)
    with open_file(path) as file:
        return file.read(HEAD_BYTES)


def look(path: str) -> tuple[bytes, Open]:
    """The first bytes of a file, which show its kind, and what opens it to find its parts.

    Of a file in a store both are served by one answer, as a dump may be 90,000 of them.
    """
    store = storage_of(path)
    if not isinstance(store, ObjectStorage):
        return head(path), open_file
    first = store.first(path, LOOK_BYTES)

    def opened(asked: str) -> BinaryIO:
        return store.open(asked, first) if asked == path else open_file(asked)

    return first.data[:HEAD_BYTES], opened


def shard_file(folder: str, kind: str, shard: int | str) -> str:
    """A file of one shard, by its number or key: (folder, `done.json`, 3) -> `folder/done-00003.json`."""
    name, _, suffix = kind.partition(".")
    return f"{folder}/{name}-{shard if isinstance(shard, str) else f'{shard:05d}'}.{suffix}"


def shard_name(names: str, shard: int) -> int | str:
    """What the files of a shard are named by in the work folder: its key, from the file that lists them; or its number.

    Args:
        names: a JSON file of all shards' keys in order; empty where they have none.
        shard: its number.
    """
    return _shard_names(names)[shard] or shard if names else shard


@lru_cache(maxsize=2)
def _shard_names(path: str) -> list[str]:
    """The keys of all shards, in order: 40 bytes each, read once per process, from a file named by its content."""
    keys: list[str] = read_json(path)
    return keys


class Blob(NamedTuple):
    """Bytes on their way from one pass to the next: a slice of a file."""

    path: str
    offset: int
    length: int

    def load(self) -> bytes:
        """The bytes."""
        if not self.length:
            return b""
        if not is_local(self.path):
            return remote_storage(self.path).slice(self.path, self.offset, self.length)
        with open_file(self.path) as file:
            file.seek(self.offset)
            return file.read(self.length)


NOTHING = Blob("", 0, 0)
"""The blob without bytes."""


class BlobFile:
    """Writes blobs one after another into one open file."""

    def __init__(self, path: str, file: BinaryIO) -> None:
        self._path, self._file, self._offset = path, file, 0

    def add(self, data: bytes) -> Blob:
        """Write bytes; the blob that stands for them."""
        self._file.write(data)
        blob = Blob(self._path, self._offset, len(data))
        self._offset += len(data)
        return blob
