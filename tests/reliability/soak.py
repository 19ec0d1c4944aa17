"""Every suite for its share of the time, one after the other: `python -m reliability.soak --minutes 60`.

`make soak` runs it with SOAK_MINUTES. Each suite ends by itself when its time is up; one that does not is ended, and
counts as failed. What they measure is written to docs/RELIABILITY.md with --record.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from typing import NamedTuple

from conftest import ROOT, SHARED

UNTIL = "SOAK_UNTIL"
"""The variable that says to pytest until when tests marked `soak` may begin (seconds since 1970)."""
GRACE_SECONDS = 300
"""A suite ends at its next trial; a trial takes less than this."""


class Suite(NamedTuple):
    """A suite: its share of the minutes, and its command, in which {minutes} and {data} are filled in."""

    share: float
    command: tuple[str, ...]
    section: str = ""


_KILLS = ("-m", "reliability.kills", "--trials", "1000000", "--minutes", "{minutes}", "--fault")
_ERRORS = ("ENOSPC", "ENOSPC once", "EIO", "EIO once", "EROFS", "EACCES once", "short write")
SUITES = {
    "tests": Suite(0.25, ("-m", "pytest", "-m", "soak", "tests")),
    "kills": Suite(0.2, (*_KILLS, "kill", "power cut"), "kills"),
    "faults": Suite(0.12, (*_KILLS, *_ERRORS), "faults"),
    "outputs": Suite(
        0.1, ("-m", "reliability.damaged_outputs", "--trials", "100000", "--minutes", "{minutes}"), "outputs"
    ),
    "models": Suite(0.1, ("-m", "reliability.damaged_models", "--minutes", "{minutes}"), "models"),
    "fuzzing": Suite(0.05, ("-m", "reliability.fuzzing", "--minutes", "{minutes}"), "fuzzing"),
    "flips": Suite(0.05, ("-m", "reliability.damaged_bytes", "{data}", "--minutes", "{minutes}"), "flips"),
    "builds": Suite(
        0.05, ("-m", "reliability.damaged_builds", "{data}", "--builds", "100000", "--minutes", "{minutes}"), "builds"
    ),
    "stops": Suite(
        0.05, ("-m", "reliability.stopped_builds", "{data}", "--stops", "1000", "--minutes", "{minutes}"), "stops"
    ),
    "ledger": Suite(0.03, ("-m", "reliability.ledger_truth", "{data}"), "ledger"),
}
"""The suites by name; their shares add up to 1."""


def main() -> int:
    parser = argparse.ArgumentParser("python -m reliability.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--suite", nargs="+", default=list(SUITES), choices=list(SUITES))
    parser.add_argument("--record", action="store_true", help="write docs/RELIABILITY.md")
    options = parser.parse_args()
    shares = sum(SUITES[name].share for name in options.suite)
    ended = {
        name: run(SUITES[name], options.minutes * SUITES[name].share / shares, options.record) for name in options.suite
    }
    for name, how in ended.items():
        print(f"{name:<10} {how}")
    return 1 if any(how != "sound" for how in ended.values()) else 0


def run(suite: Suite, minutes: float, record: bool) -> str:
    """Run a suite for some minutes; how it ended: sound, failed, skipped or not in time."""
    if "{data}" in suite.command and not SHARED.is_dir():
        return "skipped: no real dumps (set LLAMA_CORPUS_DATA)"
    words = [word.format(minutes=minutes, data=SHARED) for word in suite.command]
    recording = {"kills": ["--record", suite.section]}.get(words[1].rpartition(".")[2], ["--record"])
    command = [sys.executable, *words, *(recording if record and suite.section else [])]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "pipelines")])
    environment = {**os.environ, "PYTHONPATH": path, UNTIL: str(time.time() + 60 * minutes)}
    print(f"\n$ {' '.join(command[1:])}", flush=True)
    try:
        code = subprocess.run(
            command, cwd=ROOT, env=environment, check=False, timeout=60 * minutes + GRACE_SECONDS
        ).returncode
    except subprocess.TimeoutExpired:
        return f"not in time: {60 * minutes + GRACE_SECONDS:.0f} seconds"
    return {0: "sound", 77: "skipped"}.get(code, f"failed: exit {code}")


if __name__ == "__main__":
    sys.exit(main())
