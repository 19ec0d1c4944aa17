"""Claim: what `pipelines/engine/scale.py` forecasts of a line dedup is within 20 % of what it takes, at three sizes.

Text is generated (line_dedup.py) and cut into shards by the planner. All passes over all shards up to line dedup and
the decisions on all buckets, of ids and of lines, are run one after another, without a runner, in a process of their
own; what would travel is coded by Beam's coder and counted. The text's own numbers come from the smallest size. CPU
time is forecast for this machine as fast as it is now: by the floor, reading and hashing the same text in a bare loop;
the cheapest of some rounds counts, in multiples of the floor. With --dump the forecast for a dump follows.
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
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.dedup.wire import Sent, sent_runs
from pipelines.engine.kept import note_plan
from pipelines.engine.layout import Pass, Plan
from pipelines.engine.passes import run_pass
from pipelines.engine.plan import BUILD, plan_build
from pipelines.engine.scale import RECIPE, Forecast, Text, forecast
from pipelines.engine.stages import choice
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


class Sending:
    """What travels: each element is coded as Beam does, and read back."""

    def __init__(self) -> None:
        self._coder = FastPrimitivesCoder()
        self.elements = self.bytes = 0

    def send(self, element: Any) -> None:
        data = self._coder.encode(element)
        self._coder.decode(data)
        self.elements, self.bytes = self.elements + 1, self.bytes + len(data)


def decided(plan: Plan, one: Pass, runs: dict[int, list[tuple[int, Sent]]], sending: Sending) -> dict[int, list[Sent]]:
    """The drop lists of all shards, from all buckets of the dedup after a pass."""
    assert isinstance(one.collects, Dedup)
    decide = DecideKeys(plan.barrier(one.number), choice(one.collects.keep, plan.values), one.collects.unit)
    drops: dict[int, list[Sent]] = defaultdict(list)
    for bucket in runs:
        for number, some in decide.process((bucket, runs[bucket])):
            sending.send((number, some))
            drops[number].append(some)
    return drops


def take(dump: Path, output: Path) -> Taken:
    """Run a line dedup without a runner, and count."""
    stages = find_source("commoncrawl")
    planned = plan_build(stages, [str(dump)], str(output), "paper", {}, "line_dedup", False, True)
    note_plan(planned)
    plan, sending = planned.plan, Sending()
    floor = line_dedup.floor(dump)
    spent = work = lines = documents = 0.0
    drops: dict[int, list[Sent]] = defaultdict(list)
    for one in plan.passes:
        if not one.collects:
            work = sum(path.stat().st_size for path in Path(plan.work).rglob("*") if path.is_file())
            work += sum(some[2] for lists in drops.values() for some in lists)
        start = process_time()
        runs: dict[int, list[tuple[int, Sent]]] = defaultdict(list)
        for shard in planned.shards:
            done = run_pass(plan, one.number, shard, drops[shard.number])
            if one.collects:
                places = sent_runs(done.runs, False)
                for (bucket, place), (_bucket, run) in zip(places, sent_runs(done.runs, True), strict=True):
                    sending.send((bucket, (shard.number, run)))
                    runs[bucket].append((shard.number, place))
        drops = decided(plan, one, runs, sending) if one.collects else drops
        spent += process_time() - start
        if one.collects:
            left = [files.read_sealed(plan.pass_file(one.number, "done.json", shard)) or {} for shard in planned.shards]
            lines, documents = (sum(done[name] for done in left) for name in ("units", "documents"))
    counts = (len(planned.shards), int(lines), int(documents))
    return Taken(*counts, floor, sending.elements, sending.bytes, int(work), 0, spent)


def apart(dump: Path, rounds: int) -> Taken:
    """The same in processes of their own, with their memory; the cheapest."""
    taken = []
    for _ in range(rounds):
        spent = pages.run_apart([sys.executable, __file__, "take", str(dump)])
        taken.append(Taken(*json.loads(spent.printed))._replace(memory_mb=spent.gigabytes * 1e3))
    return min(taken, key=lambda one: one.cpu_seconds / one.floor)


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
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each size")
    parser.add_argument("--dump", action="store_true", help="and the forecast for a dump")
    options = parser.parse_args()
    worst, text = 0.0, None
    with tempfile.TemporaryDirectory() as scratch:
        for size in options.megabytes:
            dump = Path(scratch, f"{size:.0f}")
            written = line_dedup.generate(dump, size)
            taken = apart(dump, options.rounds)
            text = text or text_of(taken, written, sum(path.stat().st_size for path in dump.iterdir()))
            speed = taken.floor * 1e9 / written / float(VALUES["floor_ns"])  # type: ignore[arg-type]
            expected = forecast(written, taken.shards, text, VALUES, ids_before=True)
            said, difference = compared(expected._replace(cpu_seconds=expected.cpu_seconds * speed), taken)
            worst = max(worst, difference)
            print(f"{size:.0f} MB, {taken.shards} shards, forecast / measured: {said}", flush=True)
    print(f"largest difference: {worst:.0%} (claim: 20 %)")
    if options.dump and text:
        print("a dump of 90,000 WET files of 130 MB:", forecast(90_000 * 130e6, 90_000, text, VALUES, ids_before=True))


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"]:
        with tempfile.TemporaryDirectory() as work:
            line_dedup.generate(Path(work, "small"), 0.01)
            take(Path(work, "small"), Path(work, "first"))  # loads all code
            print(json.dumps(take(Path(sys.argv[2]), Path(work, "measured"))))
    else:
        main()
