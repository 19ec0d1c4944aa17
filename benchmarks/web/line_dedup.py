"""Claim: line dedup end to end, WET files in and documents out, at 35 MB of text a CPU second or more, in flat memory.

Text is generated: pages of 160 lines (real ones here have 180), a quarter of them among a thousand that many pages
have, of words and phrases as frequent as by Zipf's law, so that it packs to half, as real pages do. Each size is built
by the command in processes of their own, and the cheapest counts: CPU time and memory are those of that process, on
one worker. Starting up costs the same for any size and is measured by building one page. The floor, reading and
hashing the same text in a bare loop, is measured before every build, as a machine is not equally fast all the time.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import tempfile
from hashlib import sha1
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
import pages as shared
from fastwarc.warc import ArchiveIterator

from pipelines.demo.commoncrawl import record

PAGE_LINES, MENU_LINES = 160, 40
WORDS, WORDS_DRAWN = 50_000, 1 << 19
FILE_BYTES = 20_000_000


def generate(folder: Path, megabytes: float) -> int:
    """Write WET files of about so much text; returns its bytes."""
    dice = np.random.default_rng(1)
    letters = np.array(list("etaoinshrdlucmfwypvbgkqjxz"))
    lengths = np.clip(dice.normal(np.log2(np.arange(WORDS) + 2) / 2 + 1, 1), 2, 14).astype(int)
    words = np.array(["".join(letters[np.minimum(dice.geometric(0.12, n) - 1, 25)]) for n in lengths])
    often = 1 / (np.arange(WORDS) + 2.7)
    drawn = dice.choice(WORDS, 2 * WORDS_DRAWN, p=often / often.sum())
    phrases = np.array([" ".join(words[drawn[at : at + 4]]) for at in range(0, 4 * WORDS, 4)])
    units = np.concatenate([words, phrases])
    drawn[::3] += WORDS
    menu = [" ".join(units[dice.choice(drawn, 4)]) for _ in range(1000)]
    folder.mkdir(parents=True)
    written = number = 0
    while written < megabytes * 1e6:
        with (folder / f"{number:05d}.warc.wet.gz").open("wb") as file:
            size = 0
            while size < FILE_BYTES and written + size < megabytes * 1e6:
                body = [
                    " ".join(line)
                    for line in units[drawn[dice.integers(0, len(drawn), (PAGE_LINES - MENU_LINES, 6))]].tolist()
                ]
                lines = ["Title", *(menu[at] for at in dice.integers(0, 1000, MENU_LINES)), *body]
                text = ("\n".join(lines) + "\n").encode()
                file.write(gzip.compress(record("conversion", f"https://a.example/{number}/{size}", text), 6, mtime=0))
                size += len(text)
        written, number = written + size, number + 1
    return written


def build(dump: Path, output: Path) -> tuple[float, float]:
    """CPU seconds and peak memory in GB of a build up to line_dedup."""
    spent = shared.build_apart([str(dump)], output, "line_dedup")
    return spent.seconds, spent.gigabytes


def floor(dump: Path) -> float:
    """CPU seconds to read with FastWARC and hash every line, in a bare loop."""
    start = process_time()
    for path in sorted(dump.iterdir()):
        with path.open("rb") as file:
            for found in ArchiveIterator(file, parse_http=False):
                for line in found.reader.read().split(b"\n"):
                    sha1(line).digest()
    return process_time() - start


class Cost(NamedTuple):
    """The cost of building `megabytes` of text: CPU seconds after starting up, of the floor, and memory in GB."""

    seconds: float
    floor: float
    megabytes: float
    gigabytes: float

    def __str__(self) -> str:
        speed, bare = self.megabytes / self.seconds, self.megabytes / self.floor
        times = self.seconds / self.floor
        costs = f"{self.megabytes:.0f} MB: {speed:.1f} MB/s, floor {bare:.0f} MB/s, {times:.2f} times its cost"
        return f"{costs}; {self.gigabytes:.2f} GB of memory"


def measure(folder: Path, megabytes: float, rounds: int, start: float) -> Cost:
    """The cheapest of several builds of so much text."""
    dump, output = folder / "dump", folder / "output"
    size = generate(dump, megabytes) / 1e6
    costs = []
    for _ in range(rounds):
        bare = floor(dump)
        seconds, gigabytes = build(dump, output)
        costs.append(Cost(seconds - start, bare, size, gigabytes))
        print(f"  {costs[-1]}", flush=True)
        shutil.rmtree(output)
    shutil.rmtree(dump)
    return min(costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--megabytes", type=float, nargs="+", default=[100, 400], help="sizes of text; 100 10000 for the whole claim"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="builds of each size but the largest, which is built once"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        generate(folder / "one", 0.01)
        start_seconds, start_gb = min(build(folder / "one", folder / f"out-{n}") for n in range(options.rounds))
        print(f"starting up: {start_seconds:.1f} CPU s, {start_gb:.2f} GB")
        costs = []
        for size in options.megabytes:
            rounds = options.rounds if size < max(options.megabytes) else 1
            costs.append(measure(folder, size, rounds, start_seconds))
            print(f"{costs[-1]} (claims: 35 MB/s, 1 GB)", flush=True)
        last, first = costs[-1], costs[0]
        grown = last.seconds / last.megabytes / (first.seconds / first.megabytes)
        print(f"cost a MB, last size against first: {grown:.2f}, ", end="")
        print(f"as multiples of the floor {last.seconds / last.floor / (first.seconds / first.floor):.2f} (claim: 1.2)")


if __name__ == "__main__":
    main()
