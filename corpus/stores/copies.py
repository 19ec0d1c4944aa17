"""Copies of files of stores on this machine's disk, for libraries that open local paths: each version once.

Files that belong together, such as a model's and its card, lie in one folder under their own names. The folder is named
by what the store says of each (size, time, checksum), so another version gets a folder of its own; it is there, whole,
once it has its name, and processes that bring the same at once do no harm.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from corpus.errors import InputError
from corpus.private_cache import key_of, private_cache
from corpus.storage import CHUNK_BYTES, Stored
from corpus.stores.addresses import is_local, remote_storage


def local_copy(path: str) -> str:
    """A file as libraries want it that open local paths: itself, or a copy on this machine's disk, made once.

    Raises:
        InputError: there is no such file, or it changed while it was copied.
    """
    if is_local(path):
        return path
    stored = remote_storage(path).stat(path)
    if stored is None:
        raise InputError("a file", "none there", path)
    folder, _, name = path.rpartition("/")
    return str(copied_together(folder, [stored]) / name)


def copied_together(base: str, files: Sequence[Stored]) -> Path:
    """A local folder with copies of files of a store, by their names below base.

    Raises:
        InputError: one of them changed while it was copied.
    """
    copies = private_cache("copies")
    folder = copies / key_of(base, *sorted(files))
    if not folder.is_dir():
        made = Path(tempfile.mkdtemp(dir=copies))
        try:
            for file in files:
                _copy(file, made / file.path[len(base) + 1 :])
            _take_its_name(made, folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def _copy(file: Stored, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with remote_storage(file.path).open(file.path) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, CHUNK_BYTES)
        os.fsync(target.fileno())
    if (found := path.stat().st_size) != file.bytes:
        raise InputError(f"{file.bytes} bytes", f"{found}: it changed while it was copied", file.path, "start again")


def _take_its_name(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process was faster
            raise
