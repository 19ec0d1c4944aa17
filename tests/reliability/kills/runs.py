"""Running a command of `corpus` in a fork of a process that has everything imported already, with faults or without."""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from reliability.kills.control import Control

LIMIT_SECONDS = 120.0
"""A command on these inputs ends within seconds; one that has not by then hangs."""
HOME, TEMPORARY = "home", "tmp"
_SUBREAPER = 36


class Ended(NamedTuple):
    """How a run ended: exit code, or minus the signal; what it printed; whether processes of it were left alive."""

    code: int
    out: str
    err: str
    seconds: float
    hung: bool = False
    survivors: int = 0


class Scene:
    """The folders of all runs: `trial` is where commands run and is watched; what they only read is beside it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.inputs, self.trial, self.shadow = base / "inputs", base / "trial", base / "shadow"
        self._said = base / "said"
        for folder in (self.inputs, self._said):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def control_file(self) -> Path:
        """Where the control file of the next run is made."""
        return self.base / "control"

    def empty(self) -> None:
        """Make the folder `trial` new, with a home and a folder for temporary files."""
        for folder in (self.trial, self.shadow):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        for name in (HOME, TEMPORARY):
            (self.trial / name).mkdir()

    def run(
        self, words: Sequence[str], control: Control | None = None, environment: Sequence[tuple[str, str]] = ()
    ) -> Ended:
        """Run `corpus WORDS` in the folder `trial`, with more variables; {inputs} in them is the folder of inputs."""
        variables = {name: value.format(inputs=self.inputs) for name, value in environment}

        def command() -> int:
            os.environ.update(variables)
            return _corpus(list(words))

        return self.call(command, control)

    def call(self, function: Callable[[], int], control: Control | None = None, limit: float = LIMIT_SECONDS) -> Ended:
        """Run a function in a fork, in the folder `trial`, until it and all processes it started have ended."""
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
        started = time.monotonic()
        child = os.fork()
        if not child:
            self._begin(control)
            _leave(function)
        code, hung = _wait(child, limit)
        seconds = time.monotonic() - started
        # Of a killed build the kernel kills the process that workers are forked from, and with that the workers.
        survivors = _reap(child, grace=0.5 if code < 0 else 2.0)
        out, err = ((self._said / name).read_text("utf-8", "replace") for name in ("out", "err"))
        return Ended(code, out, err, seconds, hung, survivors)

    def _begin(self, control: Control | None) -> None:
        os.setsid()
        os.chdir(self.trial)
        for number, name in ((1, "out"), (2, "err")):
            opened = os.open(self._said / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(opened, number)
            os.close(opened)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        home, temporary = self.trial / HOME, self.trial / TEMPORARY
        os.environ.update(HOME=str(home), TMPDIR=str(temporary), PYTHONDONTWRITEBYTECODE="1", PWD=str(self.trial))
        for name in [name for name in os.environ if name.startswith("XDG_")]:
            del os.environ[name]
        tempfile.tempdir = None
        if control:
            control.begin()


def _corpus(words: list[str]) -> int:
    from pipelines.cli import main

    sys.argv = ["corpus", *words]
    return main(words)


def _leave(function: Callable[[], int]) -> NoReturn:
    from pipelines.cli import leave

    code = 70
    try:
        code = function()
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        leave(code)


def _wait(child: int, limit: float) -> tuple[int, bool]:
    """(exit code or minus signal, whether it had to be ended as it hung)."""
    handle = os.pidfd_open(child)
    try:
        ended, _, _ = select.select([handle], [], [], limit)
    finally:
        os.close(handle)
    if not ended:
        os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), not ended


def _reap(group: int, grace: float) -> int:
    """End what a run left alive; how many processes there were after that many seconds of grace."""
    until = time.monotonic() + grace
    while _children() and time.monotonic() < until:
        _collect()
        time.sleep(0.01)
    survivors = 0
    while children := _children():
        for pid in children:
            survivors += _is_alive(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _collect()
    return survivors


def _children() -> list[int]:
    """All processes below this one; those whose parent died are its children (PR_SET_CHILD_SUBREAPER)."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _collect() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
