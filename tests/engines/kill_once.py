"""A build whose step kills its own worker: `python -m engines.kill_once FOLDER TIMES OPTION ...`.

It prints how many documents are left. TIMES workers end by SIGKILL in the middle of a pass over the shard of b.txt;
then the work is left in peace. Where FOLDER/raise is, the step raises an error of ours instead; where FOLDER/wait is,
it waits for ten minutes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import toy

from corpus.errors import CorpusError, UsageError
from pipelines.cli import leave
from pipelines.engine.build import build
from pipelines.engine.stages import EachDocument, edit

DUMP = {
    "a": "one line\nshared line\n\nhello there",
    "b": "shared line\nanother\n\nkilled here\n\nhello there\nfine",
    "c": "unique thing\n\ntwice over\n\ntwice over",
}


def source(folder: Path) -> toy.Source:
    """The toy source with a stage that kills; how often stands in a file, as a fingerprint covers what a step holds."""

    def kill(text: str) -> str:
        marks = folder / "marks"
        if "killed here" in text and len(list(marks.iterdir())) < int((folder / "times").read_text()):
            (marks / str(time.time_ns())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if (folder / "wait").exists():
            (marks / "waiting").touch()
            time.sleep(600)
        if (folder / "raise").exists():
            raise UsageError("a text", "another", "toy", "leave it out")
        return text

    return toy.source(toy.CLEAN, EachDocument("kill", edit("kill", kill)), toy.LINES, toy.EXACT)


def main(folder: Path, times: int, options: list[str]) -> int:
    """Build; the exit code."""
    (folder / "marks").mkdir(parents=True, exist_ok=True)
    (folder / "times").write_text(str(times))
    if not (folder / "dump").exists():  # a manifest states when it was written
        toy.write(folder / "dump", **DUMP)
    try:
        dump, output = [str(folder / "dump")], str(folder / "out")
        built = build(source(folder), dump, output, beam_arguments=options)
    except CorpusError as error:
        print(error)
        return 1
    print(built.manifest["documents"])
    return 0


if __name__ == "__main__":
    leave(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
