"""Near as a Beam graph: what each shard drops, the evidence, and that neither buckets nor memory change either."""

from __future__ import annotations

from ast import literal_eval
from pathlib import Path
from random import Random
from typing import Any

import apache_beam as beam
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from corpus.document import Document
from corpus.recipe import Recipe, cited
from pipelines.engine.dedup.base import Barrier
from pipelines.engine.dedup.near import LIMITS, MATCHES, Near
from pipelines.engine.dedup.wire import load, unpack_drops
from pipelines.engine.files import BlobFile

VALUES = {"overlap_share": 0.9, "shingle_words": 3, "sample_one_in": 1, "probe_hashes": 16, "max_postings": 32,
          "min_probe_share": 0.25, "evidence_words": 6}  # fmt: skip
RECIPE = Recipe("tests", **{name: cited(VALUES[name], "tests") for name in LIMITS})
NEAR = Near("near", **RECIPE)


def words(seed: int, count: int) -> list[str]:
    return [f"w{number}" for number in Random(seed).choices(range(5000), k=count)]


STORY, OTHER, LAST = words(1, 200), words(2, 250), words(3, 300)
SHARDS = [
    [("a", STORY), ("b", OTHER), ("lone", words(9, 90))],
    [("c", STORY), ("d", [*STORY, *OTHER])],
    [],
    [("e", LAST[:297]), ("f", words(8, 40)), ("g", [*LAST, "more"]), ("h", LAST)],
]
"""d covers a, b and c; g covers e and h."""
DROPPED = {0: [(0, (1, 1), "d"), (1, (1, 1), "d")], 1: [(0, (1, 1), "d")], 3: [(0, (3, 2), "g"), (3, (3, 2), "g")]}


def decided(folder: Path, bits: int, inline: bool, **numbers: int) -> dict[int, list[tuple[Any, ...]]]:
    """What each shard drops: position, shard and position of what it duplicates, and that one's id."""
    values = {**VALUES, "run_bytes": 1 << 20, "bucket_bytes": 1 << 20, **numbers}
    barrier = Barrier(values, bits, inline, str(folder), str(folder))
    runs = []
    for shard, documents in enumerate(SHARDS):
        path = barrier.runs_file(shard)
        with open(path, "wb") as file:
            gatherer = NEAR.gatherer(barrier, shard, BlobFile(path, file))
            for name, text in documents:
                gatherer.add(Document(name, " ".join(text), "books"))
            gathered = gatherer.close()
        runs += [(bucket, (shard, (path, blob.offset, blob.length, b""))) for bucket, blob in gathered.runs]
    with beam.Pipeline("DirectRunner", PipelineOptions(["--direct_num_workers=1"])) as pipeline:
        drops = NEAR.decide(pipeline | beam.Create(runs).with_output_types(tuple[int, Any]), barrier)
        (
            drops
            | beam.Map(lambda sent: (sent[0], load(sent[1])))
            | beam.combiners.ToList()
            | beam.Map(lambda all_drops: (folder / "drops").write_text(repr(all_drops)))
        )
    found = literal_eval((folder / "drops").read_text())
    lists = {shard: unpack_drops(data) for shard, data in found}
    return {
        shard: [
            (position, (shard_of, position_of), name)
            for position, shard_of, position_of, name in zip(
                drop.positions.tolist(), drop.duplicate_of_shards.tolist(), drop.duplicate_of_positions.tolist(),
                drop.duplicate_of_ids.to_pylist(), strict=True,
            )
        ]
        for shard, drop in sorted(lists.items())
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bits", "inline", "numbers"),
    [(0, True, {}), (4, False, {"run_bytes": 500, "bucket_bytes": 700})],
    ids=["in memory", "cut and through files"],
)
def test_a_document_that_another_covers_is_dropped(
    tmp_path: Path, bits: int, inline: bool, numbers: dict[str, int]
) -> None:
    assert decided(tmp_path, bits, inline, **numbers) == DROPPED
    matches = pq.read_table(tmp_path / MATCHES).to_pylist()
    assert [(match["dropped"], match["kept"]) for match in matches] == [
        ("a", "d"), ("b", "d"), ("c", "d"), ("e", "g"), ("h", "g"),
    ]  # fmt: skip
    assert [match["dropped_words"] for match in matches] == [200, 250, 200, 297, 300]
    assert all(match["coverage"] > 0.9 and match["dropped_text"] == match["kept_text"] for match in matches)
    assert all(len(match["kept_text"].split()) == 6 for match in matches)


def test_limits_that_are_missing_are_named() -> None:
    with pytest.raises(TypeError, match=r"near: the limits are overlap_share, .*, not overlap_share$"):
        Near("near", overlap_share=cited(0.9, "tests"))
