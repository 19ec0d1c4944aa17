"""One writer at a time: a lock file in an output folder, with the name of its owner.

A writer makes `.lock-1a2b3c4d`, then looks for others: of two writers that begin at once each has made its own before
it looks, so at least one sees the other. It is refused by one that holds the folder, and by one whose name comes first;
of others it waits until they have seen that, or hold the folder. So of any number exactly one goes on.

On this machine the kernel says whether an owner still lives (its lock on the file ends with it). Of an owner on another
machine nothing can be asked: it gives a sign every BEAT_SECONDS, and its lock counts until it has given none for
STALE_SECONDS.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import shlex
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import OutputError
from corpus.json_values import json_value
from corpus.storage import LOCAL, LocalStorage, Storage, Stored, refused

PREFIX = ".lock-"
BEAT_SECONDS = 60
STALE_SECONDS = 900
"""A quarter of an hour without a sign: longer than a machine is held up, and less than a person waits."""


LOOK_SECONDS = 0.2
WAIT_SECONDS = 30
"""To write a line to a lock and to list a folder takes no store so long."""


class Owner(NamedTuple):
    """Who writes a folder: machine, process, user, command, when it began (UTC); holds: it has looked for others."""

    host: str
    pid: int
    user: str
    command: str
    started: str
    holds: bool = True

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid}, since {self.started}): {self.command}"


def this_process() -> Owner:
    """The owner that this process is."""
    command = shlex.join([os.path.basename(sys.argv[0] or "python"), *sys.argv[1:]])
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Owner(socket.gethostname(), os.getpid(), _user(), command[:300], started)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())


@contextmanager
def locked(folder: str, storage: Storage = LOCAL) -> Iterator[None]:
    """Be the folder's only writer within the block; what dead writers left of their locks is removed.

    Raises:
        OutputError: another writer is at it; it is named.
    """
    path = f"{folder}/{PREFIX}{uuid.uuid4().hex[:8]}"
    me = this_process()
    with refused(path):
        held = _lock_file(path, _bytes(me._replace(holds=False)), storage)
    with closing(held):
        try:
            _refuse_others(folder, path, storage)
            with refused(path):
                held.hold(_bytes(me))
            with held.beating():
                yield
        finally:
            with suppress(OSError):  # it counts no longer once this process has ended
                storage.remove(path)


def writers(folder: str, storage: Storage = LOCAL) -> list[Owner]:
    """The owners that are writing a folder now."""
    return [_owner(one, storage) for one in _locks(folder, storage) if _lives(one, storage)]


def _locks(folder: str, storage: Storage) -> list[Stored]:
    return storage.matching(folder, f"{PREFIX}*")


def _refuse_others(folder: str, mine: str, storage: Storage) -> None:
    """Return once no other writer is at a folder, if this one is to be it."""
    last = time.monotonic() + WAIT_SECONDS
    while others := list(_others(folder, mine, storage)):
        for one, owner in others:
            if not owner.holds and one.path > mine and time.monotonic() < last:
                continue  # it will see this lock and go, or it has looked already and is about to hold
            do = "wait until it has ended, or end it"
            if not isinstance(storage, LocalStorage) or owner.host != socket.gethostname():
                do += f"; if it died, its lock counts for {STALE_SECONDS // 60} minutes, or until you delete {one.path}"
            raise OutputError("no other writer", str(owner), folder, do)
        time.sleep(LOOK_SECONDS)


def _others(folder: str, mine: str, storage: Storage) -> Iterator[tuple[Stored, Owner]]:
    """The locks of other writers that live; those of dead ones are removed."""
    for one in _locks(folder, storage):
        if one.path == mine:
            continue
        if _lives(one, storage):
            yield one, _owner(one, storage)
        else:
            storage.remove(one.path)


def _bytes(owner: Owner) -> bytes:
    return json.dumps(owner._asdict()).encode()


def _owner(lock: Stored, storage: Storage) -> Owner:
    """Whom a lock names; of one that is being made, or was broken off, unknown."""
    try:
        with storage.open(lock.path) as file:
            return Owner(**json_value(file.read()))
    except (OSError, ValueError, TypeError):
        return Owner("unknown", 0, "unknown", "unknown", "unknown", holds=False)


def _lives(lock: Stored, storage: Storage) -> bool:
    """Whether the owner of a lock may still write."""
    if isinstance(storage, LocalStorage):
        held = _is_held(lock.path)
        if held is not None and (held or _owner(lock, storage).host in (socket.gethostname(), "unknown")):
            return held
    return time.time() - lock.changed < STALE_SECONDS


def _is_held(path: str) -> bool | None:
    """Whether a process of this machine holds a lock file; None where the filesystem does not say."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError:
        return None


class _Held:
    """A lock file of ours: its signs of life, and on this machine the open file that the kernel knows it by."""

    def __init__(self, path: str, mine: bytes, storage: Storage, handle: int) -> None:
        self._path, self._mine, self._storage, self._handle = path, mine, storage, handle

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Give a sign of life now and then until the block ends."""
        ended = threading.Event()
        thread = threading.Thread(target=self._beat, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(BEAT_SECONDS):
            with suppress(OSError):  # a sign that is missed is no reason to stop a build
                self.sign()

    def hold(self, mine: bytes) -> None:
        """Say that this writer has looked for others and goes on."""
        self._mine = mine
        if self._handle < 0:
            self.sign()
            return
        os.pwrite(self._handle, mine, 0)
        os.ftruncate(self._handle, len(mine))

    def sign(self) -> None:
        """Say that this process lives."""
        if self._handle >= 0:
            os.utime(self._path)
        else:
            _write(self._path, self._mine, self._storage)

    def close(self) -> None:
        """Give the lock back to the kernel."""
        if self._handle >= 0:
            os.close(self._handle)


def _lock_file(path: str, mine: bytes, storage: Storage) -> _Held:
    if not isinstance(storage, LocalStorage):
        _write(path, mine, storage)
        return _Held(path, mine, storage, -1)
    storage.make_folder(str(Path(path).parent))
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
    with suppress(OSError):  # a filesystem without locks: the signs of life have to do
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.write(handle, mine)
    return _Held(path, mine, storage, handle)


def _write(path: str, data: bytes, storage: Storage) -> Any:
    with storage.open_new(path) as file:
        file.write(data)
