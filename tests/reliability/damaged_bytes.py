"""Every format damaged, bit by bit and sector by sector, and read by its real reader with the engine's books.

    PYTHONPATH=.:tests python -m reliability.damaged_bytes DATA [--flips 1000] [--others 300] [--record]

Of each damage is asked: did reading end; is every byte read or skipped, and every record counted; was a document that
is lost said to be; was a document kept that the sound dump does not hold; how long it took and how much memory.
Each dump is read in a process of its own, so that one that dies of it is seen, and read on after it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import xxhash

from corpus.ledger import BYTE, ENTERED, KEPT_ROW, NOTE, SKIPPED
from corpus.readers.base import InputSplit
from corpus.readers.ranges import ByteTally
from corpus.readers.wikipedia.read import HEAD_LOST
from pipelines.engine.streams import READ, PassLog, read_documents
from reliability.dumps import Dump, dumps, reader_of
from reliability.page import record

KINDS = ("flip", "cut", "zeros", "splice out", "splice in")
SECTOR_BYTES = 512
_ENDS_BYTES = 64


class Reading(NamedTuple):
    """What one reading gave: documents by id and digest, and the books; marked counts those with a note of damage."""

    documents: Counter[tuple[str, str]]
    bytes: ByteTally
    broken: int
    marked: int
    fault: str


class Trial(NamedTuple):
    """What came of one damage: the numbers that must be 0 (but lost), and what it took."""

    kind: str
    where: str
    lost: int = 0
    altered: int = 0
    unsaid: int = 0
    bytes_missing: int = 0
    ended: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0


def damage(data: bytes, kind: str, number: int) -> tuple[bytes, str]:
    """A file after damage of a kind, the same for the same number, and where it was made."""
    draw = random.Random(f"{kind} {number} {len(data)}")
    if kind == "flip":
        ends = [*range(min(len(data), _ENDS_BYTES)), *range(max(0, len(data) - _ENDS_BYTES), len(data))]
        at = draw.choice(ends) if number % 8 == 7 else draw.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :], f"byte {at}"
    if kind == "cut":
        at = draw.randrange(1, len(data))
        return data[:at], f"byte {at}"
    if kind == "zeros":
        at = draw.randrange(len(data)) // SECTOR_BYTES * SECTOR_BYTES
        size = min(len(data) - at, SECTOR_BYTES * draw.choice((1, 8)))
        return data[:at] + bytes(size) + data[at + size :], f"bytes {at}-{at + size}"
    at, size = draw.randrange(len(data)), min(len(data), 1 + draw.randrange(4096))
    if kind == "splice out":
        return data[:at] + data[at + size :], f"bytes {at}-{at + size}"
    start = draw.randrange(len(data))
    return data[:at] + data[start : start + size] + data[at:], f"byte {at}, bytes {start}-{start + size}"


def read(dump: Dump, path: str) -> Reading:
    """A dump as the engine reads it, with the ledger's own checks."""
    reader, values = reader_of(dump)
    log = PassLog(dump.source, 1, 100)
    found: Counter[tuple[str, str]] = Counter()
    for document in read_documents(reader, values, InputSplit(0, 1, path), log):
        whole = repr((document.text, document.payload, sorted(document.meta.items()), sorted(document.scores.items())))
        found[document.id, xxhash.xxh3_64_hexdigest(whole.encode("utf-8", "surrogatepass"))] += 1
    fault = ""
    try:
        log.ledger.check()
    except Exception as error:
        fault = str(error)
    tally = ByteTally(*(log.ledger.count(READ, BYTE, reason) for reason in (ENTERED, KEPT_ROW, SKIPPED)))
    return Reading(found, tally, len(log.ledger.broken), log.ledger.count(READ, NOTE, HEAD_LOST), fault)


def judged(dump: Dump, sound: Reading, path: Path, kind: str, number: int) -> Trial:
    """What comes of one damage. Ids that name a place in the file differ after it, so texts alone are compared too."""
    damaged, where = damage(dump.data, kind, number)
    path.write_bytes(damaged)
    base = _peak_bytes(reset=True)
    start = time.process_time()
    try:
        got = read(dump, str(path))
    except Exception:
        return Trial(kind, where, ended=traceback.format_exc(limit=-3))
    seconds, peak = time.process_time() - start, _peak_bytes() - base
    texts, sound_texts = (Counter(digest for (_, digest), n in one.documents.items() for _ in range(n))
                          for one in (got, sound))  # fmt: skip
    lost, altered = sound_texts - texts, texts - sound_texts
    missing = abs(len(damaged) - got.bytes.entered) + abs(got.bytes.entered - got.bytes.kept - got.bytes.skipped)
    said = got.broken or got.bytes.skipped
    changed = max(0, altered.total() - got.marked)
    unsaid = 0 if said else max(0, lost.total() - (0 if dump.checked else changed))
    return Trial(kind, where, lost.total(), changed, unsaid, missing, got.fault, round(seconds, 3), peak)


def _peak_bytes(reset: bool = False) -> int:
    """The most memory this process has held, since the last reset; 0 where the system does not say."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def in_this_process(dump: Dump, wanted: list[tuple[str, int]]) -> Iterator[Trial]:
    """The trials of one dump, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / dump.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(dump.data)
        sound = read(dump, str(path))
        if sound.fault or not sound.documents:
            raise ValueError(f"{dump.name}: the sound dump gives {len(sound.documents)} documents {sound.fault}")
        if sound.bytes.skipped or sound.bytes.kept != len(dump.data):
            raise ValueError(f"{dump.name}: of the sound dump's {len(dump.data)} bytes are read {sound.bytes}")
        for kind, number in wanted:
            yield judged(dump, sound, path, kind, number)


Job = tuple[Dump, list[tuple[str, int]]]
"""A dump, and the damages asked for."""


def in_a_child(jobs: list[Job]) -> Iterator[tuple[int, Trial]]:
    """The trials of all jobs, with the number of the job, in a child that is started again after one it dies of."""
    command = [sys.executable, "-c", "from reliability.damaged_bytes import child; child()"]
    left = [(number, one) for number, (_, wanted) in enumerate(jobs) for one in wanted]
    while left:
        asked = [(jobs[job][0], [one for of, one in left if of == job]) for job in dict(left)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(pickle.dumps(asked))
            process.stdin.close()
            for line in process.stdout:
                yield left.pop(0)[0], Trial(*json.loads(line))
        if process.returncode == 1:
            raise RuntimeError("the child failed before it read anything: its output says why")
        if left:
            number, one = left.pop(0)
            yield number, Trial(*one, ended=f"the process died: {process.returncode}")


def child() -> None:
    """What a child does: the trials asked for on its input, a line each."""
    for dump, wanted in pickle.load(sys.stdin.buffer):
        for trial in in_this_process(dump, wanted):
            print(json.dumps(trial), flush=True)


class Row(NamedTuple):
    """What came of all damages of one dump."""

    dump: Dump
    trials: list[Trial]

    def faults(self) -> list[Trial]:
        """The trials that no user should meet."""
        return [one for one in self.trials
                if one.ended or one.bytes_missing or (self.dump.checked and (one.altered or one.unsaid))]  # fmt: skip

    def cells(self) -> list[str]:
        """The row of the table."""
        flips = [one.lost for one in self.trials if one.kind == "flip"]
        others = [one.lost for one in self.trials if one.kind != "flip"]
        tallies = [sum(bool(one.ended) for one in self.trials), sum(one.bytes_missing for one in self.trials),
                   sum(one.unsaid for one in self.trials)]  # fmt: skip
        altered = str(sum(one.altered for one in self.trials)) + ("" if self.dump.checked else " (no checksum)")
        return [self.dump.name, self.dump.unit, str(len(self.trials)), _spread(flips), _spread(others),
                *map(str, tallies), altered, f"{max(one.seconds for one in self.trials):.2f}",
                f"{max(one.peak_bytes for one in self.trials) / 1e6:.0f}"]  # fmt: skip


def _spread(numbers: list[int]) -> str:
    return f"{statistics.median(numbers):g}, {max(numbers)}" if numbers else ""


HEAD = ("dump", "unit", "damages", "lost by a flip: median, most", "lost by other damage", "ended", "bytes missing",
        "lost unsaid", "altered and kept", "s", "MB")  # fmt: skip


def summary(rows: list[Row]) -> str:
    """What came of all damages, in a sentence."""
    trials = [trial for row in rows for trial in row.trials]
    flips = sum(trial.kind == "flip" for trial in trials)
    checked = [trial for row in rows for trial in row.trials if row.dump.checked]
    worst, peak = max(trial.seconds for trial in trials), max(trial.peak_bytes for trial in trials)
    return (
        f"{flips} single bits and {len(trials) - flips} cuts, zeroed sectors and splices in {len(rows)} dumps:"
        f" {sum(bool(trial.ended) for trial in trials)} readings ended, {sum(trial.bytes_missing for trial in trials)}"
        f" bytes neither read nor skipped; where every byte lies under a checksum {sum(one.unsaid for one in checked)}"
        f" documents lost unsaid and {sum(one.altered for one in checked)} altered and kept; worst {worst:.2f} s and"
        f" {peak / 1e6:.0f} MB. `unit` is the smallest part that damage can cost; lost are documents per damaged place."
    )


def spread_of(total: int, cases: list[Any]) -> dict[str, int]:
    """How many of a number of damages each dump gets."""
    return {dump.name: total // len(cases) + (at < total % len(cases)) for at, dump in enumerate(cases)}


def wanted_of(flips: int, others: int) -> list[tuple[str, int]]:
    """So many single bits, and damages of the other kinds in turn."""
    return [("flip", number) for number in range(flips)] + [(KINDS[1 + n % 4], n) for n in range(others)]


def in_time(cases: list[Dump], minutes: float) -> Iterator[Row]:
    """Damages of every kind of all dumps, round after round, until the time is up: what came of them, by dump."""
    until, came = time.monotonic() + 60 * minutes, [Row(dump, []) for dump in cases]
    for turn in itertools.count():
        if time.monotonic() > until:
            break
        jobs = [(dump, [(kind, turn) for kind in ("flip", *KINDS)]) for dump in cases]
        for number, trial in in_a_child(jobs):
            came[number].trials.append(trial)
    yield from came


def at_once(cases: list[Dump], flips: int, others: int) -> Iterator[Row]:
    """So many single bits and other damages, spread over all dumps: what came of them, by dump."""
    bits, rest = spread_of(flips, cases), spread_of(others, cases)
    jobs = [(dump, wanted_of(bits[dump.name], rest[dump.name])) for dump in cases]
    for number, found in itertools.groupby(in_a_child(jobs), lambda one: one[0]):
        yield Row(cases[number], [trial for _, trial in found])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real dumps")
    parser.add_argument("--flips", type=int, default=1000, help="single bits, over all dumps")
    parser.add_argument("--others", type=int, default=300, help="cuts, zeroed sectors and splices, over all dumps")
    parser.add_argument("--minutes", type=float, default=0.0, help="for so long, instead of so many")
    parser.add_argument("--only", default="", help="dumps whose name starts like this")
    parser.add_argument("--record", action="store_true", help="write the table to docs/RELIABILITY.md")
    arguments = parser.parse_args()
    cases = [dump for dump in dumps(arguments.data) if dump.name.startswith(arguments.only)]
    faults, rows = 0, []
    timed = arguments.minutes and in_time(cases, arguments.minutes)
    for row in timed or at_once(cases, arguments.flips, arguments.others):
        rows.append(row)
        print("| " + " | ".join(row.cells()) + " |", flush=True)
        for trial in row.faults():
            faults += 1
            print("   ", trial._replace(ended=trial.ended[-300:]), flush=True)
    print(faults, "faults")
    print(summary(rows))
    if arguments.record:
        trials = sum(len(row.trials) for row in rows)
        cells = [row.cells() for row in rows]
        record("flips", "python -m reliability.damaged_bytes DATA", HEAD, cells, summary(rows), trials)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
