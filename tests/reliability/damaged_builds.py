"""Damaged dumps through the real command: each build has to end with exit 0, and a row for what was lost.

PYTHONPATH=.:tests python -m reliability.damaged_builds DATA [--builds 30]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from corpus.ledger import Ledger
from pipelines.engine.streams import READ
from reliability.damaged_bytes import damage
from reliability.dumps import Dump, dumps

_NO_MODELS = ("--set", "language_model=", "perplexity_models=", "reference_model=")
_SKIPPED_SOURCES = ("documents-",)


def built(dump: Dump, others: list[Dump], number: int, folder: Path) -> tuple[int, list[str], str]:
    """Exit code, rows of the ledger on what could not be read, and output of a build of one damaged dump and others."""
    for at, other in enumerate(others):
        place = folder / "input" / f"{at}" / other.file
        place.parent.mkdir(parents=True)
        place.write_bytes(other.data)
    place = folder / "input" / "damaged" / dump.file
    place.parent.mkdir(parents=True)
    data, where = damage(dump.data, "flip", number)
    place.write_bytes(data)
    output = folder / "output"
    words = ["build", dump.source, "--input", str(folder / "input"), "--output", str(output)]
    words += _NO_MODELS if dump.source == "commoncrawl" else ()
    command = [sys.executable, "-c", "from pipelines.cli import console; console()", *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    ledgers = list(output.rglob("ledger.parquet"))
    rows: list[str] = []
    if ledgers:
        with ledgers[0].open("rb") as file:
            rows = [f"{row.locator}: {row.detail}" for row in Ledger.from_parquet(file).broken if row.stage == READ]
    return ended.returncode, rows, f"{where}: {ended.stdout[-300:]}{ended.stderr[-300:]}"


def companions(dump: Dump, cases: list[Dump]) -> list[Dump]:
    """Two sound dumps of the same source, beside which the damaged one is not all there is."""
    return [other for other in cases if other.source == dump.source and other is not dump][:2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real dumps")
    parser.add_argument("--builds", type=int, default=30)
    arguments = parser.parse_args()
    cases = [dump for dump in dumps(arguments.data) if not dump.file.startswith(_SKIPPED_SOURCES)]
    failed = 0
    for number in range(arguments.builds):
        dump = cases[number * 7 % len(cases)]
        with tempfile.TemporaryDirectory() as folder:
            code, rows, said = built(dump, companions(dump, cases), number, Path(folder))
        failed += code != 0
        print(f"{dump.name}: exit {code}, {len(rows)} rows {rows[:1]} {said if code else ''}", flush=True)
    print(failed, "builds failed")


if __name__ == "__main__":
    main()
