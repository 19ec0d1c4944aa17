"""pipelines/engine/dedup/keys.py: which keys of a shard travel, and which duplicate a dropped document names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import toy

from corpus.document import Document
from corpus.errors import BuildError
from filters.duplicates import KeyRun
from pipelines.engine.build import build
from pipelines.engine.dedup.base import Barrier, Gathered
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.dedup.wire import pack_drops, unpack, unpack_drops
from pipelines.engine.files import BlobFile

ONE = ["--direct_num_workers=1"]
RUN_BYTES = 24 * 4000
"""A run is cut after 4,000 lines."""


def gather(texts: Iterable[str], keep: str, folder: Path) -> Gathered:
    """What the gatherer of shard 3 has of documents, of a dedup of lines that names 7 duplicates."""
    values = {"keep": keep, "scope": "all", "run_bytes": RUN_BYTES, "duplicate_of_lines": 7}
    barrier = Barrier(values, 0, False, str(folder), str(folder))
    path = barrier.runs_file(3)
    with open(path, "wb") as file:
        gatherer = toy.LINES.gatherer(barrier, 3, BlobFile(path, file))
        for number, text in enumerate(texts):
            gatherer.add(Document(f"toy:{number}", text, "toy"))
        return gatherer.close()


@pytest.mark.parametrize(("keep", "copies"), [("first", 1), ("none", 2)])
def test_a_line_of_every_document_costs_a_run_no_more_than_two_rows(keep: str, copies: int, tmp_path: Path) -> None:
    """10,000 documents of two lines, one in all of them: five runs of 4,000 lines."""
    texts = (f"the line of every page\nthe line of page {number}" for number in range(10_000))
    gathered = gather(texts, keep, tmp_path)
    hot = toy.line_keys("the line of every page")[0]
    rows = [int((unpack(KeyRun, blob.load()).keys == hot).sum()) for _bucket, blob in gathered.runs]
    assert rows == [copies] * 5
    assert gathered.drops is not None
    assert len(gathered.drops.positions) == 10_000 - copies * 5
    assert gathered.drops.duplicate_of_shards.tolist() == [3] * 7
    sent = unpack_drops(pack_drops(gathered.drops))
    assert all((there == here).all() for there, here in zip(sent[:3], gathered.drops[:3], strict=True))


def test_without_copies_a_shard_drops_nothing_by_itself(tmp_path: Path) -> None:
    gathered = gather(["one line"], "first", tmp_path)
    assert (gathered.units, gathered.drops) == (1, None)


def test_every_dropped_copy_is_told_the_one_that_stays(tmp_path: Path) -> None:
    """Copies in one shard and across shards: duplicate_of is the kept one, whichever shard dropped the copy."""
    texts = {f"f{at}": "\n\n".join(["the same text"] * 3 + [f"text of file {at}"]) for at in range(4)}
    dump = toy.write(tmp_path / "dump", **texts)
    built = build(
        toy.source(toy.EXACT), [dump], str(tmp_path / "out"), settings={"shards_least": "1000"}, beam_arguments=ONE
    )
    tables = {kind: sorted(Path(built.folder).glob(f"*/{kind}-*")) for kind in ("documents", "dropped")}
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
