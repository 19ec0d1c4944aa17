"""A folder of this user's own on this machine: copies of remote models, which model files have been tried, and the
temporary files of commands that are running.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from corpus.errors import UsageError

ENVIRONMENT = "LLAMA_CORPUS_CACHE"
"""Says where the cache is to processes that a command starts, whose TMPDIR is a room of it."""


def private_cache(room: str) -> Path:
    """A folder of that name in the cache, made where it is not there.

    The cache lies in the folder for temporary files, where anyone may write: so it is this user's, closed to others,
    and not a link. A folder of this name that another user made is not used.

    Raises:
        UsageError: something else has its name.
    """
    folder = _cache()
    for path in (folder, folder / room):
        try:
            path.mkdir(mode=stat.S_IRWXU)
        except FileExistsError:
            _require_own(path)
    return folder / room


def _cache() -> Path:
    return Path(os.environ.get(ENVIRONMENT) or Path(_temporary_folder(), f"llama-corpus-{os.geteuid()}"))


def _temporary_folder() -> str:
    """Where temporary files lie, as Python finds it, but without writing a file there to try: a kill may leave it."""
    asked = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    usable = (path for path in (*asked, "/tmp", "/var/tmp") if path and os.access(path, os.W_OK | os.X_OK))
    return os.path.abspath(next(usable, ".")) if tempfile.tempdir is None else tempfile.tempdir


@contextmanager
def own_temporary_files(name: str) -> Iterator[Path]:
    """A folder for the temporary files of a command and of all it starts, within the block; empty at first.

    One folder for each name (of the output that is written, whose only writer the caller is), so that what a killed
    command left is deleted by the next. It is deleted when the block ends.
    """
    folder = private_cache("running") / key_of(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=stat.S_IRWXU)
    before = {variable: os.environ.get(variable) for variable in (ENVIRONMENT, "TMPDIR")}
    os.environ.update({ENVIRONMENT: str(_cache()), "TMPDIR": str(folder)})
    tempfile.tempdir, directory = str(folder), tempfile.tempdir
    try:
        yield folder
    finally:
        tempfile.tempdir = directory
        for variable, value in before.items():
            os.environ.pop(variable) if value is None else os.environ.update({variable: value})
        shutil.rmtree(folder, ignore_errors=True)


def _require_own(path: Path) -> None:
    status = path.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or mode != stat.S_IRWXU:
        kind = "folder" if stat.S_ISDIR(status.st_mode) else "link or file"
        got = f"a {kind} of user {status.st_uid}, mode {mode:o}"
        do = "delete it, or set TMPDIR to a folder of your own"
        raise UsageError(f"a folder of user {os.geteuid()}, mode 700", got, str(path), do)


def key_of(*parts: object) -> str:
    """A file name made from these parts: a digest."""
    return sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()
