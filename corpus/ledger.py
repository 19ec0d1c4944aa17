"""The ledger: how many documents, lines and records entered every stage, and were kept or dropped, and why.

Rows are (source, stage, unit, reason, n, chars). For each stage and unit, one row has the reason `entered`, one
`kept`, and the others name why the rest was dropped; rows of unit `edit` say how many texts an edit changed and how
many characters it removed. A record that could not be read, or on which a stage failed, has a row of its own, with its
locator and the error.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.document import FAILED, UNREADABLE
from corpus.errors import LedgerError

ENTERED = "entered"
KEPT_ROW = "kept"
EDIT = "edit"
BYTE = "byte"
SKIPPED = "skipped"
"""Bytes of a dump that are damaged: an unreadable record each place has the range in its locator."""
NOTE = "note"
"""The unit of notes on kept documents: not a part of kept + dropped = entered."""

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("stage", pa.string()),
        ("unit", pa.string()),
        ("reason", pa.string()),
        ("n", pa.int64()),
        ("chars", pa.int64()),
        ("locator", pa.string()),
        ("detail", pa.string()),
    ]
)

_LOST = "this is a fault of the program, not of the data: please report it with the ledger"
_MISCOUNTED = (
    "this is a fault of the reader, not of the data: it adds 1 to seen.records for each record that it meets, and "
    "yields outcomes for as many (CONTRIBUTING.md)"
)
_NOT_READ = (
    "this is a fault of the reader, not of the data: it reads a file to its end, or says by seen.skip which bytes it "
    "passed over (CONTRIBUTING.md)"
)


class BrokenRecord(NamedTuple):
    """One record that could not be read, or on which a stage failed.

    reason is UNREADABLE or FAILED; locator is its position in the dump, or the document's id; detail is what was
    expected and got, or the exception; n is the number of records it counts for (a question with four answers: 5).
    """

    stage: str
    unit: str
    locator: str
    detail: str
    reason: str = UNREADABLE
    n: int = 1
    chars: int = 0


class Ledger:
    """The counts of one source; those of shards and passes are added up to the build's."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.counts: dict[tuple[str, str, str], list[int]] = {}
        self.broken: list[BrokenRecord] = []

    def add(self, stage: str, unit: str, reason: str, n: int = 1, chars: int = 0) -> None:
        """Add n units, with chars characters in total, to the row of a reason."""
        row = self.counts.get((stage, unit, reason))
        if row is None:
            self.counts[stage, unit, reason] = [n, chars]
        else:
            row[0] += n
            row[1] += chars

    def add_broken(
        self, stage: str, unit: str, locator: str, detail: str, reason: str = UNREADABLE, n: int = 1, chars: int = 0
    ) -> None:
        """Add one record that could not be read, or on which a stage failed."""
        self.broken.append(BrokenRecord(stage, unit, encodable(locator), encodable(detail), reason, n, chars))

    def count(self, stage: str, unit: str, reason: str) -> int:
        """n of one row; 0 where there is none."""
        if reason in (UNREADABLE, FAILED):
            return sum(row.n for row in self.broken if (row.stage, row.unit, row.reason) == (stage, unit, reason))
        return self.counts.get((stage, unit, reason), [0, 0])[0]

    def merge(self, other: Ledger) -> None:
        """Add another ledger of the same source to this one."""
        for (stage, unit, reason), (n, chars) in other.counts.items():
            self.add(stage, unit, reason, n, chars)
        self.broken.extend(other.broken)

    def tallies(self) -> Iterator[tuple[str, str, dict[str, int]]]:
        """(stage, unit, reason -> n) for every unit that entered a stage, in the order in which they were added."""
        grouped: dict[tuple[str, str], dict[str, int]] = {}
        for (stage, unit, reason), (n, _chars) in self.counts.items():
            grouped.setdefault((stage, unit), {})[reason] = n
        for row in self.broken:
            tally = grouped.setdefault((row.stage, row.unit), {})
            tally[row.reason] = tally.get(row.reason, 0) + row.n
        for (stage, unit), tally in grouped.items():
            if ENTERED in tally:
                yield stage, unit, tally

    def check(self) -> None:
        """Check that nothing is lost: for every stage and unit, kept + dropped + failed = entered.

        Raises:
            LedgerError: naming the first stage where they do not.
        """
        for stage, unit, tally in self.tallies():
            entered = tally[ENTERED]
            left = sum(n for reason, n in tally.items() if reason != ENTERED)
            if entered != left:
                raise LedgerError(
                    f"kept + dropped = {entered} {unit}s entered",
                    f"{left} ({', '.join(f'{reason} {n}' for reason, n in tally.items() if reason != ENTERED)})",
                    f"{self.source}, stage {stage}",
                    _LOST if stage != "read" else _NOT_READ if unit == BYTE else _MISCOUNTED,
                )

    def check_chain(self, stages: Iterable[str], unit: str = "document") -> None:
        """Check that each stage was entered by as many as the one before kept.

        Raises:
            LedgerError: naming the first pair of stages where it did not.
        """
        names = list(stages)
        for before, after in itertools.pairwise(names):
            kept, entered = self.count(before, unit, KEPT_ROW), self.count(after, unit, ENTERED)
            if kept != entered:
                raise LedgerError(f"{kept} {unit}s kept by {before} to enter {after}", str(entered), self.source)

    def to_json(self) -> dict[str, Any]:
        """The ledger as JSON values, for a shard's sidecar."""
        return {
            "source": self.source,
            "counts": [[*key, *row] for key, row in self.counts.items()],
            "broken": [list(row) for row in self.broken],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Ledger:
        """The ledger that `to_json` wrote."""
        ledger = cls(value["source"])
        for stage, unit, reason, n, chars in value["counts"]:
            ledger.add(stage, unit, reason, n, chars)
        ledger.broken = [BrokenRecord(*row) for row in value["broken"]]
        return ledger

    def rows(self, stages: Iterable[str] = ()) -> list[tuple[Any, ...]]:
        """All rows, schema SCHEMA, by stage in the order given, then unit; entered first, kept second."""
        order = {name: at for at, name in enumerate(stages)}
        first = {ENTERED: 0, KEPT_ROW: 1}
        rows = [(self.source, *key, *row, "", "") for key, row in self.counts.items()]
        rows += [
            (self.source, row.stage, row.unit, row.reason, row.n, row.chars, row.locator, row.detail)
            for row in self.broken
        ]
        return sorted(
            rows, key=lambda row: (order.get(row[1], -1), _unit_order(*row[1:3]), first.get(row[3], 2), row[3:])
        )

    def table(self, stages: Iterable[str] = ()) -> pa.Table:
        """The rows as an Arrow table."""
        columns = list(zip(*self.rows(stages), strict=True)) or [()] * len(SCHEMA)
        return pa.table([pa.array(column, f.type) for column, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)

    @classmethod
    def from_parquet(cls, file: BinaryIO) -> Ledger:
        """The ledger of a `ledger.parquet`."""
        rows = pq.read_table(file).to_pylist()
        ledger = cls(rows[0]["source"] if rows else "")
        for row in rows:
            if row["locator"]:
                what = (row["stage"], row["unit"], row["locator"], row["detail"], row["reason"], row["n"], row["chars"])
                ledger.broken.append(BrokenRecord(*what))
            else:
                ledger.add(row["stage"], row["unit"], row["reason"], row["n"], row["chars"])
        return ledger


def _unit_order(stage: str, unit: str) -> tuple[bool, str]:
    """Documents come first, but are made of records where a dump is read."""
    return (unit == "document") == (stage == "read"), unit


def encodable(text: str) -> str:
    """A text that UTF-8 can hold: characters that it cannot (half a surrogate pair, a file name's byte) as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
