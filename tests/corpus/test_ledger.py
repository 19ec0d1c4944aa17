"""The ledger: sums, what is missing in them, and rows that come back as they were."""

from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest

from corpus.document import FAILED
from corpus.errors import LedgerError
from corpus.ledger import BYTE, EDIT, ENTERED, KEPT_ROW, BrokenRecord, Ledger, encodable


def small() -> Ledger:
    ledger = Ledger("toy")
    ledger.add("read", "post", ENTERED, 10)
    ledger.add("read", "post", KEPT_ROW, 7, 700)
    ledger.add("read", "post", "empty", 1)
    ledger.add_broken("read", "post", "a#1", "bad")
    ledger.add_broken("read", "post", "a#2", "worse", FAILED, 1, 30)
    ledger.add("read", "document", KEPT_ROW, 7)
    ledger.add("clean", "document", ENTERED, 7)
    ledger.add("clean", EDIT, "tags", 3, 20)
    ledger.add("clean", "document", "short", 2, 10)
    ledger.add("clean", "document", KEPT_ROW, 5, 600)
    return ledger


def test_a_count_is_of_its_row_or_of_the_records() -> None:
    ledger = small()
    ledger.add("read", "post", KEPT_ROW, 2, 50)
    assert ledger.counts["read", "post", KEPT_ROW] == [9, 750]
    assert (ledger.count("read", "post", "unreadable"), ledger.count("read", "post", FAILED)) == (1, 1)
    assert (ledger.count("read", "document", "unreadable"), ledger.count("read", "post", "absent")) == (0, 0)
    ledger.add_broken("read", "post", "b#1", "bad", n=4)
    assert ledger.count("read", "post", "unreadable") == 5


def test_tallies_are_of_units_that_entered() -> None:
    assert list(small().tallies()) == [
        ("read", "post", {ENTERED: 10, KEPT_ROW: 7, "empty": 1, "unreadable": 1, FAILED: 1}),
        ("clean", "document", {ENTERED: 7, "short": 2, KEPT_ROW: 5}),
    ]


def test_bytes_that_a_reader_left_unread_are_named_as_such() -> None:
    ledger = small()
    ledger.add("read", BYTE, ENTERED, 1000)
    ledger.add("read", BYTE, KEPT_ROW, 900)
    with pytest.raises(
        LedgerError, match=r"= 1000 bytes entered, got 900 .*it reads a file to its end, or says by seen"
    ):
        ledger.check()


@pytest.mark.parametrize(
    ("stage", "reason", "said"),
    [
        (
            "read",
            "empty",
            r"read: expected kept \+ dropped = 10 posts entered, got 11 .*a fault of the reader",
        ),
        ("read", ENTERED, r"stage read: expected kept \+ dropped = 11 posts entered, got 10 \(kept 7, empty 1, unread"),
        (
            "clean",
            "short",
            r"clean: expected kept \+ dropped = 7 documents entered, got 8 .*a fault of the program",
        ),
    ],
)
def test_a_sum_that_is_wrong_is_named(stage: str, reason: str, said: str) -> None:
    ledger = small()
    ledger.check()
    ledger.add(stage, "post" if stage == "read" else "document", reason)
    with pytest.raises(LedgerError, match=said):
        ledger.check()


def test_each_stage_gets_what_the_one_before_kept() -> None:
    ledger = small()
    ledger.check_chain(["read", "clean"])
    ledger.check_chain(["input", "read"], BYTE)
    ledger.add("clean", "document", ENTERED, 1)
    with pytest.raises(LedgerError, match="toy: expected 7 documents kept by read to enter clean, got 8"):
        ledger.check_chain(["read", "clean"])
    with pytest.raises(LedgerError, match="expected 5 documents kept by clean to enter more, got 0"):
        ledger.check_chain(["clean", "more"])


def test_rows_stand_in_the_order_of_stages_and_units() -> None:
    ledger = small()
    ledger.add("input", BYTE, ENTERED, 9)
    rows = ledger.rows(["input", "read", "clean"])
    assert [row[1:4] for row in rows] == [
        ("input", BYTE, ENTERED),
        ("read", "post", ENTERED), ("read", "post", KEPT_ROW), ("read", "post", "empty"), ("read", "post", FAILED),
        ("read", "post", "unreadable"), ("read", "document", KEPT_ROW),
        ("clean", "document", ENTERED), ("clean", "document", KEPT_ROW), ("clean", "document", "short"),
        ("clean", EDIT, "tags"),
    ]  # fmt: skip
    assert rows[4][4:] == (1, 30, "a#2", "worse")
    assert ledger.rows(["clean", "read"])[0][1] == "input"  # what is not named comes first


def test_what_is_written_comes_back() -> None:
    ledger, file = small(), io.BytesIO()
    again = Ledger.from_json(ledger.to_json())
    assert (again.source, again.counts, again.broken) == ("toy", ledger.counts, ledger.broken)
    pq.write_table(ledger.table(["read", "clean"]), file)
    assert Ledger.from_parquet(file).rows() == ledger.rows()
    pq.write_table(Ledger("toy").table(), empty := io.BytesIO())
    assert Ledger.from_parquet(empty).rows() == []


def test_what_utf8_cannot_hold_is_written_out() -> None:
    ledger = Ledger("toy")
    ledger.add_broken("read", "post", "a\udc80#1", "é \ud800")
    assert ledger.broken == [BrokenRecord("read", "post", "a\\udc80#1", "é \\ud800")]
    assert encodable("plain") == "plain"
