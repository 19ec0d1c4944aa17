"""Claim: one Posts.xml, or a .7z of it, keeps two cores busy in 600 MB a worker, and is resumed inside after a stop.

    python benchmarks/stackexchange/huge.py --megabytes 4000
    python benchmarks/stackexchange/huge.py --megabytes 1000 --packings plain bzip2 LZMA2

Posts.xml is generated (posts.py) and packed by 7z, which has to be installed. Each build runs with two workers and a
work folder of its own. Its processes are looked at twice a second: CPU seconds, peak memory (VmHWM), stretches set
apart, parts done, bytes on disk. It is killed (SIGKILL, all of its processes) when half of the stretches are set apart,
and again when half of the parts are done, and built on: what was done before is left alone, which the times of its
files show. Wall and CPU seconds are those of all three runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import posts

from pipelines.sources.stackexchange.source import RECIPE

sys.path.insert(0, str(Path(__file__).parent.parent / "web"))
from two_workers import descendants, look

SECONDS_BETWEEN = 0.5
WORKERS = 2
PACKINGS = {"bzip2": ["-m0=bzip2", "-mx=1"], "LZMA2": ["-m0=lzma2", "-mx=1"]}
STACKOVERFLOW_MB = 100_000


class Look(NamedTuple):
    """A build at one moment: wall and CPU seconds so far, stretches set apart, parts done, bytes in its folder.

    wanting counts the workers that want a core: run, or wait for one or for the disk.
    """

    wall: float
    seconds: float
    stretches: int
    parts: int
    bytes: int
    wanting: int


class Build(NamedTuple):
    """One build as it was looked at; memory is that of its largest worker in MB, launcher that of the launcher."""

    looks: list[Look]
    memory: float
    launcher: float


def peak_mb(process: int) -> float:
    """The most memory that a process has had."""
    try:
        status = Path("/proc", str(process), "status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0.0


def bytes_below(folder: Path) -> int:
    """The room that a folder takes; a file of two names counts once."""
    found = {}
    for path in folder.rglob("*"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found[status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def looked(folder: Path, wall: float, seconds: float, wanting: int) -> Look:
    work = folder / "stackexchange" / ".work"
    stretches = len(list(work.glob("prepared/note*.json")))
    return Look(wall, seconds, stretches, len(list(work.glob("pass-0/done-*.json"))), bytes_below(folder), wanting)


def build(dump: Path, output: Path, stop: Callable[[Look], bool] = lambda look: False) -> Build:
    """Build the dump with two workers; it is killed at the first look that is to stop it."""
    command = [sys.executable, "-m", "pipelines", "build", "stackexchange", "--input", str(dump)]
    command += ["--output", str(output), "--", f"--direct_num_workers={WORKERS}"]
    started, seconds, peaks, looks = time.monotonic(), {}, {}, []
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        while run.poll() is None:
            time.sleep(SECONDS_BETWEEN)
            processes = [run.pid, *descendants(run.pid)]
            wanting = 0
            for process in processes:
                if seen := look(process):
                    wanting += seen.wants and process != run.pid
                    seconds[process] = max(seconds.get(process, 0.0), seen.seconds)
                    peaks[process] = max(peaks.get(process, 0.0), peak_mb(process))
            looks.append(looked(output, time.monotonic() - started, sum(seconds.values()), wanting))
            if stop(looks[-1]):
                for process in processes:
                    os.kill(process, signal.SIGKILL)
    if run.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"the build ended with {run.returncode}")
    return Build(looks, max(peak for process, peak in peaks.items() if process != run.pid), peaks[run.pid])


class Phase(NamedTuple):
    """Some of a build: wall and CPU seconds, and the share of the looks at which both workers wanted a core."""

    name: str
    wall: float
    seconds: float
    both: float


def phases(made: Build) -> list[Phase]:
    """Until the last stretch is set apart, until the last part is done, and the rest."""
    stretches, parts = max(look.stretches for look in made.looks), max(look.parts for look in made.looks)
    cuts = [
        next(at for at, look in enumerate(made.looks) if look.stretches == stretches),
        next(at for at, look in enumerate(made.looks) if look.parts == parts),
        len(made.looks) - 1,
    ]
    names = ("stretches set apart", "threads joined", "ids, last pass, end")
    return [
        _phase(name, made.looks[start : end + 1]) for name, start, end in zip(names, [0, *cuts], cuts, strict=False)
    ]


def _phase(name: str, looks: list[Look]) -> Phase:
    both = sum(look.wanting >= WORKERS for look in looks) / len(looks)
    return Phase(name, looks[-1].wall - looks[0].wall, looks[-1].seconds - looks[0].seconds, both)


def report(name: str, made: Build, megabytes: float) -> None:
    last = made.looks[-1]
    print(f"\n{name}: {last.wall:.0f} s, {last.seconds:.0f} CPU seconds, {last.seconds / last.wall:.2f} cores")
    for phase, wall, seconds, both in phases(made):
        cores = seconds / max(wall, SECONDS_BETWEEN)
        print(f"  {phase:20} {wall:6.0f} s {seconds:6.0f} CPU s {cores:5.2f} cores, both workers want one {both:4.0%}")
    most = max(look.bytes for look in made.looks)
    print(
        f"  peak memory: worker {made.memory:.0f} MB, launcher {made.launcher:.0f} MB; most on disk {most / 1e6:.0f} MB"
    )
    scale = STACKOVERFLOW_MB / megabytes
    print(f"  of stackoverflow.com (100 GB): {last.wall * scale / 3600:.1f} hours with two workers, "
          f"{last.seconds * scale / 3600:.1f} core hours, {most * scale / 1e9:.0f} GB on disk")  # fmt: skip


def files_of(output: Path) -> dict[str, int]:
    """The time of each note and each `done` of the first pass: what is done again gets another."""
    work = output / "stackexchange" / ".work"
    found = [*work.glob("prepared/note*.json"), *work.glob("pass-0/done-*.json")]
    return {path.name: path.stat().st_mtime_ns for path in found}


def stopped_and_resumed(dump: Path, output: Path, count: int) -> Build:
    """Build, killed when half of its stretches are set apart, and when half of its parts are done, to its end."""
    stops: list[Callable[[Look], bool]] = [
        lambda seen: seen.stretches >= count // 2,
        lambda seen: seen.parts >= count // 2,
        lambda seen: False,
    ]
    looks, memory, launcher, before = [Look(0, 0, 0, 0, 0, 0)], 0.0, 0.0, dict[str, int]()
    for stop in stops:
        made = build(dump, output, stop)
        after, last = files_of(output), looks[-1]
        redone = sum(after.get(file, 0) != changed for file, changed in before.items())
        print(
            f"  {made.looks[-1].stretches} of {count} stretches set apart, {made.looks[-1].parts} of {count} parts done"
            f" after {made.looks[-1].wall:.0f} s; of {len(before)} done before {redone} done again",
            flush=True,
        )
        looks += [each._replace(wall=each.wall + last.wall, seconds=each.seconds + last.seconds) for each in made.looks]
        memory, launcher, before = max(memory, made.memory), max(launcher, made.launcher), after
    return Build(looks[1:], memory, launcher)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=4_000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/stackexchange"))
    parser.add_argument("--packings", nargs="*", default=["plain", "LZMA2"], choices=["plain", *PACKINGS])
    parser.add_argument("--no-stop", action="store_true", help="build without being killed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        plain = scratch / "plain" / "large.stackexchange.com" / "Posts.xml"
        plain.parent.mkdir(parents=True)
        posts.write(plain, options.data, options.megabytes * 1_000_000)
        print(f"Posts.xml: {plain.stat().st_size / 1e6:.0f} MB; load of the machine {os.getloadavg()[0]:.1f}")
        for packing in options.packings:
            dump, output = scratch / packing, scratch / "out"
            if packing != "plain":
                dump.mkdir()
                archive = dump / "large.stackexchange.com.7z"
                command = ["7z", "a", *PACKINGS[packing], str(archive), "./Posts.xml"]
                subprocess.run(command, cwd=plain.parent, check=True, stdout=subprocess.DEVNULL)
                print(f"\n{packing}: {archive.stat().st_size / 1e6:.0f} MB packed")
            count = plain.stat().st_size // int(RECIPE["partition_bytes"].value) + 1
            made = build(dump, output) if options.no_stop else stopped_and_resumed(dump, output, count)
            report(packing, made, options.megabytes)
            shutil.rmtree(output)


if __name__ == "__main__":
    main()
