"""Damaged dumps through the real command: each build has to end with exit 0, and a row for what was lost.

PYTHONPATH=.:tests python -m reliability.damaged_builds DATA [--builds 35] [--record]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from corpus.ledger import BYTE, ENTERED, KEPT_ROW, Ledger
from pipelines.engine.streams import READ
from reliability import page
from reliability.damaged_bytes import damage
from reliability.dumps import Dump, dumps

_ALL_MAY_BE_LOST = ("unreadable_share=1", "skipped_share=1")
"""One damaged file of three is more than a build may lose by default; here it is to go on, and to say what is lost."""
_NO_MODELS = ("language_model=", "perplexity_models=", "reference_model=")
_SKIPPED_SOURCES = ("documents-",)


class Build(NamedTuple):
    """What came of a build of a damaged dump: exit code, rows of what could not be read, bytes of the dumps that the
    ledger neither counts as read nor as skipped, and its last words."""

    code: int
    rows: list[str]
    missing: int
    said: str


def built(dump: Dump, others: list[Dump], number: int, folder: Path) -> Build:
    """A build, by the command, of one dump with one bit flipped, and others."""
    for at, other in enumerate(others):
        _write(folder / "input" / f"{at}" / other.file, other.data)
    data, where = damage(dump.data, "flip", number)
    _write(folder / "input" / "damaged" / dump.file, data)
    output = folder / "output"
    words = ["build", dump.source, "--input", str(folder / "input"), "--output", str(output)]
    words += ["--set", *_ALL_MAY_BE_LOST, *(_NO_MODELS if dump.source == "commoncrawl" else ())]
    command = [sys.executable, "-c", "from pipelines.cli import console; console()", *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    said = f"{where}: {ended.stdout[-300:]}{ended.stderr[-300:]}"
    given = sum(path.stat().st_size for path in (folder / "input").rglob("*") if path.is_file())
    for path in output.rglob("ledger.parquet"):
        with path.open("rb") as file:
            ledger = Ledger.from_parquet(file)
        rows = [f"{row.locator}: {row.detail}" for row in ledger.broken if row.stage == READ]
        return Build(ended.returncode, rows, unaccounted(ledger, given), said)
    return Build(ended.returncode, [], given, said)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


def unaccounted(ledger: Ledger, given: int) -> int:
    """The bytes of a dump that a ledger has no word on: of its files, and of what the reader got of them."""
    counts = {(stage, unit): tally for stage, unit, tally in ledger.tallies()}
    files, read = counts["input", BYTE], counts["read", BYTE]
    of = [(given, files[ENTERED]), (files[KEPT_ROW], read[ENTERED])]
    of += [(tally[ENTERED], sum(n for reason, n in tally.items() if reason != ENTERED)) for tally in (files, read)]
    return sum(abs(one - other) for one, other in of)


def companions(dump: Dump, cases: list[Dump]) -> list[Dump]:
    """Two sound dumps of the same source, beside which the damaged one is not all there is."""
    return [other for other in cases if other.source == dump.source and other is not dump][:2]


def chosen(cases: list[Dump], builds: int) -> list[Dump]:
    """So many dumps, of each source as many as of another, its formats in turn."""
    of: dict[str, list[Dump]] = {}
    for dump in cases:
        of.setdefault(dump.source, []).append(dump)
    return [some[turn % len(some)] for turn in range(builds) for some in of.values()][:builds]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real dumps")
    parser.add_argument("--builds", type=int, default=35)
    parser.add_argument("--minutes", type=float, default=1e9, help="no build begins after these")
    parser.add_argument("--record", action="store_true", help="write the page")
    arguments = parser.parse_args()
    cases = [dump for dump in dumps(arguments.data) if not dump.file.startswith(_SKIPPED_SOURCES)]
    until, came = time.monotonic() + 60 * arguments.minutes, dict[str, list[Build]]()
    for number, dump in enumerate(chosen(cases, arguments.builds)):
        if time.monotonic() > until:
            break
        with tempfile.TemporaryDirectory() as folder:
            one = built(dump, companions(dump, cases), number, Path(folder))
        came.setdefault(dump.source, []).append(one)
        said = one.said if one.code else ""
        print(f"{dump.name}: exit {one.code}, {one.missing} bytes missing, {len(one.rows)} rows {said}", flush=True)
    rows = [_row(source, some) for source, some in came.items()]
    everything = _row("all", [one for some in came.values() for one in some])
    if arguments.record:
        command = f"python -m reliability.damaged_builds DATA --builds {arguments.builds}"
        page.record("builds", command, HEAD, [*rows, everything], trials=sum(map(len, came.values())))
    return 1 if everything[2] or everything[4] else 0


HEAD = ("source", "builds", "not ended with exit 0", "rows of what could not be read", "bytes unaccounted for")


def _row(name: str, builds: list[Build]) -> list[object]:
    ended = sum(one.code != 0 for one in builds)
    return [name, len(builds), ended, sum(len(one.rows) for one in builds), sum(one.missing for one in builds)]


if __name__ == "__main__":
    sys.exit(main())
