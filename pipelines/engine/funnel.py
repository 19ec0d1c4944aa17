"""The funnel of a build in plain text: what entered each stage, what was kept, what was dropped and why."""

from __future__ import annotations

from corpus.amounts import of, units
from corpus.ledger import EDIT, ENTERED, KEPT_ROW, NOTE, Ledger
from corpus.visible import visible

SWITCHED_OFF = ("stage", "off")


def funnel_lines(ledger: Ledger) -> list[str]:
    """One line for each stage and unit, and one for each reason below it."""
    lines = [f"{ledger.source}", f"  {'stage':<16} {'unit':<10} {'entered':>12} {'kept':>12} {'share':>7}  {'reasons'}"]
    for stage, unit, tally in ledger.tallies():
        entered, kept = tally[ENTERED], tally.get(KEPT_ROW, 0)
        share = f"{kept / entered:>7.1%}" if entered else f"{'-':>7}"
        drops = [f"{reason} {n:,}" for reason, n in sorted(tally.items(), key=lambda item: (-item[1], item[0]))
                if reason not in (ENTERED, KEPT_ROW)]  # fmt: skip
        lines.append(f"  {stage:<16} {unit:<10} {entered:>12,} {kept:>12,} {share}  {', '.join(drops)}")
        lines += _edits_and_notes(ledger, stage) if unit == "document" else []
    for stage, unit, reason in ledger.counts:
        if (unit, reason) == SWITCHED_OFF:
            lines.append(f"  {stage:<16} switched off: no model was given")
    for row in ledger.broken:
        lines.append(visible(f"  {row.reason}: {row.stage}: {row.locator}: {row.detail}"))
    return lines


def _edits_and_notes(ledger: Ledger, stage: str) -> list[str]:
    """What a stage noted on documents that it kept, changed in them, and took out of them: lines, posts."""
    counts = ledger.counts.items()
    rows = sorted((unit, reason, n, chars) for (at, unit, reason), (n, chars) in counts if at == stage)
    counted = {unit for unit, reason, _n, _chars in rows if reason == ENTERED}  # these have a line of their own
    notes = [f"{NOTE:<10} {n:>12,} {units(n, 'document')} {reason}" for unit, reason, n, _chars in rows if unit == NOTE]
    edits = [f"{EDIT:<10} {n:>12,} {units(n, 'document')} changed by {reason} ({of(chars, 'character')} less)"
            for unit, reason, n, chars in rows if unit == EDIT]  # fmt: skip
    parts = [f"{unit:<10} {n:>12,} {units(n, unit)} dropped by {reason} ({of(chars, 'character')})"
            for unit, reason, n, chars in rows if unit not in (*counted, NOTE, EDIT, SWITCHED_OFF[0])]  # fmt: skip
    return [f"  {'':<16} {text}" for text in (*notes, *edits, *parts)]
