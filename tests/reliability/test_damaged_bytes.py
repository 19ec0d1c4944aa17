"""Real dumps of every format, damaged: reading goes on, every byte and record is accounted for, nothing is altered.

A few damages of each dump in every test run; `make soak` does 1,000 bits and 300 cuts, zeroed sectors and splices.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from corpus.errors import RecordError
from corpus.readers.books import read, zip_file
from reliability.damaged_bytes import (
    KINDS,
    Row,
    Trial,
    damage,
    in_a_child,
    in_this_process,
    spread_of,
    summary,
    wanted_of,
)
from reliability.dumps import Dump, dumps


def rows(data: Path, flips: int, others: int) -> list[Row]:
    """What comes of so many damages, over all dumps."""
    cases = dumps(data)
    spread, other_spread = spread_of(flips, cases), spread_of(others, cases)
    jobs = [(dump, wanted_of(spread[dump.name], other_spread[dump.name])) for dump in cases]
    found: list[list[Trial]] = [[] for _ in cases]
    for number, trial in in_a_child(jobs):
        found[number].append(trial)
    return [Row(dump, trials) for dump, trials in zip(cases, found, strict=True)]


def test_a_few_damages_of_every_dump(shared_data: Path) -> None:
    found = rows(shared_data, 50, 50)
    assert {row.dump.name: faults for row in found if (faults := row.faults())} == {}
    assert all(row.trials for row in found)


@pytest.mark.soak
def test_a_thousand_bits(shared_data: Path) -> None:
    found = rows(shared_data, 1000, 300)
    for row in found:
        print(" | ".join(row.cells()))
    assert {row.dump.name: faults for row in found if (faults := row.faults())} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_damage_is_the_same_for_the_same_number(kind: str) -> None:
    data = bytes(range(256)) * 64
    damaged, where = damage(data, kind, 5)
    assert (damaged, where) == damage(data, kind, 5)
    assert damaged != data
    assert {damage(data, kind, number)[1] for number in range(20)} != {where}


def test_a_flip_changes_one_bit() -> None:
    data = bytes(range(256)) * 64
    damaged, _ = damage(data, "flip", 3)
    differing = int.from_bytes(data, "big") ^ int.from_bytes(damaged, "big")
    assert differing.bit_count() == 1


class Equal:
    """A checksum that is like every other."""

    def __ne__(self, other: object) -> bool:
        return False


@pytest.fixture
def stored_zip(shared_data: Path) -> Dump:
    (dump,) = (dump for dump in dumps(shared_data) if dump.name == "books, zip not packed")
    return dump


FLIPS = [("flip", number) for number in range(4)]


def test_a_reader_that_compares_no_checksum_is_found(stored_zip: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Row(stored_zip, list(in_this_process(stored_zip, FLIPS))).faults() == []
    monkeypatch.setattr(zip_file, "zlib", SimpleNamespace(crc32=lambda data: Equal()))
    trials = list(in_this_process(stored_zip, FLIPS))
    assert sum(trial.altered for trial in trials) > 0
    assert Row(stored_zip, trials).faults()


def test_a_reader_that_says_nothing_of_a_loss_is_found(stored_zip: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = read._entries

    def silent(*arguments: Any) -> Iterator[Any]:
        for entry in entries(*arguments):
            try:
                entry.opened()
            except RecordError:
                continue
            yield entry

    monkeypatch.setattr(read, "_entries", silent)
    trials = list(in_this_process(stored_zip, FLIPS))
    assert sum(trial.unsaid for trial in trials) > 0
    assert Row(stored_zip, trials).faults()


def test_what_is_said_of_all_damages(stored_zip: Dump) -> None:
    trials = [Trial("flip", "byte 1", lost=1, seconds=0.5, peak_bytes=2_000_000), Trial("cut", "byte 2", altered=3)]
    row = Row(stored_zip, trials)
    assert summary([row]).startswith(
        "1 single bits and 1 cuts, zeroed sectors and splices in 1 dumps: 0 readings ended"
    )
    assert "3 altered and kept; worst 0.50 s and 2 MB" in summary([row])
    assert row.cells()[:5] == ["books, zip not packed", "zip member", "2", "1, 1", "0, 0"]
    assert row.faults() == trials[1:]
