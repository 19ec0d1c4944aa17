"""What was dropped, from a ledger: passages add up, and totals do."""

from __future__ import annotations

import pytest

from corpus.ledger import Ledger
from pipelines.report.draw_drops import headline
from pipelines.report.drops import INSIDE, DropCount, passages, totals_of


def ledger_of(*rows: tuple[str, str, str, int, int]) -> Ledger:
    ledger = Ledger("toy")
    for row in rows:
        ledger.add(*row)
    return ledger


LEDGER = ledger_of(
    ("read", "blob", "entered", 11, 0), ("read", "blob", "kept", 9, 900), ("read", "blob", "binary", 1, 50),
    ("read", "document", "entered", 9, 900), ("read", "document", "kept", 9, 900),
    ("clean", "document", "entered", 9, 900), ("clean", "document", "kept", 6, 500),
    ("clean", "document", "short", 1, 3), ("clean", "document", "long", 2, 300), ("clean", "edit", "trim", 5, 97),
    ("clean", "line", "shouting", 4, 90),
)  # fmt: skip
LEDGER.add_broken("read", "blob", "a#1", "broken")


def test_passages_in_the_order_of_stages_with_largest_drops_first() -> None:
    found = {(each.stage, each.unit): each for each in passages(LEDGER)}
    assert found["read", "blob"].drops == (DropCount("read", "binary", 1, 50), DropCount("read", "unreadable", 1, 0))
    clean = found["clean", "document"]
    assert clean.drops == (DropCount("clean", "long", 2, 300), DropCount("clean", "short", 1, 3))
    assert clean.edits == (DropCount("clean", "trim", 5, 97),)
    assert found["clean", "line"].entered is None


def test_totals_add_up_in_units_and_characters() -> None:
    totals = totals_of(LEDGER)
    assert (totals.unit, totals.entered, totals.kept, totals.chars_entered, totals.chars_kept) == (
        "blob",
        11,
        6,
        950,
        500,
    )
    assert totals.kept + sum(drop.n for drop in totals.drops) == totals.entered
    assert totals.chars_kept + sum(drop.chars for drop in totals.drops) == totals.chars_entered
    assert DropCount("clean", INSIDE, 0, 97) in totals.drops


def test_records_that_make_documents_together_are_not_documents() -> None:
    posts = ledger_of(
        ("read", "post", "entered", 9, 0), ("read", "post", "kept", 8, 100), ("read", "post", "tag", 1, 7),
        ("read", "document", "entered", 2, 100), ("read", "document", "kept", 2, 100),
    )  # fmt: skip
    totals = totals_of(posts)
    assert (totals.unit, totals.entered, totals.kept, totals.drops) == ("document", 2, 2, ())


def test_a_build_of_nothing() -> None:
    totals = totals_of(Ledger("toy"))
    assert (totals.entered, totals.kept, totals.drops) == (0, 0, ())


@pytest.mark.parametrize(
    ("kept_chars", "said"),
    [(82, " Most dropped characters: edits and dropped lines at clean (18.0\u202f%)."), (100, " Nothing was dropped.")],
    ids=["characters alone", "nothing"],
)
def test_nothing_was_dropped_is_said_only_where_no_character_was(kept_chars: int, said: str) -> None:
    ledger = ledger_of(("clean", "document", "entered", 2, 100), ("clean", "document", "kept", 2, kept_chars))
    assert headline(totals_of(ledger), None).endswith(f"characters ({kept_chars}.0\u202f%).{said}</p>")
