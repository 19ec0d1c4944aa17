"""A build whose step ends its worker, `python -m killing FOLDER TIMES HOW`, in a process of its own.

A killed worker leaves threads of gRPC behind in the process that started it; one of them crashed a test run later.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import toy

from corpus.errors import CorpusError, UsageError
from pipelines.cli import Terminated, end_on_sigterm, leave
from pipelines.engine.build import build
from pipelines.engine.fork_server import PARENT
from pipelines.engine.stages import EachDocument, edit

TWO = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]


def _siblings() -> list[int]:
    """The other workers of the build: all are forked from one process."""
    with open(f"/proc/{os.getppid()}/task/{os.getppid()}/children") as file:
        return sorted({int(pid) for pid in file.read().split()} - {os.getpid()})


def _build() -> int:
    """The process of the build."""
    return int(os.environ[PARENT])


def _kill_idle() -> None:
    time.sleep(1.0)  # the other one has done its shards by then
    for pid in _siblings():
        os.kill(pid, signal.SIGKILL)
    time.sleep(2.0)


def _refuse() -> None:
    raise UsageError("a build that can be meant", "another")


WAYS: dict[str, Callable[[], object]] = {
    "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "SIGSEGV": lambda: ctypes.string_at(0),
    "SIGTERM": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "exit": lambda: os._exit(3),
    "exit 0": lambda: os._exit(0),
    "idle": _kill_idle,
    "no loss": _refuse,
    "build": lambda: os.kill(_build(), signal.SIGTERM) or time.sleep(60),  # type: ignore[func-returns-value]
    "Ctrl-C": lambda: os.kill(_build(), signal.SIGINT) or time.sleep(60),  # type: ignore[func-returns-value]
    "killed build": lambda: os.kill(_build(), signal.SIGKILL) or time.sleep(60),  # type: ignore[func-returns-value]
}
"""How a worker is ended, by a step of it; or the build itself."""


class Killing:
    """A step that ends its worker on one text, `times` times."""

    def __init__(self, marks: Path, times: int, how: str) -> None:
        self.marks, self.times, self.how = marks, times, how
        self.__name__, self.__qualname__ = "killing", "Killing"

    def __call__(self, text: str) -> str:
        if "second" in text and len(list(self.marks.iterdir())) < self.times:
            (self.marks / str(os.getpid())).touch()
            WAYS[self.how]()
        return text


def main(folder: Path, times: int, how: str) -> int:
    end_on_sigterm()
    marks = folder / "marks"
    marks.mkdir(exist_ok=True)
    dump = toy.write(folder / "dump", a="first one\n\nsecond one", b="third one", c="fourth one")
    from killing import Killing as Step  # as workers import it

    source = toy.source(EachDocument("clean", edit("kill", Step(marks, times, how))), toy.LINES)
    try:
        apart = {"shards_least": "99"}
        built = build(source, [dump], str(folder / "out"), settings=apart, beam_arguments=TWO)
        print(built.manifest["documents"])
    except CorpusError as error:
        print(error)
        return error.exit_code
    except KeyboardInterrupt as stopped:
        return stopped.exit_code if isinstance(stopped, Terminated) else 130
    return 0


if __name__ == "__main__":
    leave(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
