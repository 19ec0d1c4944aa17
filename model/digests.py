"""The SHA-256 of every file of a checkpoint: taken by the processes that share a folder, each a part of its files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from model.errors import CheckpointError

THREADS = 4
"""Files hashed at a time in a process; SHA-256 takes 1.5 GB/s in each, and lets go of the interpreter."""
PART = ".digests-{}.json"


def files_below(folder: Path) -> list[str]:
    """The names of all files below a folder, relative to it, in order.

    Raises:
        CheckpointError: one of them is a link or a device, which would be read elsewhere.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise CheckpointError("files and folders alone", "a link or a device", str(path), "give a copy without")
        if path.is_file():
            found.append(path.relative_to(folder).as_posix())
    return found


def digests(folder: Path, names: list[str]) -> dict[str, str]:
    """The SHA-256 of these files of a folder, in hexadecimal."""
    with ThreadPoolExecutor(THREADS) as threads:
        return dict(zip(names, threads.map(lambda name: _sha256(folder / name), names), strict=True))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Brings a file's bytes, or the names in a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_part(folder: Path, state: str, part: int, parts: int) -> None:
    """Writes the digests of every `parts`-th file of a state, from number `part` on, for join_parts."""
    own = digests(folder, [f"{state}/{name}" for name in files_below(folder / state)][part::parts])
    (folder / PART.format(part)).write_text(json.dumps(own))


def join_parts(folder: Path, parts: int) -> dict[str, str]:
    """The digests of all files, out of what every process wrote."""
    found: dict[str, str] = {}
    for path in (folder / PART.format(part) for part in range(parts)):
        found |= json.loads(path.read_text())
        path.unlink()
    return dict(sorted(found.items()))


def check(folder: Path, state: str, expected: Mapping[str, str], part: int = 0, parts: int = 1) -> None:
    """Compares every `parts`-th file of a state, from number `part` on, with its digest, and all names.

    Raises:
        CheckpointError: a file is missing, is not listed, or has other bytes than were written.
    """
    names = [f"{state}/{name}" for name in files_below(folder / state)]
    do = "delete the checkpoint to go on from the one before"
    if other := sorted(set(names) ^ set(expected)):
        got = "one that is not listed" if other[0] in names else "no such file"
        raise CheckpointError("the files that run.json lists", got, str(folder / other[0]), do)
    for name, found in digests(folder, sorted(names)[part::parts]).items():
        if found != expected[name]:
            where = str(folder / name)
            raise CheckpointError(f"SHA-256 {expected[name][:12]}", f"{found[:12]}: a damaged file", where, do)
