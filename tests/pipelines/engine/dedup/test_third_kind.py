"""A third way of comparing, written here alone: a document that only begins another one is dropped.

It needs a gatherer and a decision. No file of the project knows of it, and no equal keys could express it: a text is
dropped for a longer text.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy

from corpus.document import Document
from corpus.recipe import Recipe, cited
from filters.duplicates import DropList
from pipelines.engine.build import Built, build
from pipelines.engine.dedup.base import Barrier, DedupStage, Drops, Gathered, Runs
from pipelines.engine.dedup.wire import Sent, load, pack, send_drops, unpack
from pipelines.engine.files import BlobFile
from pipelines.engine.rules import rules_of
from pipelines.engine.stages import Source

RECIPE = Recipe(
    "toy",
    opening_chars=cited(4, "tests", "chars"),
    openings=cited("on", "tests", choices=("on", "off")),
    least_chars=toy.RECIPE.least_chars,
)


def begins(short: str, long: str) -> bool:
    """Whether a text is the beginning of another, longer one."""
    return len(short) < len(long) and long.startswith(short)


@dataclass(frozen=True)
class Openings(DedupStage):
    """Documents of which another document is the continuation; the longest is kept."""

    @property
    def measure(self) -> Callable[..., Any]:
        return begins

    def gatherer(self, barrier: Barrier, shard: int, out: BlobFile) -> OpeningGatherer:
        return OpeningGatherer(barrier.number("opening_chars"), out)

    def decide(self, runs: Runs, barrier: Barrier) -> Drops:
        grouped = runs | f"{self.name}: by opening" >> beam.GroupByKey()
        return grouped | f"{self.name}: decide" >> beam.FlatMap(drops_of, barrier).with_output_types(tuple[int, Any])


class OpeningGatherer:
    """One row per document: its position, id and text, in the bucket of its first characters."""

    def __init__(self, opening_chars: int, out: BlobFile) -> None:
        self._chars, self._out = opening_chars, out
        self._rows: dict[int, list[tuple[int, str, str]]] = {}
        self._units = 0

    def add(self, document: Document) -> None:
        bucket = zlib.crc32(document.text[: self._chars].encode())
        self._rows.setdefault(bucket, []).append((self._units, document.id, document.text))
        self._units += 1

    def close(self) -> Gathered:
        runs = [(bucket, self._out.add(packed(rows))) for bucket, rows in sorted(self._rows.items())]
        return Gathered(runs, self._units)


class Rows(NamedTuple):
    """Documents by column."""

    positions: np.ndarray
    ids: pa.Array
    texts: pa.Array


def packed(rows: list[tuple[int, str, str]]) -> bytes:
    positions, ids, texts = zip(*rows, strict=True)
    return pack(Rows(np.array(positions), pa.array(ids), pa.array(texts)))


def drops_of(gathered: tuple[int, Iterable[tuple[int, Sent]]], barrier: Barrier) -> Iterator[tuple[int, Sent]]:
    """Texts of one bucket in order: a text that begins another stands before it."""
    rows = []
    for shard, sent in gathered[1]:
        table = unpack(Rows, load(sent))
        columns = table.texts.to_pylist(), table.positions.tolist(), table.ids.to_pylist()
        rows += [(text, shard, position, name) for text, position, name in zip(*columns, strict=True)]
    drops: dict[int, list[tuple[int, int, int, str]]] = {}
    kept = ("", -1, -1, "")
    for row in sorted(rows, reverse=True):
        if begins(row[0], kept[0]):
            drops.setdefault(row[1], []).append((row[2], *kept[1:]))
        else:
            kept = row
    lists = ((shard, drop_list(sorted(here))) for shard, here in drops.items())
    yield from send_drops(f"{barrier.folder}/drops-{gathered[0]}.bin", lists, barrier.inline)


def drop_list(rows: list[tuple[int, int, int, str]]) -> DropList:
    numbers = np.array([row[:3] for row in rows], np.int64)
    return DropList(*numbers.T, pa.array([row[3] for row in rows]))


OPENINGS = Openings(
    "openings", reason="only_an_opening", limits={"chars": RECIPE.opening_chars}, enabled_by=RECIPE.openings
)
SOURCE = replace(toy.source(toy.CLEAN, OPENINGS, toy.EXACT), recipe=RECIPE)
DUMP = {
    "a": "once upon a time\n\nonce upon a time there was\n\nand a tale",
    "b": "once upon\n\nonce upon a mat\n\nand a tale",
    "c": "onc\n\nonce upon a time there was a king",
}


def built(source: Source, folder: Path, output: str, workers: int = 1, **settings: str) -> Built:
    dump = folder / "dump"
    if not dump.exists():  # written again, its files would be other files
        toy.write(dump, **DUMP)
    out, beam_arguments = str(folder / output), [f"--direct_num_workers={workers}"]
    return build(source, [str(dump)], out, settings={"shards_least": "99", **settings}, beam_arguments=beam_arguments)


def rows_of(result: Built, kind: str) -> list[dict[str, Any]]:
    return [row for path in sorted(Path(result.folder).glob(f"*/{kind}-*")) for row in pq.read_table(path).to_pylist()]


def test_documents_drops_and_tally(tmp_path: Path) -> None:
    result = built(SOURCE, tmp_path, "out")
    assert {row["id"]: row["text"] for row in rows_of(result, "documents")} == {
        "toy:b/1": "once upon a mat",
        "toy:c/0": "onc",  # shorter than the opening by which texts meet
        "toy:c/1": "once upon a time there was a king",
        "toy:a/2": "and a tale",  # the other one is dropped by EXACT
    }
    dropped = [row for row in rows_of(result, "dropped") if row["stage"] == "openings"]
    assert [(row["id"], row["text"], row["reason"], row["duplicate_of"]) for row in dropped] == [
        ("toy:a/0", "once upon a time", "only_an_opening", "toy:c/1"),
        ("toy:a/1", "once upon a time there was", "only_an_opening", "toy:c/1"),
        ("toy:b/0", "once upon", "only_an_opening", "toy:b/1"),
    ]
    assert {(stage, unit): counts for stage, unit, counts in result.ledger.tallies() if stage != "clean"} == {
        ("input", "file"): {"entered": 3, "kept": 3},
        ("input", "byte"): {"entered": 132, "kept": 132},
        ("read", "byte"): {"entered": 132, "kept": 132},
        ("read", "paragraph"): {"entered": 8, "kept": 8},
        ("read", "document"): {"entered": 8, "kept": 8},
        ("openings", "document"): {"entered": 8, "kept": 5, "only_an_opening": 3},
        ("exact", "document"): {"entered": 5, "kept": 4, "duplicate": 1},
    }


def test_two_workers_and_inline_blobs_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [built(SOURCE, tmp_path, "one"), built(SOURCE, tmp_path, "two", workers=2)]
    monkeypatch.setattr("pipelines.engine.build.is_local", lambda options: False)
    results.append(built(SOURCE, tmp_path, "inline"))
    one, two, inline = ([rows_of(result, kind) for kind in ("documents", "dropped")] for result in results)
    assert one == two == inline


@pytest.mark.parametrize(
    ("settings", "dropped"),
    [({"opening_chars": "3"}, 4), ({"opening_chars": "4"}, 3), ({"opening_chars": "16"}, 2), ({"openings": "off"}, 0)],
    ids=["shorter opening", "as it is", "longer opening", "switched off"],
)
def test_its_numbers_are_in_force_in_a_folder_built_before(
    tmp_path: Path, settings: dict[str, str], dropped: int
) -> None:
    built(SOURCE, tmp_path, "out")
    result = built(SOURCE, tmp_path, "out", **settings)
    assert result.ledger.count("openings", "document", "only_an_opening") == dropped


def test_rules_name_its_measure_and_numbers() -> None:
    rules = [rule for rule in rules_of(SOURCE, "paper", RECIPE) if rule.stage == "openings"]
    assert [(rule.reason, rule.test) for rule in rules] == [
        ("only_an_opening", "opening_chars"),
        ("only_an_opening", "openings"),
    ]
    assert all(rule.measure.startswith("begins (tests/pipelines/engine/dedup/test_third_kind.py:") for rule in rules)
