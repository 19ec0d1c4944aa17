"""A folder of this user's own on this machine: copies of remote models, and which model files have been tried."""

from __future__ import annotations

import os
import stat
import tempfile
from hashlib import sha256
from pathlib import Path

from corpus.errors import UsageError


def private_cache(room: str) -> Path:
    """A folder of that name in the cache, made where it is not there.

    The cache lies in the folder for temporary files, where anyone may write: so it is this user's, closed to others,
    and not a link. A folder of this name that another user made is not used.

    Raises:
        UsageError: something else has its name.
    """
    folder = Path(tempfile.gettempdir(), f"llama-corpus-{os.geteuid()}")
    for path in (folder, folder / room):
        try:
            path.mkdir(mode=stat.S_IRWXU)
        except FileExistsError:
            _require_own(path)
    return folder / room


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
