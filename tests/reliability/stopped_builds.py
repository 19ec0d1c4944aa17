"""Builds that are stopped in the middle, and continued: the same bytes, and no finished shard is done again.

PYTHONPATH=.:tests python -m reliability.stopped_builds DATA [--stops 3] [--record]

A build of real books runs in a process of its own. Once some of its shards are done, a number that is drawn, it gets
Ctrl-C (SIGINT to all its processes, as a terminal sends it), SIGTERM or SIGKILL; then the same command runs again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from content import content_sha256

from reliability import page

WAYS = {"Ctrl-C": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143), "SIGKILL": (signal.SIGKILL, -9)}
"""Signals, each with the exit code that has to follow."""
BOOKS = "gutenberg/[1-3]*.txt.gz"
POLL_SECONDS = 0.02
MOST_SECONDS = 600.0


class Stop(NamedTuple):
    """What came of one stop: shards done by then, by pass; those done again after it; and what was wrong."""

    way: str
    done: int
    again: int
    problems: list[str]


def command(folder: Path) -> list[str]:
    """The build of the books below a folder."""
    words = ["build", "books", "--input", str(folder / "dump"), "--output", str(folder / "out")]
    return [sys.executable, "-c", "from pipelines.cli import console; console()", *words]


def ended(folder: Path) -> subprocess.CompletedProcess[str]:
    """The build, to its end."""
    return subprocess.run(command(folder), env=_environment(folder), capture_output=True, text=True, check=False)


def _environment(folder: Path) -> dict[str, str]:
    (folder / "tmp").mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(folder / "tmp")}


def done_in(folder: Path) -> dict[str, tuple[int, int]]:
    """The notes of shards that are done, by name: inode and time of the last change, which another write changes."""
    found = {}
    for path in (folder / "out" / "books" / ".work").glob("pass-*/done-*.json"):
        status = path.stat()
        found[f"{path.parent.name}/{path.name}"] = (status.st_ino, status.st_mtime_ns)
    return found


def files_in(folder: Path) -> dict[str, str]:
    """The files of the build by digest, but for what it keeps for later builds, and for the time in its report."""
    below = folder / "out"
    names = [path for path in below.rglob("*") if path.is_file() and ".work" not in path.parts]
    return {
        path.relative_to(below).as_posix(): content_sha256(path)
        for path in names
        if path.name not in ("report.html", "manifest.json")
    }


def stopped(folder: Path, way: str, shards: int, truth: dict[str, str]) -> Stop:
    """Stop a build once so many shards are done, in both passes together, and run it again."""
    number, code = WAYS[way]
    with subprocess.Popen(
        command(folder), env=_environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        until = time.monotonic() + MOST_SECONDS
        while len(done_in(folder)) < shards and process.poll() is None and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        (os.killpg if way == "Ctrl-C" else os.kill)(process.pid, number)
        said = process.communicate(timeout=MOST_SECONDS)
    problems = [] if process.returncode == code else [f"exit {process.returncode} instead of {code}: {said[1][-300:]}"]
    problems += ["a traceback"] if "Traceback" in said[1] else []
    before = done_in(folder)
    run = ended(folder)
    problems += [f"continued: exit {run.returncode}: {run.stdout[-300:]}{run.stderr[-300:]}"] if run.returncode else []
    after, made = done_in(folder), files_in(folder)
    problems += [
        f"another file: {name}" for name in sorted(truth.keys() | made.keys()) if truth.get(name) != made.get(name)
    ]
    problems += [
        f"left over: {path.name}"
        for path in (folder / "out").rglob("*")
        if ".lock-" in path.name or path.suffix == ".part"
    ]
    again = sum(after.get(name) != noted for name, noted in before.items())
    return Stop(way, len(before), again, problems)


def main() -> int:
    parser = argparse.ArgumentParser("python -m reliability.stopped_builds", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real dumps")
    parser.add_argument("--stops", type=int, default=3, help="of each way")
    parser.add_argument("--minutes", type=float, default=1e9, help="no build begins after these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="write the page")
    options = parser.parse_args()
    until, draw, came = time.monotonic() + 60 * options.minutes, random.Random(options.seed), list[Stop]()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "dump").mkdir()
        for path in sorted(options.data.glob(BOOKS)):
            shutil.copy(path, folder / "dump")
        if run := ended(folder).returncode:
            sys.exit(f"a build that nothing stops: exit {run}")
        truth, shards = files_in(folder), len(done_in(folder))
        for way in list(WAYS) * options.stops:
            if time.monotonic() > until:
                break
            shutil.rmtree(folder / "out")
            came.append(stopped(folder, way, draw.randrange(1, shards), truth))
            print(*came[-1], flush=True)
    rows = [_row(way, [one for one in came if one.way == way]) for way in WAYS]
    everything = _row("all", came)
    print(*everything)
    if options.record:
        said = (
            f"Of {shards} shards of two passes; other files, other exit codes, tracebacks and leftovers are problems."
        )
        page.record("stops", "python -m reliability.stopped_builds DATA", HEAD, [*rows, everything], said, len(came))
    return 1 if any(one.again or one.problems for one in came) else 0


HEAD = ("stopped by", "builds", "shards done by then", "done again", "problems")


def _row(name: str, stops: list[Stop]) -> list[object]:
    return [
        name, len(stops), sum(one.done for one in stops), sum(one.again for one in stops),
        sum(len(one.problems) for one in stops),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
