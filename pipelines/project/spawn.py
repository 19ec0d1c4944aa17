"""A small process that starts commands for a large one, so that the memory of each is its own.

The kernel counts, as a new process's memory, what the process that forked it had. This one is forked before anything
large is imported. Run as a program it reads words of commands, a line of JSON each, and writes what each took.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from subprocess import PIPE
from types import FrameType
from typing import Any, NamedTuple

from pipelines.engine.ended_with import end_with
from pipelines.packages import worker_environment

_KILO = 1024
"""The kernel counts memory in KiB."""


class Ended(NamedTuple):
    """A command that has ended: its exit code, or minus the signal; CPU seconds; memory of its largest process."""

    code: int
    cpu_seconds: float
    memory_bytes: int


class Spawner:
    """Starts commands, one at a time, on this process's terminal."""

    def __init__(self) -> None:
        out = os.dup(1)
        words = [sys.executable, "-m", __name__, str(os.getpid()), str(out)]
        told = {**os.environ, **worker_environment()}
        self._process = subprocess.Popen(words, stdin=PIPE, stdout=PIPE, pass_fds=(out,), env=told)
        os.close(out)

    def run(self, words: Sequence[str]) -> Ended:
        """Run `corpus` with these words to its end; SIGTERM and Ctrl-C are the command's, and end it first.

        Raises:
            RuntimeError: the small process has been killed.
        """
        assert self._process.stdin
        self._process.stdin.write(json.dumps(list(words)).encode() + b"\n")
        self._process.stdin.flush()
        with _passed_on(self._said()["pid"]):
            return Ended(**self._said())

    def _said(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that starts commands was killed")
        return dict(json.loads(line))

    def close(self) -> None:
        """End the small process."""
        self._process.communicate()


@contextmanager
def _passed_on(command: int) -> Iterator[None]:
    """Signals that end this process go to the command, which ends in order; Ctrl-C reaches both from a terminal."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM or not os.isatty(0):
            os.kill(command, number)

    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(parent: int, out: int) -> None:
    """Start a command for each line of standard input.

    Args:
        parent: the process that wants them, and with which they end.
        out: the file descriptor that is their standard output.
    """
    end_with(parent)
    signal.signal(signal.SIGINT, lambda *_: None)  # a handler, since a command would inherit that it is ignored
    for line in sys.stdin.buffer:
        command = [sys.executable, "-m", "pipelines", *json.loads(line)]
        ours = partial(end_with, os.getpid())
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, preexec_fn=ours)
        _say({"pid": process.pid})
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = used.ru_utime + used.ru_stime
        _say(Ended(process.returncode, round(seconds, 2), used.ru_maxrss * _KILO)._asdict())


def _say(fields: dict[str, Any]) -> None:
    os.write(1, json.dumps(fields).encode() + b"\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
