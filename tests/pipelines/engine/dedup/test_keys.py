"""pipelines/engine/dedup/keys.py: which keys of a shard travel, and which duplicate a dropped document names."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import toy

from corpus.document import Document
from corpus.errors import BuildError
from pipelines.engine.build import build
from pipelines.engine.dedup.keys import KeyGatherer
from pipelines.engine.dedup.wire import decision_of, run_of
from pipelines.engine.files import BlobFile
from pipelines.engine.stages import Dedup

ONE = ["--direct_num_workers=1"]
RUN_BYTES = 24 * 4000
"""A run is cut after 4,000 lines."""


@pytest.mark.parametrize(("keep", "copies"), [("first", 1), ("none", 2)])
def test_a_line_of_every_document_costs_a_run_no_more_than_two_rows(keep: str, copies: int, tmp_path: Path) -> None:
    """10,000 documents of two lines, one in all of them: five runs of 4,000 lines."""
    path = tmp_path / "runs"
    with path.open("wb") as file:
        gatherer = KeyGatherer(toy.LINES, {"keep": keep, "scope": "all"}, 3, 0, RUN_BYTES, BlobFile(str(path), file))
        for number in range(10_000):
            gatherer.add(Document(f"toy:{number}", f"the line of every page\nthe line of page {number}", "toy"))
        runs = gatherer.close()
    hot = toy.line_keys("the line of every page")[0]
    rows = [int((run_of(blob.load()).keys == hot).sum()) for _bucket, blob in runs]
    assert rows == [copies] * 5
    dropped_within = decision_of(gatherer.dropped_within(7))
    assert len(dropped_within.positions) == 10_000 - copies * 5
    assert (dropped_within.twin_shards[:7] == 3).all()
    assert (dropped_within.twin_shards[7:] == -1).all()


def test_nothing_settled_is_no_bytes(tmp_path: Path) -> None:
    path = tmp_path / "runs"
    with path.open("wb") as file:
        gatherer = KeyGatherer(toy.LINES, {"keep": "first", "scope": "all"}, 0, 0, RUN_BYTES, BlobFile(str(path), file))
        gatherer.add(Document("toy:1", "one line", "toy"))
        gatherer.close()
    assert gatherer.dropped_within(7) == b""


def test_every_dropped_copy_is_told_the_one_that_stays(tmp_path: Path) -> None:
    """Copies in one shard and across shards: matched is the kept one, whichever shard settled it."""
    texts = {f"f{at}": "\n\n".join(["the same text"] * 3 + [f"text of file {at}"]) for at in range(4)}
    dump = toy.write(tmp_path / "dump", **texts)
    built = build(
        toy.source(toy.EXACT), [dump], str(tmp_path / "out"), settings={"shards_least": "1000"}, beam_arguments=ONE
    )
    tables = {kind: sorted(Path(built.folder).glob(f"{kind}-*")) for kind in ("documents", "dropped")}
    rows = {kind: [row for path in paths for row in pq.read_table(path).to_pylist()] for kind, paths in tables.items()}
    (kept,) = [row["id"] for row in rows["documents"] if row["text"] == "the same text"]
    assert len(rows["dropped"]) == 11
    assert {row["duplicate_of"] for row in rows["dropped"]} == {kept}


def one_too_few(text: str) -> np.ndarray:
    return toy.line_keys(text)[1:]


def no_key(text: str) -> np.ndarray:
    return toy.text_key(text)[1:]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (dataclasses.replace(toy.LINES, keys=one_too_few), "lines: expected a key for each of 3 lines, got 1 keys"),
        (dataclasses.replace(toy.EXACT, keys=no_key), "exact: expected a key for each of 2 documents, got 0 keys"),
    ],
    ids=["lines", "documents"],
)
def test_a_key_too_few_ends_the_build(stage: Dedup, said: str, tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="first line\nsecond line\n\nanother")
    with pytest.raises(BuildError, match=said):
        build(toy.source(stage), [dump], str(tmp_path / "out"), beam_arguments=ONE)


def test_lines_and_documents_are_counted_to_the_character(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="ab\ncommon\nab\n\ncommon", b="xyz\ncommon")
    built = build(toy.source(toy.LINES), [dump], str(tmp_path / "out"), beam_arguments=ONE)
    counts = {(unit, reason): row for (stage, unit, reason), row in built.ledger.counts.items() if stage == "lines"}
    assert counts == {
        ("line", "entered"): [6, 25],
        ("line", "duplicate_line"): [3, 18],
        ("line", "repeated_line"): [1, 2],
        ("line", "kept"): [2, 5],
        ("document", "entered"): [3, 28],
        ("document", "no_line_left"): [1, 6],
        ("document", "kept"): [2, 5],
    }
