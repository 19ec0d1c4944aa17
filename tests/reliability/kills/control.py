"""The library of faults (faults.c): compiled here, and the file through which a run is counted, struck and logged."""

from __future__ import annotations

import ctypes
import enum
import mmap
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("faults.c")
ENVIRONMENT = "FAULTS_CONTROL"


class Op(enum.IntEnum):
    """Kinds of requests, as in faults.c."""

    OPEN = 1
    WRITE = 2
    FSYNC = 3
    RENAME = 4
    UNLINK = 5
    MKDIR = 6
    RMDIR = 7
    LINK = 8
    SYMLINK = 9
    TRUNCATE = 10
    CLOSE = 11
    READ = 12


CHANGES = sum(1 << op for op in Op if op is not Op.READ)
READS = 1 << Op.READ


class Action(enum.IntEnum):
    """What happens at a request, as in faults.c."""

    NOTHING = 0
    KILL_ALL = 1
    KILL_ONE = 2
    FAIL_ONCE = 3
    FAIL_ON = 4
    SHORT_WRITE = 5
    SEGV_ONE = 6
    EXIT_ONE = 7


MADE, EMPTIED, SHADOWED = 1, 2, 4
_PATH_BYTES, _ROOT_BYTES, _ENTRIES = 320, 1024, 65536


class _Entry(ctypes.Structure):
    _fields_ = (
        ("number", ctypes.c_uint64), ("inode", ctypes.c_uint64), ("size", ctypes.c_uint64), ("op", ctypes.c_uint32),
        ("pid", ctypes.c_uint32), ("done", ctypes.c_uint32), ("flags", ctypes.c_uint32),
        ("path", ctypes.c_char * _PATH_BYTES), ("other", ctypes.c_char * _PATH_BYTES),
    )  # fmt: skip


class _Control(ctypes.Structure):
    _fields_ = (
        ("requests", ctypes.c_uint64), ("at", ctypes.c_uint64), ("action", ctypes.c_uint32), ("error", ctypes.c_uint32),
        ("counted", ctypes.c_uint32), ("struck", ctypes.c_uint32), ("group", ctypes.c_int32),
        ("unused", ctypes.c_int32), ("root", ctypes.c_char * _ROOT_BYTES), ("shadow", ctypes.c_char * _ROOT_BYTES),
        ("log", _Entry * _ENTRIES),
    )  # fmt: skip


class Request(NamedTuple):
    """A request of a run: paths are below the folder that was watched; other is the new name, or what was linked."""

    number: int
    op: Op
    path: str
    other: str
    inode: int
    size: int
    done: bool
    flags: int

    def __str__(self) -> str:
        return f"{self.op.name.lower()} {self.path}{' -> ' + self.other if self.other else ''}"


class Control:
    """A control file: made new for each run.

    Args:
        path: where it is made.
        root: the folder that is watched.
        shadow: a folder of the same filesystem, for files that lose their names.
        at: the request at which something happens, from 1; 0 for never.
        action: what happens then.
        error: the error number of a request that fails.
        counted: bits of the kinds of requests that are counted.
    """

    def __init__(
        self, path: Path, root: Path, shadow: Path | None = None, at: int = 0, action: Action = Action.NOTHING,
        error: int = 0, counted: int = CHANGES,
    ) -> None:  # fmt: skip
        self.path = path
        path.unlink(missing_ok=True)
        with path.open("wb") as file:
            file.truncate(ctypes.sizeof(_Control))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._control = _Control.from_buffer(self._map)
        self._control.root = os.fsencode(root)
        self._control.shadow = os.fsencode(shadow) if shadow else b""
        self._control.at, self._control.action, self._control.error = at, action, error
        self._control.counted = counted

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return int(self._control.requests)

    @property
    def struck(self) -> int:
        """How often it has happened."""
        return int(self._control.struck)

    def begin(self) -> None:
        """Count the requests of this process, which was started with the library, and of those it starts."""
        self._control.group = os.getpgrp()
        os.environ[ENVIRONMENT] = str(self.path)
        if ctypes.CDLL(None).faults_begin(os.fsencode(self.path)):
            raise OSError(f"the library of faults does not find {self.path}")

    def log(self) -> Iterator[Request]:
        """The requests of a run, in order."""
        if self.requests > _ENTRIES:
            raise ValueError(f"{self.requests} requests, and a log of {_ENTRIES}")
        for number in range(1, self.requests + 1):
            one = self._control.log[number - 1]
            if one.number:  # else it was struck before it was noted
                names = (os.fsdecode(one.path), os.fsdecode(one.other))
                yield Request(number, Op(one.op), *names, one.inode, one.size, bool(one.done), one.flags)


def compiler() -> str | None:
    """A C compiler of this machine, if there is one."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def compiled(folder: Path) -> Path:
    """The library, compiled into a folder."""
    path, command = folder / "faults.so", compiler()
    if command is None:
        raise FileNotFoundError("no C compiler (cc, gcc, clang), which the library of faults needs")
    options = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([command, *options, "-o", str(path), str(SOURCE), "-ldl"], check=True)
    return path
