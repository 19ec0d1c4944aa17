"""Claim: on two quiet cores two workers build 1 GB of text to line dedup at least 1.75 times as fast as one, wall time.

With --chain the same of the whole chain, on copies of the real pages: each file has all of them, and lines are compared
within a file, so that copies are no duplicates; models are trained on half of the texts.

The same dump is built with one worker, with two, and by two builds of half the dump each that know nothing of each
other, in turns, each in processes of its own; ratios are those of all rounds together. One worker alone works inside
the launcher. The two builds of halves say what the machine's second core is worth at the time: a core of a virtual
machine is worth more or less with what its neighbours do.

With --watch, processes are looked at five times a second: how many of the workers want a core (run, or wait for one or
for the disk), and whether the launcher does. While fewer than two do, something serialises: the start, the barrier of a
dedup, the end. These shares hold on a busy machine, too; the wall time does not, and looking takes time from the two.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import ccnet
import line_dedup
import pages as shared

SECONDS_BETWEEN = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


class Seen(NamedTuple):
    """One process at one moment: whether any of its threads wants a core, and its CPU seconds so far."""

    wants: bool
    seconds: float


def look(process: int) -> Seen | None:
    """A process as the kernel describes it; None once it has ended."""
    try:
        states = [_fields(path)[0] for path in Path("/proc", str(process), "task").glob("*/stat")]
        fields = _fields(Path("/proc", str(process), "stat"))
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Seen(any(state in "RD" for state in states), (int(fields[11]) + int(fields[12])) / TICKS)


def _fields(path: Path) -> list[str]:
    """The fields of a stat file after the name, which may hold anything: state, ..., utime is 11, stime 12."""
    return path.read_text().rpartition(")")[2].split()


def descendants(process: int) -> list[int]:
    """The processes that any thread of a process started, and those that these started."""
    started: list[int] = []
    for path in Path("/proc", str(process), "task").glob("*/children"):
        try:
            started += map(int, path.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [each for child in started for each in (child, *descendants(child))]


class Build(NamedTuple):
    """One build: wall seconds, CPU seconds of launcher and workers, and how often how many workers wanted a core.

    wanting counts the looks by (workers that want a core, whether the launcher does).
    """

    wall: float
    launcher: float
    workers: float
    wanting: Counter[tuple[int, bool]]

    def share(self, workers: int) -> float:
        """The share of the time in which this many workers, or more, wanted a core."""
        return sum(n for (count, _launcher), n in self.wanting.items() if count >= workers) / self.wanting.total()

    def __str__(self) -> str:
        if not self.wanting:
            return f"{self.wall:.1f} s"
        alone = sum(n for (count, launcher), n in self.wanting.items() if launcher and not count) / self.wanting.total()
        return (
            f"{self.wall:.1f} s; CPU: launcher {self.launcher:.1f} s, workers {self.workers:.1f} s;"
            f" two workers want a core for {self.share(2):.0%} of the time, one or more for {self.share(1):.0%},"
            f" the launcher alone for {alone:.0%}"
        )


def real_dump(folder: Path, data: Path, megabytes: float) -> list[str]:
    """Write WET files of the real pages, of about so much text, and models; the words of a build of all stages."""
    pages = shared.pages(data)
    size = sum(len(page.text.encode("utf-8", "replace")) for page in pages)
    folder.mkdir()
    for number in range(round(megabytes * 1e6 / size)):
        records = [ccnet.record(page, f"{number}/{at}") for at, page in enumerate(pages)]
        packed = b"".join(gzip.compress(record, 6, mtime=0) for record in records)
        (folder / ccnet.FILE.format(number)).write_bytes(packed)
    models = folder.with_name("models")
    models.mkdir()
    shared.language_model([page.text for page in pages[::2]], models)
    shared.classifier([page.text for page in pages[::2]], models)
    settings = f"perplexity_models={models / 'lm'} reference_model={models / 'reference.bin'}"
    return ["--set", *settings.split(), "dedup_scope=shard", "shards_least=100000"]


def build(dump: Path, output: Path, workers: int, words: list[str], watch: bool) -> Build:
    """Build with the command."""
    words = ["build", "commoncrawl", "--input", str(dump), "--output", str(output), *words]
    command = [sys.executable, "-m", "pipelines", *words, "--", f"--direct_num_workers={workers}"]
    start = time.monotonic()
    launcher = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wanting: Counter[tuple[int, bool]] = Counter()
    spent: dict[int, float] = {}
    while watch and launcher.poll() is None:
        seen = {process: look(process) for process in (launcher.pid, *descendants(launcher.pid))}
        spent |= {process: found.seconds for process, found in seen.items() if found}
        own = seen.pop(launcher.pid)
        wanting[sum(found is not None and found.wants for found in seen.values()), own is not None and own.wants] += 1
        time.sleep(SECONDS_BETWEEN)
    if launcher.wait():
        raise SystemExit(f"the build ended with {launcher.returncode}")
    wall = time.monotonic() - start
    shutil.rmtree(output)
    return Build(wall, spent.pop(launcher.pid, 0.0), sum(spent.values()), wanting)


def cut_in_two(dump: Path) -> list[Path]:
    """Two folders with every other file of a dump each."""
    halves = [dump.with_name(f"half{number}") for number in (0, 1)]
    for half in halves:
        half.mkdir()
    for number, file in enumerate(sorted(dump.iterdir())):
        os.link(file, halves[number % 2] / file.name)
    return halves


def both(halves: list[Path], output: Path, words: list[str]) -> float:
    """Wall seconds until both halves are built, at the same time, with one worker each."""
    start = time.monotonic()
    with ThreadPoolExecutor(len(halves)) as pool:
        list(pool.map(lambda half: build(half, output / half.name, 1, words, False), halves))
    wall = time.monotonic() - start
    print(f"two builds of halves: {wall:.1f} s", flush=True)
    return wall


def main() -> None:
    parser = shared.arguments(__doc__ or "")
    parser.add_argument("--megabytes", type=float, default=1000, help="size of text")
    parser.add_argument("--rounds", type=int, default=2, help="builds with one worker, and with two")
    parser.add_argument("--chain", action="store_true", help="all stages, on real pages")
    parser.add_argument("--watch", action="store_true", help="say when workers and launcher want a core")
    options = parser.parse_args()
    taken = {"one worker": 0.0, "two workers": 0.0, "two builds of halves": 0.0}
    with tempfile.TemporaryDirectory() as scratch:
        dump, output = Path(scratch, "dump"), Path(scratch, "output")
        words = ["--stop-after", "line_dedup"]
        if options.chain:
            words = real_dump(dump, options.data, options.megabytes)
        else:
            line_dedup.generate(dump, options.megabytes)
        halves = cut_in_two(dump)
        for _ in range(options.rounds):
            for name, workers in (("one worker", 1), ("two workers", 2)):
                built = build(dump, output, workers, words, options.watch)
                print(f"{name}: {built}", flush=True)
                taken[name] += built.wall
            taken["two builds of halves"] += both(halves, output, words)
    one, two, apart = taken.values()
    print(f"two builds of halves, beside each other: {one / apart:.2f} times as fast as one worker")
    print(f"two workers: {one / two:.2f} times as fast as one (claim: 1.75); {apart / two:.2f} of two builds of halves")


if __name__ == "__main__":
    main()
