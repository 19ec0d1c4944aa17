"""The same input twice: a few cases of each kind in every test run; `reliability.input_twice` has them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from reliability.input_twice import CASES, SOURCES, nothing_left, outcome

MET_AGAIN = {
    "arxiv": "repeated_id", "books": "near_duplicate", "c4": "repeated_id", "commoncrawl": "repeated_id",
    "github": "duplicate", "stackexchange": "repeated_id", "wikipedia": "older_revision",
}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_records_met_again_are_dropped_for_a_reason(source: str, tmp_path: Path) -> None:
    came, right = outcome(source, "record met again", tmp_path)
    assert right
    assert MET_AGAIN[source] in came


@pytest.mark.soak
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", CASES)
def test_the_same_documents_are_built(name: str, source: str, tmp_path: Path) -> None:
    came, right = outcome(source, name, tmp_path)
    assert right, came


@pytest.mark.parametrize("source", ["c4", "wikipedia"])
def test_a_dump_without_documents_is_refused(source: str, tmp_path: Path) -> None:
    assert nothing_left(source, tmp_path)[1]
