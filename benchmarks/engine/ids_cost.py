"""What the stage `ids` costs, which drops documents of an id that a dump has twice: CPU time with and without it.

  python benchmarks/engine/ids_cost.py --data ../shared/data [--rounds 3]

Builds run in this process, one worker, in turn with the stage and without (it is the last, or the others after it are
left out too). Of several rounds the least time of each counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from pipelines.engine.build import build
from pipelines.engine.progress import Progress
from pipelines.sources import find_source


class Subject(NamedTuple):
    """A source's dump, and the stages at which a build ends: the one before `ids`, and `ids`."""

    source: str
    files: str
    before: str


SUBJECTS = (
    Subject("stackexchange", "stackexchange/*.7z", "text"),
    Subject("commoncrawl", "commoncrawl/*.wet.gz", "page"),
    Subject("arxiv", "arxiv/*.tar", "latex"),
    Subject("c4", "c4/*.json.gz", "split"),
)


def seconds(subject: Subject, data: Path, stop_after: str) -> float:
    """CPU seconds of this process for a build up to a stage."""
    inputs = sorted(map(str, data.glob(subject.files)))
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        build(
            find_source(subject.source), inputs, folder, stop_after=stop_after,
            beam_arguments=["--direct_num_workers=1"], progress=Progress(quiet=True),
        )  # fmt: skip
        return time.process_time() - start


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real dumps")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| source | without, CPU s | with, CPU s | cost |\n| --- | --- | --- | --- |")
    for subject in SUBJECTS:
        seconds(subject, options.data, "ids")  # what is loaded once is loaded now
        times = [
            [seconds(subject, options.data, stage) for stage in (subject.before, "ids")]
            for _round in range(options.rounds)
        ]
        without, with_ids = (min(column) for column in zip(*times, strict=True))
        cost = f"{100 * (with_ids / without - 1):+.1f} %"
        print(f"| {subject.source} | {without:.2f} | {with_ids:.2f} | {cost} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
