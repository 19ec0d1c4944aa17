"""A build whose step kills its worker on one text: `python -m killing FOLDER TIMES`, in a process of its own.

A killed worker leaves threads of gRPC behind in the process that started it; one of them crashed a test run later.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import toy

from corpus.errors import CorpusError
from pipelines.cli import leave
from pipelines.engine.build import build
from pipelines.engine.stages import EachDocument, edit

TWO = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]


class Killing:
    """A step that kills its worker on one text, as many times as it is told to."""

    def __init__(self, marks: Path, times: int) -> None:
        self.marks, self.times, self.__name__, self.__qualname__ = marks, times, "killing", "Killing"

    def __call__(self, text: str) -> str:
        if "second" in text and len(list(self.marks.iterdir())) < self.times:
            (self.marks / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return text


def main(folder: Path, times: int) -> int:
    marks = folder / "marks"
    marks.mkdir()
    dump = toy.write(folder / "dump", a="first one\n\nsecond one", b="third one", c="fourth one")
    from killing import Killing as Step  # as workers import it

    source = toy.source(EachDocument("clean", edit("kill", Step(marks, times))))
    try:
        print(build(source, [dump], str(folder / "out"), beam_arguments=TWO).manifest["documents"])
    except CorpusError as error:
        print(error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    leave(main(Path(sys.argv[1]), int(sys.argv[2])))
