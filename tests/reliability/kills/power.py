"""A power cut, made from the log of a run that was killed: what was not brought to disk is lost, in part or all of it.

As filesystems with a journal behave (ext4, XFS, btrfs), at their worst:

    names   the changes of names (made, renamed, linked, deleted) since the folder they are in was last flushed are
            undone from some point on, in reverse: the journal is written in order. A file's own flush keeps the name
            under which it was made, and those of the folders above it; a rename needs a flush of the folder.
    bytes   of a file written since its last flush what was written since then is cut off, or is zeros, or is there;
            each file for itself: the order of names and bytes is not kept
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from reliability.kills.control import EMPTIED, MADE, SHADOWED, Op, Request

NAMES = (Op.RENAME, Op.UNLINK, Op.MKDIR, Op.RMDIR, Op.LINK, Op.SYMLINK)


def cut(root: Path, shadow: Path, log: Iterable[Request], draw: random.Random) -> str:
    """Do to a folder what a power cut would have done; what was lost, in a few words."""
    requests = [one for one in log if one.done]
    waiting = _unflushed_names(requests)
    first = draw.choice((0, draw.randint(0, len(waiting)), len(waiting)))
    _lose_bytes(root, requests, draw)
    for request in reversed(waiting[first:]):
        _undo(root, shadow, request)
    return f"{len(waiting) - first} of {len(waiting)} changes of names"


def _makes_name(request: Request) -> bool:
    return request.op in NAMES or (request.op is Op.OPEN and bool(request.flags & MADE))


def _parent(path: str) -> str:
    return str(PurePosixPath(path).parent) if "/" in path else ""


def _unflushed_names(requests: list[Request]) -> list[Request]:
    """The changes of names that are in no flush, in order."""
    waiting: list[Request] = []
    for request in requests:
        if _makes_name(request):
            waiting.append(request)
        elif request.op is Op.FSYNC:
            waiting = [one for one in waiting if not _flushes(request, one)]
    return waiting


def _flushes(flush: Request, change: Request) -> bool:
    """Whether a flush of a file or folder brings a change of names to disk."""
    changed = change.other if change.op is Op.RENAME else change.path
    if _parent(changed) == flush.path:  # of the folder; of a rename into another folder, of the new one
        return True
    made = change.op is Op.MKDIR or change.op is Op.OPEN
    return made and (flush.path == changed or flush.path.startswith(f"{changed}/"))


def _undo(root: Path, shadow: Path, change: Request) -> None:
    path, other, kept = root / change.path, root / change.other, shadow / str(change.number)
    if change.op is Op.RENAME:
        if change.path and other.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(other, path)
        if change.flags & SHADOWED and kept.exists():
            os.link(kept, other)
    elif change.op is Op.UNLINK:
        if change.flags & SHADOWED and kept.exists() and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(kept, path)
    elif change.op is Op.RMDIR:
        path.mkdir(parents=True, exist_ok=True)
    elif change.op is Op.MKDIR:
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _lose_bytes(root: Path, requests: list[Request], draw: random.Random) -> None:
    """Cut or blank what was written to each file since its last flush."""
    flushed: dict[int, int] = {}
    waiting: set[int] = set()
    for request in requests:
        if request.op is Op.FSYNC:
            flushed[request.inode] = request.size
            waiting.discard(request.inode)
        elif request.op in (Op.WRITE, Op.TRUNCATE) or (request.op is Op.OPEN and request.flags & (MADE | EMPTIED)):
            waiting.add(request.inode)
            if request.flags & EMPTIED:
                flushed[request.inode] = 0
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and (inode := path.stat().st_ino) in waiting:
            _lose(path, flushed.get(inode, 0), draw.choice(("cut", "cut", "zeros", "kept")))


def _lose(path: Path, flushed: int, how: str) -> None:
    size = path.stat().st_size
    if how == "kept" or size <= flushed:
        return
    os.truncate(path, flushed)
    if how == "zeros":
        os.truncate(path, size)
