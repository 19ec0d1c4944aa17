"""Claim: line dedup end to end, WET files in and documents out, at 35 MB of text a CPU second or more, in flat memory.

Text is generated: pages of 160 lines (real ones here have 180), a quarter of them among a thousand that many pages
have. Each size is built by the command in a process of its own; CPU time and
memory are those of that process, on one worker. Starting up costs the same for any size and is measured by building
one page. The floor, reading and hashing the same text in a bare loop, is measured beside it.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
from hashlib import sha1
from pathlib import Path
from time import process_time

import numpy as np
from fastwarc.warc import ArchiveIterator

from corpus.demo.commoncrawl import record

PAGE_LINES, MENU_LINES = 160, 40
FILE_BYTES = 20_000_000


def generate(folder: Path, megabytes: float) -> int:
    """Write WET files of about so much text; returns its bytes."""
    dice = np.random.default_rng(1)
    words = np.array(["".join(chr(97 + c) for c in dice.integers(0, 26, n)) for n in dice.integers(2, 11, 50_000)])
    menu = [" ".join(dice.choice(words, 6)) for _ in range(1000)]
    folder.mkdir(parents=True)
    written = number = 0
    while written < megabytes * 1e6:
        with (folder / f"{number:05d}.warc.wet.gz").open("wb") as file:
            size = 0
            while size < FILE_BYTES and written + size < megabytes * 1e6:
                body = [" ".join(line) for line in dice.choice(words, (PAGE_LINES - MENU_LINES, 10)).tolist()]
                lines = ["Title", *(menu[at] for at in dice.integers(0, 1000, MENU_LINES)), *body]
                text = ("\n".join(lines) + "\n").encode()
                file.write(gzip.compress(record("conversion", f"https://a.example/{number}/{size}", text), 1, mtime=0))
                size += len(text)
        written, number = written + size, number + 1
    return written


def build(dump: Path, output: Path) -> tuple[float, float]:
    """CPU seconds and peak memory in GB of a build up to line_dedup."""
    command = [
        sys.executable, "-m", "pipelines", "build", "commoncrawl", "--input", str(dump), "--output", str(output),
        "--stop-after", "line_dedup", "--", "--direct_num_workers=1",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the build ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def floor(dump: Path) -> float:
    """CPU seconds to read with FastWARC and hash every line, in a bare loop."""
    start = process_time()
    for path in sorted(dump.iterdir()):
        with path.open("rb") as file:
            for found in ArchiveIterator(file, parse_http=False):
                for line in found.reader.read().split(b"\n"):
                    sha1(line).digest()
    return process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--megabytes", type=float, nargs="+", default=[50, 200], help="sizes of text; 100 10000 for all"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch) / "one", 0.01)
        start_seconds, start_gb = build(Path(scratch) / "one", Path(scratch) / "out-one")
        print(f"starting up: {start_seconds:.1f} CPU s, {start_gb:.2f} GB")
        costs = []
        for size in options.megabytes:
            dump = Path(scratch) / f"dump-{size}"
            megabytes = generate(dump, size) / 1e6
            seconds, gigabytes = build(dump, Path(scratch) / f"out-{size}")
            costs.append((seconds - start_seconds) / megabytes)
            print(f"floor {megabytes / floor(dump):.0f} MB/s; ", end="")
            print(
                f"{megabytes:.0f} MB: {1 / costs[-1]:.1f} MB/s after starting, {megabytes / seconds:.1f} with it; "
                f"{gigabytes:.2f} GB (claims: 35 MB/s, 1 GB)"
            )
        print(f"cost a MB, largest against smallest size: {costs[-1] / costs[0]:.2f} (claim: within 1.2)")


if __name__ == "__main__":
    main()
