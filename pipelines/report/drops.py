"""What a build dropped, as numbers from its ledger: stage by stage, and in total."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from corpus.ledger import EDIT, ENTERED, KEPT_ROW, Ledger
from corpus.writers import LINE
from pipelines.engine.streams import DOCUMENT, READ

INSIDE = "edits and dropped lines"
"""The name of the characters that kept documents lost."""


class DropCount(NamedTuple):
    """How many of a unit, with how many characters, a stage dropped for a reason."""

    stage: str
    reason: str
    n: int
    chars: int


class Passage(NamedTuple):
    """What entered a stage and what it kept, of one unit; what it dropped; what edits removed from kept texts.

    Of lines that a rule removes from texts, the kept ones are not counted: entered is None.
    """

    stage: str
    unit: str
    entered: int | None
    kept: int
    chars_entered: int
    chars_kept: int
    drops: tuple[DropCount, ...]
    edits: tuple[DropCount, ...]


class Totals(NamedTuple):
    """From the dump to the files: entered, kept, and every drop between; both documents and characters add up.

    unit is the dump's record where each record makes one document, else `document`.
    """

    unit: str
    entered: int
    kept: int
    chars_entered: int
    chars_kept: int
    drops: tuple[DropCount, ...]


def passages(ledger: Ledger) -> list[Passage]:
    """The passages in the order of stages."""
    rows: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    edits: dict[str, list[DropCount]] = defaultdict(list)
    for (stage, unit, reason), (n, chars) in ledger.counts.items():
        if unit == EDIT:
            edits[stage].append(DropCount(stage, reason, n, chars))
        elif unit != "stage":
            rows[stage, unit][reason] = n, chars
    for broken in ledger.broken:
        n, chars = rows[broken.stage, broken.unit].get(broken.reason, (0, 0))
        rows[broken.stage, broken.unit][broken.reason] = n + broken.n, chars + broken.chars
    return [
        _passage(stage, unit, row, tuple(edits[stage]) if unit == DOCUMENT else ())
        for (stage, unit), row in rows.items()
    ]


def _passage(stage: str, unit: str, row: dict[str, tuple[int, int]], edits: tuple[DropCount, ...]) -> Passage:
    drops = [DropCount(stage, reason, *both) for reason, both in row.items() if reason not in (ENTERED, KEPT_ROW)]
    entered, chars_entered = row.get(ENTERED, (None, 0))
    kept, chars_kept = row.get(KEPT_ROW, (0, 0))
    return Passage(stage, unit, entered, kept, chars_entered, chars_kept, _largest_first(drops), edits)


def _largest_first(drops: list[DropCount]) -> tuple[DropCount, ...]:
    return tuple(sorted(drops, key=lambda drop: (-drop.n, -drop.chars, drop.reason)))


def totals_of(ledger: Ledger) -> Totals:
    """From the dump to the files: what entered, what was kept, and every drop."""
    every = passages(ledger)
    documents = [each for each in every if each.unit == DOCUMENT]
    nothing = Passage(READ, DOCUMENT, 0, 0, 0, 0, (), ())
    first, last = (documents or [nothing])[0], (documents or [nothing])[-1]
    unit, dump = _dump(every, first)
    # What enters a stage is what the one before it kept, so the drops of all stages and what the last one kept add up
    # to what entered the first: of documents, and, with what edits took from kept ones, of characters.
    drops = [drop for each in documents for drop in (*each.drops, *_inside(each))] + list(dump)
    chars = first.chars_entered + sum(drop.chars for drop in dump)
    entered = (first.entered or 0) + sum(drop.n for drop in dump)
    return Totals(unit, entered, last.kept, chars, last.chars_kept, _largest_first(drops))


def _dump(every: list[Passage], first: Passage) -> tuple[str, tuple[DropCount, ...]]:
    """The dump's unit and what the reader dropped, where one record makes one document."""
    for each in every:
        if each.stage == READ and each.unit not in (DOCUMENT, LINE) and each.kept == first.entered:
            return each.unit, each.drops
    return DOCUMENT, ()


def _inside(each: Passage) -> list[DropCount]:
    """The characters that kept documents lost; negative where edits add some, as when numbers are written out."""
    chars = each.chars_entered - each.chars_kept - sum(drop.chars for drop in each.drops)
    return [DropCount(each.stage, INSIDE, 0, chars)] if chars else []
