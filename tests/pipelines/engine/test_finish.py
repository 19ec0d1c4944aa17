"""The end of a build: which shares of damage and which counts it is not trusted with, to the record."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from corpus.amounts import of
from corpus.document import FAILED
from corpus.ledger import BYTE, ENTERED, KEPT_ROW, SKIPPED, Ledger
from corpus.manifest import file_digest
from corpus.readers.base import InputSplit
from corpus.storage import LOCAL
from pipelines.engine.files import Blob
from pipelines.engine.finish import LEDGERS_AT_ONCE, Sum, changed_inputs, faults_of
from pipelines.engine.layout import Done


def plan(**values: Any) -> Any:
    numbers = {"unreadable_least": 20, "unreadable_share": 0.05, "skipped_least_bytes": 1000, "skipped_share": 0.1}
    numbers |= values
    clean = SimpleNamespace(name="clean")
    passes = [SimpleNamespace(applies=None, stages=[clean])]
    reader = SimpleNamespace(unit="post")
    return SimpleNamespace(
        source="toy", passes=passes, reader=reader, values=numbers, number=lambda name: numbers[name]
    )


def ledger(kept: int, broken: int = 0, failed: int = 0, skipped: int = 0, entered_bytes: int = 0) -> Ledger:
    """A ledger whose sums are right: kept documents, broken ones, those on which a stage failed, and bytes."""
    found = Ledger("toy")
    found.add("read", "post", ENTERED, kept + broken + failed)
    found.add("read", "post", KEPT_ROW, kept + failed)
    found.add("read", "document", KEPT_ROW, kept + failed)
    for at in range(broken):
        found.add_broken("read", "post", f"a#{at}", "no post")
    found.add("clean", "document", ENTERED, kept + failed)
    found.add("clean", "document", KEPT_ROW, kept)
    for at in range(failed):
        found.add_broken("clean", "document", f"b#{at}", "ValueError", FAILED)
    if entered_bytes:
        for stage in ("input", "read"):
            found.add(stage, BYTE, ENTERED, entered_bytes)
        found.add("input", BYTE, KEPT_ROW, entered_bytes)
        found.add("read", BYTE, KEPT_ROW, entered_bytes - skipped)
        found.add("read", BYTE, SKIPPED, skipped)
    return found


@pytest.mark.parametrize(
    ("kept", "broken", "trusted"),
    [(381, 19, True), (1, 19, True), (380, 20, True), (379, 20, False), (379, 21, False), (9_500, 500, True),
     (0, 1, False)],
    ids=["few", "few of few", "the share exactly", "above the share", "more", "many of many", "all"],
)  # fmt: skip
def test_the_share_that_may_be_unreadable(kept: int, broken: int, trusted: bool) -> None:
    faults = faults_of(plan(), ledger(kept, broken), kept)
    expected = (f"toy, stage read: expected at most 5% of {of(kept + broken, 'post')} unreadable or failed,"
                f" got {broken}; the first: a#0: no post")  # fmt: skip
    assert faults == ([] if trusted else [expected])


def test_what_failed_counts_at_its_stage() -> None:
    assert faults_of(plan(), ledger(380, 0, 20), 380) == []
    assert faults_of(plan(), ledger(379, 0, 20), 379) == [
        "toy, stage clean: expected at most 5% of 399 documents unreadable or failed, got 20;"
        " the first: b#0: ValueError"
    ]
    assert len(faults_of(plan(), ledger(300, 20, 20), 300)) == 2
    assert faults_of(plan(), ledger(379, 10, 10), 379) == []


@pytest.mark.parametrize(
    ("entered", "skipped", "trusted"),
    [(9_000, 999, True), (10_000, 1000, True), (9_999, 1000, False), (500, 499, True), (500, 500, False),
     (500, 0, True)],
    ids=["few", "the share exactly", "above the share", "few of few", "all", "none"],
)  # fmt: skip
def test_the_share_of_bytes_that_may_be_skipped(entered: int, skipped: int, trusted: bool) -> None:
    faults = faults_of(plan(), ledger(100, 1, 0, skipped, entered), 100)
    said = f"expected at most 10% of {of(entered, 'byte')} skipped, got {skipped}"
    expected = f"toy, stage read: {said}; the first: a#0: no post"
    assert faults == ([] if trusted else [expected])
    assert (not faults_of(plan(), ledger(100, 0, 0, skipped, entered), 100)) == trusted


def test_nothing_that_is_kept_says_why() -> None:
    empty = Ledger("toy")
    assert faults_of(plan(), empty, 0) == ["toy: expected a document at least, got none (the input has no post)"]
    dropped = Ledger("toy")
    for number, reason in enumerate("abcdef", 1):
        dropped.add("read", "post", reason, number)
    dropped.add("read", "post", ENTERED, 21)
    dropped.add("read", BYTE, ENTERED, 9)
    dropped.add("read", BYTE, SKIPPED, 0)
    dropped.add("read", BYTE, KEPT_ROW, 9)
    (said,) = faults_of(plan(), dropped, 0)
    assert said.endswith(
        "got none (read: 6 posts f, read: 5 posts e, read: 4 posts d, read: 3 posts c, read: 2 posts b)"
    )


def test_documents_in_the_files_are_those_of_the_last_stage() -> None:
    assert faults_of(plan(), ledger(7), 8) == ["toy: expected 7 documents kept by clean in the files, got 8"]


def test_shards_are_added_up_in_any_order() -> None:
    """More of them than are kept apart, in two workers."""
    total = 2 * LEDGERS_AT_ONCE + 5
    done = [
        (at, Done(InputSplit(at, total, f"{at}"), Blob("", 0, 0), at, ledger(at % 3 + 1, at % 2).to_json(), []))
        for at in range(total)
    ]
    both = Ledger("toy")
    for at in range(total):
        both.merge(ledger(at % 3 + 1, at % 2))
    for order in (done, done[::-1]):
        add = Sum()
        workers = [add.create_accumulator(), add.create_accumulator(), add.create_accumulator()]
        for at, one in enumerate(order):
            workers[at % 2] = add.add_input(workers[at % 2], one)
        assert max(len(ledgers) for ledgers, _shards in workers) <= LEDGERS_AT_ONCE
        counted, shards = add.extract_output(add.merge_accumulators(workers))
        assert counted is not None
        assert sorted(Ledger.from_json(counted).rows()) == sorted(both.rows())
        assert [(shard.number, shard.documents) for shard in shards] == [(at, (at,)) for at in range(total)]
    assert add.extract_output(add.merge_accumulators([add.create_accumulator()])) == (None, [])


def test_inputs_that_are_not_what_they_were_at_the_start(tmp_path: Path) -> None:
    stated = {}
    for name in ("as it was", "touched", "changed", "gone", "without a digest"):
        path = tmp_path / name
        path.write_text("text")
        stored = LOCAL.stat(str(path))
        assert stored
        stated[name] = {"path": str(path), "size": stored.bytes, "changed": stored.changed}
        if name != "without a digest":
            stated[name]["digest"] = file_digest(str(path))
    for name, text in (("touched", "text"), ("changed", "tent"), ("without a digest", "other")):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (1, 1))
    (tmp_path / "gone").unlink()
    assert changed_inputs("toy", [*stated.values(), {"path": "gs://bucket/far", "digest": ""}]) == [
        f"toy, {tmp_path}/{name}: expected the file that was there at the start, got {got}; run the same command again"
        for name, got in (("changed", "another"), ("gone", "none"))
    ]
