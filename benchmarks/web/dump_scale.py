"""Claims: line dedup costs the same per MB at 100 MB, 10 GB, one dump of 90,000 WET files and five; it sends at most
14 bytes per line, everything counted, and a worker needs less than 1 GB.

A dump is not built here; the work of one shard and of one bucket of it is, with the dump's own numbers: shards, buckets
(as the planner chooses them) and rows in the bucket. Of a shard all passes up to line dedup are run on generated text,
the dedup of ids before it included; its runs and drop lists are as many and as large as in the dump. The rows of a
bucket are generated to their true number, from all its shards, 30 % of those of lines with copies in other shards, of
those of ids none. Beam's part is its coder's time and bytes for every element that
travels. Each is measured in a process of its own. Costs are compared as multiples of the floor, reading and hashing the
shard's text in a bare loop just before, as a machine is not equally fast all the time; the cheapest round counts.

A bucket of one dump has 270 million rows, of five 1,400 million. Above `--rows` a bucket gets a share of its shards,
and the same share of a worker's memory, so that it is cut as often as the complete one: its time per row counts.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import line_dedup
import numpy as np
import pages
from apache_beam.coders.coders import FastPrimitivesCoder

from corpus.readers.base import InputSplit
from filters.duplicates import DropList, KeyRun
from pipelines.engine import files
from pipelines.engine.dedup.base import Barrier
from pipelines.engine.dedup.decide import DecideKeys
from pipelines.engine.dedup.wire import Sent, load, pack, pack_drops, sent_runs, trim_duplicates, unpack
from pipelines.engine.kept import note_plan
from pipelines.engine.layout import Plan
from pipelines.engine.passes import run_pass
from pipelines.engine.plan import BUILD, plan_build
from pipelines.engine.shards import bucket_bits
from pipelines.sources import find_source

WET_MB, PACKED = 130, 0.5
"""Text of one WET file, and its size packed to this share of it."""
COPIED, COPIES = {"line": 0.3, "document": 0.0}, 10
"""By what a dedup compares, this share of the rows of a bucket has copies; how many copies there are of each."""
NOTED = int(BUILD.duplicate_of_lines.value)  # type: ignore[call-overload]


class Scale(NamedTuple):
    """The size of a dump: shards, and the text of each in MB."""

    name: str
    shards: int
    megabytes: float

    @property
    def bits(self) -> int:
        """2**bits buckets, as the planner chooses them."""
        values = {name: number.value for name, number in BUILD.resolve().items()}
        size = self.megabytes * PACKED * 1e6
        return bucket_bits(self.shards, int(size * self.shards), values)


SCALES = (
    Scale("100 MB", 16, 100 / 16),
    Scale("10 GB", 77, WET_MB),
    Scale("one dump", 90_000, WET_MB),
    Scale("five dumps", 450_000, WET_MB),
)


class Cost(NamedTuple):
    """What one shard, or one bucket, cost.

    seconds are of CPU time, gigabytes the peak of memory; elements and bytes are what it sends, or gets; rows
    those of keys that travel, by dedup: (document or line, their number); lines those of the text. times is seconds as
    a multiple of the floor, where it has one.
    """

    times: float
    seconds: float
    gigabytes: float
    elements: int
    bytes: int
    rows: list[tuple[str, int]]
    lines: int = 0


def plan_of(dump: Path, output: Path, bits: int) -> tuple[Plan, InputSplit]:
    """The plan of a build of a file, with the buckets of a dump, and its one shard."""
    settings = {"part_bytes": str(1 << 40), "shards_least": "1", "shard_bytes": str(1 << 40)}
    planned = plan_build(
        find_source("commoncrawl"), [str(dump)], str(output), "paper", settings, "line_dedup", False, True
    )
    note_plan(planned)
    return replace(planned.plan, bits=bits), planned.shards[0]


def travelled(elements: list[tuple[int, Any]]) -> int:
    """The bytes of elements as Beam's coder writes them; they are read back, too."""
    coder = FastPrimitivesCoder()
    size = 0
    for element in elements:
        data = coder.encode(element)
        coder.decode(data)
        size += len(data)
    return size


def drops_for(runs: list[tuple[int, tuple[int, Sent]]], copied: float) -> list[tuple[int, Sent]]:
    """A drop list from each bucket for the shard whose runs these are: of its rows those with copies."""
    dice = np.random.default_rng(4)
    by_bucket: dict[int, list[np.ndarray]] = {}
    for bucket, (_shard, run) in runs if copied else []:
        positions = unpack(KeyRun, load(run)).positions
        by_bucket.setdefault(bucket, []).append(positions[dice.random(len(positions)) < copied])
    sent = []
    for some in by_bucket.values():
        positions = np.concatenate(some)
        drops = trim_duplicates(DropList(positions, np.zeros_like(positions), positions), NOTED)
        data = pack_drops(drops)
        sent.append((0, ("", 0, len(data), data)))
    return sent


def shard_cost(dump: Path, output: Path, bits: int) -> Cost:
    """All passes over one shard, and the sending of its runs and drop lists."""
    plan, shard = plan_of(dump, output, bits)
    floor = line_dedup.floor(dump)
    spent, elements, size, lines = 0.0, 0, 0, 0
    rows: list[tuple[str, int]] = []
    drops: list[tuple[int, Sent]] = []
    for one in plan.passes:
        start = process_time()
        size += travelled(drops)
        done = run_pass(plan, one.number, shard, [sent for _number, sent in drops])
        runs = [(bucket, (shard.number, run)) for bucket, run in sent_runs(done.runs, True)] if one.collects else []
        size += travelled(runs)
        spent += process_time() - start
        if one.collects:
            unit = one.collects.unit
            drops = drops_for(runs, COPIED[unit])
            rows.append((unit, sum(len(unpack(KeyRun, load(run)).keys) for _bucket, (_number, run) in runs)))
            elements += len(runs) + len(drops)
            lines = (files.read_sealed(plan.pass_file(one.number, "done.json", shard)) or {})["units"]
    return Cost(spent / floor, spent, 0, elements, size, rows, lines)


class Bucket:
    """The runs of one bucket, generated one after another; the time that takes is not the bucket's."""

    def __init__(self, shards: int, rows: float, bits: int, copied: float) -> None:
        self._shards, self._rows, self._bits, self._copied = shards, rows, bits, copied
        self.seconds, self.rows = 0.0, 0

    def __iter__(self) -> Iterator[tuple[int, Sent]]:
        dice = np.random.default_rng(5)
        copied = max(1, int(self._shards * self._rows * self._copied / COPIES))
        for shard in range(self._shards):
            start = process_time()
            rows = int(self._rows + dice.random())
            own = dice.integers(0, 2**64, rows, np.uint64)
            # Of the copied keys number k is k times an odd constant: it need not be kept, and spreads as a hash does.
            shared = dice.integers(1, copied + 1, rows).astype(np.uint64) * np.uint64(0xD1342543DE82EF95)
            keys = np.where(dice.random(rows) < self._copied, shared, own) | np.uint64(1)
            positions = np.cumsum(dice.integers(1, 2 ** (self._bits + 1), rows))
            data = pack(KeyRun(keys, None, positions))
            self.rows += rows
            self.seconds += process_time() - start
            yield shard, ("", 0, len(data), data)


def bucket_cost(unit: str, shards: int, rows: float, bits: int, memory_share: float) -> Cost:
    """The decision on one bucket of ids or lines that gets `rows` rows from each shard."""
    values = {name: number.value for name, number in BUILD.resolve().items()}
    values["bucket_bytes"] = int(int(values["bucket_bytes"]) * memory_share)  # type: ignore[call-overload]
    barrier = Barrier(values, 0, True, tempfile.gettempdir(), "")  # generated keys are in any bucket: no bit is skipped
    runs = Bucket(shards, rows, bits, COPIED[unit])
    start = process_time()
    lists = size = 0
    for _shard, (_path, _offset, length, _data) in DecideKeys(barrier, "none", unit).process((0, runs)):
        lists += 1
        size += length
    return Cost(0, process_time() - start - runs.seconds, 0, lists, size, [(unit, runs.rows)])


def apart(*words: object) -> Cost:
    """One measurement in a process of its own."""
    spent = pages.run_apart([sys.executable, __file__, *map(str, words)])
    return Cost(*json.loads(spent.printed))._replace(gigabytes=spent.gigabytes)


def least(costs: list[Cost]) -> Cost:
    """The least CPU time, and the most memory."""
    return min(costs)._replace(gigabytes=max(cost.gigabytes for cost in costs))


class Decided(NamedTuple):
    """The buckets of one dedup: the cost of one or of a sample of it, its rows, and a shard's rows in all buckets."""

    bucket: Cost
    bucket_rows: float
    shard_rows: int

    @property
    def seconds(self) -> float:
        """CPU seconds in all buckets for the rows of one shard."""
        ((_unit, rows),) = self.bucket.rows
        return self.bucket.seconds / rows * self.shard_rows


class Total(NamedTuple):
    """A dump: CPU ms per MB of text, bytes and elements per line of it, rows per bucket, memory in GB."""

    scale: Scale
    shard: Cost
    decided: list[Decided]

    @property
    def milliseconds(self) -> float:
        """CPU time per MB of text: a shard's own, and what its rows cost the buckets."""
        return 1e3 * (self.shard.seconds + self.deciding) / self.scale.megabytes

    @property
    def deciding(self) -> float:
        """CPU seconds in all buckets of all dedups for the rows of one shard."""
        return sum(one.seconds for one in self.decided)

    @property
    def times(self) -> float:
        """CPU time as a multiple of the floor."""
        return self.shard.times * (1 + self.deciding / self.shard.seconds)

    @property
    def gigabytes(self) -> float:
        """The most memory of any worker."""
        return max(self.shard.gigabytes, *(one.bucket.gigabytes for one in self.decided))

    def __str__(self) -> str:
        scale, shard, lines = self.scale, self.shard, self.decided[-1]
        return (
            f"{scale.name}: {scale.shards:,} shards, {2**scale.bits} buckets of {lines.bucket_rows:,.0f} lines,"
            f" {lines.bucket.rows[0][1]:,} of them decided here: {self.milliseconds:.1f} CPU ms per MB, of it"
            f" {1e3 * self.deciding / scale.megabytes:.1f} deciding, {self.times:.2f} times the floor;"
            f" {shard.bytes / shard.lines:.1f} bytes per line,"
            f" {1e3 * shard.elements / shard.lines:.2f} elements per thousand lines;"
            f" shard {shard.gigabytes:.2f} GB, bucket {lines.bucket.gigabytes:.2f} GB"
        )


def measure(scale: Scale, dumps: dict[float, Path], rounds: int, most_rows: float) -> Total:
    """One size of dump."""
    dump = dumps[scale.megabytes]
    shard = least([apart("shard", dump, scale.bits) for _ in range(rounds)])
    return Total(scale, shard, [decide(scale, unit, rows, rounds, most_rows) for unit, rows in shard.rows])


def decide(scale: Scale, unit: str, shard_rows: int, rounds: int, most_rows: float) -> Decided:
    """One bucket of a dedup, or a sample of it."""
    rows = shard_rows / 2**scale.bits
    share = math.ceil(scale.shards * rows / most_rows)
    shards = max(1, scale.shards // share)
    tries = 1 if shards * rows > 1e7 else rounds
    bucket = least([apart("bucket", unit, shards, rows, scale.bits, 1 / share) for _ in range(tries)])
    return Decided(bucket, scale.shards * rows, shard_rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, the least counts")
    parser.add_argument("--rows", type=float, default=1e8, help="a larger bucket is sampled")
    parser.add_argument("--only", nargs="+", default=[scale.name for scale in SCALES], help="these sizes")
    options = parser.parse_args()
    chosen = [scale for scale in SCALES if scale.name in options.only]
    with tempfile.TemporaryDirectory() as scratch:
        dumps = {size: Path(scratch, f"{size:.0f}") for size in {scale.megabytes for scale in chosen}}
        for size, folder in dumps.items():
            line_dedup.FILE_BYTES = math.ceil(size * 1e6)
            line_dedup.generate(folder, size)
        totals = []
        for scale in chosen:
            totals.append(measure(scale, dumps, options.rounds, options.rows))
            print(totals[-1], flush=True)
    costs = [total.times for total in totals]
    memory = max(total.gigabytes for total in totals)
    sent = max(total.shard.bytes / total.shard.lines for total in totals)
    print(f"CPU per MB, dearest against the smallest dump's: {max(costs) / costs[0]:.2f} (claim: 1.2)")
    print(f"the largest dump's against the cheapest: {costs[-1] / min(costs):.2f}")
    print(f"{sent:.1f} bytes per line (claim: 14), {memory:.2f} GB (claim: 1)")


def child(words: list[str]) -> None:
    """One measurement: `shard DUMP BITS` or `bucket UNIT SHARDS ROWS BITS MEMORY`, after one that loads all code."""
    kind, *rest = words
    if kind == "shard":
        with tempfile.TemporaryDirectory() as scratch:
            line_dedup.generate(Path(scratch, "small"), 0.01)
            shard_cost(Path(scratch, "small"), Path(scratch, "first"), 0)
            cost = shard_cost(Path(rest[0]), Path(scratch, "measured"), int(rest[1]))
    else:
        unit, *numbers = rest
        bucket_cost(unit, 2, 10, 0, 1)
        cost = bucket_cost(unit, int(numbers[0]), float(numbers[1]), int(numbers[2]), float(numbers[3]))
    print(json.dumps(cost))


if __name__ == "__main__":
    if sys.argv[1:2] in (["shard"], ["bucket"]):
        child(sys.argv[1:])
    else:
        main()
