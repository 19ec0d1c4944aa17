"""Claim: what `pipelines/engine/scale.py` forecasts of a line dedup is within 20 % of what it takes, at three sizes.

Text is generated (line_dedup.py) and cut into shards by the planner. All passes over all shards and the decision on all
buckets are run one after another, without a runner, in a process of their own; what would travel is coded by Beam's
coder and counted. The text's own numbers come from the smallest size. CPU time is forecast for this machine as fast as
it is now: by the floor, reading and hashing the same text in a bare loop. With --dump the forecast for a dump follows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import line_dedup
import pages
from apache_beam.coders.coders import FastPrimitivesCoder

from pipelines.engine import files
from pipelines.engine.dedup.decide import DecideKeys
from pipelines.engine.dedup.wire import Sent, sent_runs
from pipelines.engine.passes import run_pass
from pipelines.engine.plan import BUILD, plan_build
from pipelines.engine.scale import RECIPE, Forecast, Text, forecast
from pipelines.sources import find_source

VALUES = {name: number.value for name, number in (BUILD.resolve() | RECIPE.resolve()).items()}
COMPARED = ("elements", "sent_bytes", "work_bytes", "memory_mb", "cpu_seconds")


class Taken(NamedTuple):
    """What a dedup took: shards, lines and documents of its text, its floor in seconds, and what `Forecast` names."""

    shards: int
    lines: int
    documents: int
    floor: float
    elements: int
    sent_bytes: int
    work_bytes: int
    memory_mb: float
    cpu_seconds: float


def take(dump: Path, output: Path) -> Taken:
    """Run a line dedup without a runner, and count."""
    stages = find_source("commoncrawl")
    planned = plan_build(stages, [str(dump)], str(output), "paper", {}, "line_dedup", False, True)
    plan, coder = planned.plan, FastPrimitivesCoder()
    floor = line_dedup.floor(dump)
    start = process_time()
    runs: dict[int, list[tuple[int, Sent]]] = defaultdict(list)
    drops: dict[int, list[Sent]] = defaultdict(list)
    elements = sent_bytes = 0

    def sent(element: Any) -> None:
        nonlocal elements, sent_bytes
        data = coder.encode(element)
        coder.decode(data)
        elements, sent_bytes = elements + 1, sent_bytes + len(data)

    for shard in planned.shards:
        done = run_pass(plan, 0, shard)
        places = sent_runs(done.runs, False)
        for (bucket, place), (_bucket, run) in zip(places, sent_runs(done.runs, True), strict=True):
            sent((bucket, (shard.number, run)))
            runs[bucket].append((shard.number, place))
    decide = DecideKeys(plan.barrier(0), "none", "line")
    for bucket in runs:
        for number, some in decide.process((bucket, runs[bucket])):
            sent((number, some))
            drops[number].append(some)
    spent = process_time() - start
    work = sum(path.stat().st_size for path in Path(plan.work).rglob("*") if path.is_file())
    work += sum(some[2] for lists in drops.values() for some in lists)
    start = process_time()
    for shard in planned.shards:
        run_pass(plan, 1, shard, drops[shard.number])
    spent += process_time() - start
    done_files = [files.read_sealed(plan.pass_file(0, "done.json", shard)) or {} for shard in planned.shards]
    lines, documents = (sum(done[name] for done in done_files) for name in ("units", "documents"))
    return Taken(len(planned.shards), lines, documents, floor, elements, sent_bytes, work, 0, spent)


def apart(dump: Path) -> Taken:
    """The same in a process of its own, with its memory."""
    spent = pages.run_apart([sys.executable, __file__, "take", str(dump)])
    return Taken(*json.loads(spent.printed))._replace(memory_mb=spent.gigabytes * 1e3)


def text_of(taken: Taken, size: int, packed_bytes: int) -> Text:
    """The numbers of the generated text, from one dump of it."""
    hot = line_dedup.MENU_LINES / (taken.lines / taken.documents)
    return Text(size / taken.lines, taken.lines / taken.documents, packed_bytes / size, hot=hot)


def compared(expected: Forecast, taken: Taken) -> tuple[str, float]:
    """Forecast and measurement beside each other, and the largest difference as a share."""
    words, worst = [], 0.0
    for name in COMPARED:
        there, here = getattr(expected, name), getattr(taken, name)
        worst = max(worst, abs(there / here - 1))
        words.append(f"{name} {there:,.1f} / {here:,.1f} ({there / here - 1:+.0%})")
    return ", ".join(words), worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, nargs=3, default=[30, 100, 300], help="three sizes of text")
    parser.add_argument("--dump", action="store_true", help="and the forecast for a dump")
    options = parser.parse_args()
    worst, text = 0.0, None
    with tempfile.TemporaryDirectory() as scratch:
        for size in options.megabytes:
            dump = Path(scratch, f"{size:.0f}")
            written = line_dedup.generate(dump, size)
            taken = apart(dump)
            text = text or text_of(taken, written, sum(path.stat().st_size for path in dump.iterdir()))
            speed = taken.floor * 1e9 / written / float(VALUES["floor_ns"])  # type: ignore[arg-type]
            expected = forecast(written, taken.shards, text, VALUES)
            said, difference = compared(expected._replace(cpu_seconds=expected.cpu_seconds * speed), taken)
            worst = max(worst, difference)
            print(f"{size:.0f} MB, {taken.shards} shards, forecast / measured: {said}", flush=True)
    print(f"largest difference: {worst:.0%} (claim: 20 %)")
    if options.dump and text:
        print("a dump of 90,000 WET files of 130 MB:", forecast(90_000 * 130e6, 90_000, text, VALUES))


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"]:
        with tempfile.TemporaryDirectory() as work:
            line_dedup.generate(Path(work, "small"), 0.01)
            take(Path(work, "small"), Path(work, "first"))  # loads all code
            print(json.dumps(take(Path(sys.argv[2]), Path(work, "measured"))))
    else:
        main()
