"""What the stage `ids` costs, which drops documents of an id that a dump has twice: CPU time with and without it.

  python benchmarks/engine/ids_cost.py --data ../shared/data [--copies 30] [--rounds 3]

Real dumps of the web, copied some times with other addresses, as a stage costs a tenth of a second whatever the dump.
Builds run in this process, one worker, in turn with the stage and without (it is the last, or the others after it are
left out too). Of several rounds the least time of each counts.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from pipelines.engine.build import build
from pipelines.sources import find_source


class Subject(NamedTuple):
    """A source's dump; the bytes before an address, which make it another; the stage before `ids`."""

    source: str
    files: str
    address: bytes
    before: str


SUBJECTS = (
    Subject("commoncrawl", "commoncrawl/*.wet.gz", b"WARC-Target-URI: http", "page"),
    Subject("c4", "c4/*.json.gz", b'"url":"http', "split"),
)


def copied(subject: Subject, data: Path, copies: int, folder: Path) -> list[str]:
    """The dump so many times, every copy with addresses of its own; WARC's lengths do not count their header."""
    for path in sorted(data.glob(subject.files)):
        sound = gzip.decompress(path.read_bytes())
        for number in range(copies):
            mine = sound.replace(subject.address, subject.address[:-4] + b"http://copy-%d.example/" % number)
            (folder / f"{number:03d}-{path.name}").write_bytes(gzip.compress(mine, 1, mtime=0))
    return sorted(map(str, folder.iterdir()))


def seconds(subject: Subject, inputs: list[str], stop_after: str) -> float:
    """CPU seconds of this process for a build up to a stage."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        build(
            find_source(subject.source), inputs, folder, stop_after=stop_after,
            beam_arguments=["--direct_num_workers=1"],
        )  # fmt: skip
        return time.process_time() - start


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real dumps")
    parser.add_argument("--copies", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| source | without, CPU s | with, CPU s | cost |\n| --- | --- | --- | --- |")
    for subject in SUBJECTS:
        with tempfile.TemporaryDirectory() as folder:
            inputs = copied(subject, options.data, options.copies, Path(folder))
            seconds(subject, inputs[:1], "ids")  # what is loaded once is loaded now
            stages = (subject.before, "ids")
            times = [[seconds(subject, inputs, stage) for stage in stages] for _round in range(options.rounds)]
        without, with_ids = (min(column) for column in zip(*times, strict=True))
        cost = f"{100 * (with_ids / without - 1):+.1f} %"
        print(f"| {subject.source} | {without:.2f} | {with_ids:.2f} | {cost} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
