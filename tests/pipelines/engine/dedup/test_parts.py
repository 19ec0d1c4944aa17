"""pipelines/engine/dedup/parts.py: rows larger than memory come back, those of equal keys together."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import toy

from filters.duplicates import DropList, KeyRun, KeyTable, bucket_of
from pipelines.engine.dedup.base import Barrier
from pipelines.engine.dedup.decide import DecideKeys
from pipelines.engine.dedup.parts import Parts
from pipelines.engine.dedup.wire import load, pack, unpack_drops

ROW = 24
"""Bytes of a row in memory: key, shard, position."""


def rows_with(keys: np.ndarray) -> KeyTable:
    ids = pa.array([f"d{at}" for at in range(len(keys))], pa.string())
    return KeyTable(keys, None, np.zeros(len(keys), np.int64), np.arange(len(keys)), ids)


@pytest.mark.parametrize("most_rows", [10, 100, 1_000, 100_000], ids=lambda rows: f"memory for {rows}")
@pytest.mark.parametrize("skipped", [0, 5])
def test_every_row_once_and_equal_keys_together(most_rows: int, skipped: int, tmp_path: Path) -> None:
    """3,000 rows, 100 of them of one key: in memory, cut once, and cut many times."""
    keys = np.random.default_rng(2).integers(1, 2**64, 3_000, np.uint64)
    keys[:2_900] = keys[bucket_of(keys, skipped) == 0][0] if skipped else keys[:2_900]  # what a bucket holds
    keys[::30] = 77
    parts = Parts(KeyTable, most_rows * ROW, str(tmp_path), skipped)
    for start in range(0, 3_000, 50):
        whole = rows_with(keys)
        parts.add(KeyTable(*(None if column is None else column[start : start + 50] for column in whole)))
    found = list(parts)
    assert sorted(position for part in found for position in part.positions.tolist()) == list(range(3_000))
    assert all(part.ids.to_pylist() == [f"d{at}" for at in part.positions.tolist()] for part in found)
    assert all((part.keys == keys[part.positions]).all() for part in found)
    assert sum(77 in part.keys for part in found) == 1
    assert (len(found) == 1) == (most_rows == 100_000)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_no_part(tmp_path: Path) -> None:
    assert list(Parts(KeyTable, 10, str(tmp_path))) == []


def test_equal_keys_that_exceed_memory_are_one_part(tmp_path: Path) -> None:
    parts = Parts(KeyTable, 10 * ROW, str(tmp_path))
    for _ in range(5):
        parts.add(rows_with(np.full(100, 5, np.uint64)))
    assert [len(part.keys) for part in parts] == [500]


def decide_bucket(bucket_bytes: int, runs: Iterable[tuple[int, KeyRun]], folder: Path) -> dict[int, DropList]:
    values = {"bucket_bytes": bucket_bytes, "duplicate_of_lines": 3}
    barrier = Barrier(values, 0, True, str(folder), str(folder))
    decide = DecideKeys(barrier, "none", toy.LINES.unit)
    sent = ((shard, ("", 0, 0, pack(run))) for shard, run in runs)
    decided = [(shard, unpack_drops(load(drops))) for shard, drops in decide.process((0, sent))]
    assert len(dict(decided)) == len(decided)
    return dict(decided)


def lines(shards: int, rows: int) -> Iterator[tuple[int, KeyRun]]:
    """Runs of which a third of the keys are also in other shards."""
    dice = np.random.default_rng(3)
    for shard in range(shards):
        common, own = dice.choice(2 * rows, rows // 3, replace=False), dice.integers(2 * rows, 2**63, rows - rows // 3)
        yield shard, KeyRun(np.concatenate([common + 1, own]).astype(np.uint64), None, np.arange(rows))


def test_a_bucket_cut_through_the_disk_drops_the_same(tmp_path: Path) -> None:
    runs = list(lines(shards=30, rows=400))
    whole, cut = (decide_bucket(size, runs, tmp_path) for size in (1 << 30, 4_000))
    assert whole.keys() == cut.keys()
    assert sum(len(drops.positions) for drops in whole.values()) > 3_000
    for shard, drops in whole.items():
        assert [column.tolist() for column in drops[:3]] == [column.tolist() for column in cut[shard][:3]]
        assert len(drops.duplicate_of_shards) == 3


def test_memory_does_not_grow_with_the_bucket(tmp_path: Path) -> None:
    """A bucket of 6 MB of rows against one of 0.6 MB, each in the memory of 256 KB of rows; what is dropped stays."""
    peaks = []
    for shards in (10, 100):
        tracemalloc.start()
        decided = decide_bucket(1 << 18, lines(shards, rows=2_500), tmp_path)
        kept, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(decided) == shards
        peaks.append(peak - kept)
    assert peaks[1] < 1.5 * peaks[0]
