"""filters/duplicates.py against a plain dictionary, and what its docstrings promise."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.duplicates import (
    IGNORED_KEY,
    DropList,
    KeyRun,
    KeyTable,
    bucket_of,
    decide,
    drop_lists,
    drops_within_run,
    in_scope,
    repeats_within,
    rows_of,
    shared_rows,
)

KEYS = st.lists(st.lists(st.integers(0, 6), max_size=8, unique=True), min_size=1, max_size=4)


def runs_of(shards: list[list[int]], ranked: bool) -> list[tuple[int, KeyRun]]:
    def run(shard: int, keys: list[int]) -> KeyRun:
        ranks = np.array([(key * 7 + shard * 13) % 5 for key in keys], np.uint64) if ranked else None
        ids = pa.array([f"{shard}/{at}" for at in range(len(keys))], pa.string())
        return KeyRun(
            np.array(keys, np.uint64), np.array(ranks, np.uint64) if ranked else None, np.arange(len(keys)), ids
        )

    return [(shard, run(shard, keys)) for shard, keys in enumerate(shards)]


def decide_runs(runs: list[tuple[int, KeyRun]], keep: str) -> dict[int, DropList]:
    """The drop list of each shard, of runs that all fit in memory."""
    tables = [rows_of(shard, run) for shard, run in runs]
    keys, shards, positions = (np.concatenate([table[at] for table in tables]) for at in (0, 2, 3))
    ranks = None if tables[0].ranks is None else np.concatenate([table.ranks for table in tables])
    ids = None if tables[0].ids is None else pa.concat_arrays([table.ids for table in tables])
    return dict(drop_lists(decide(KeyTable(keys, ranks, shards, positions, ids), keep)))


def expected(runs: list[tuple[int, KeyRun]], keep: str) -> dict[int, list[int]]:
    copies: dict[int, list[tuple[int, int, int]]] = {}
    for shard, run in runs:
        for at, key in enumerate(run.keys.tolist()):
            rank = 0 if run.ranks is None else int(run.ranks[at])
            copies.setdefault(key, []).append((rank, shard, at))
    drops: dict[int, list[int]] = {}
    for key, places in copies.items():
        if key != IGNORED_KEY and len(places) > 1:
            for _rank, shard, at in sorted(places)[0 if keep == "none" else 1 :]:
                drops.setdefault(shard, []).append(at)
    return {shard: sorted(positions) for shard, positions in drops.items()}


@given(KEYS, st.sampled_from(["first", "none"]), st.booleans())
def test_decide_is_what_a_dictionary_says(shards: list[list[int]], keep: str, ranked: bool) -> None:
    runs = runs_of(shards, ranked)
    decided = decide_runs(runs, keep)
    assert {shard: drops.positions.tolist() for shard, drops in decided.items()} == expected(runs, keep)


@given(KEYS, st.sampled_from(["first", "none"]))
def test_every_duplicate_has_the_same_key_and_another_position(shards: list[list[int]], keep: str) -> None:
    for shard, drops in decide_runs(runs_of(shards, True), keep).items():
        named = zip(*drops[:3], drops.duplicate_of_ids.to_pylist(), strict=True)
        for at, other_shard, other_at, name in named:
            assert shards[shard][at] == shards[other_shard][other_at]
            assert (shard, at) != (other_shard, other_at)
            assert name == f"{other_shard}/{other_at}"


@given(KEYS, st.randoms())
def test_decide_does_not_see_the_order_of_runs(shards: list[list[int]], random: object) -> None:
    runs = runs_of(shards, True)
    shuffled = list(runs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for keep in ("first", "none"):
        left, right = decide_runs(runs, keep), decide_runs(shuffled, keep)
        assert left.keys() == right.keys()
        assert all((left[shard].positions == right[shard].positions).all() for shard in left)


@given(st.lists(st.integers(0, 4), max_size=12))
def test_shared_rows_stand_by_key_then_place(keys: list[int]) -> None:
    wanted = [(key, at) for at, key in enumerate(keys) if keys.count(key) > 1 and key != IGNORED_KEY]
    assert shared_rows(np.array(keys, np.uint64)).tolist() == [at for _key, at in sorted(wanted)]


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=5), min_size=1, max_size=5))
def test_repeats_within_a_document_keep_the_first(documents: list[list[int]]) -> None:
    keys = np.array([key for document in documents for key in document], np.uint64)
    owners = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
    wanted = [key in document[:at] and key != IGNORED_KEY for document in documents for at, key in enumerate(document)]
    rows = shared_rows(keys)
    repeated = rows[repeats_within(keys, owners, rows)]
    assert sorted(repeated.tolist()) == np.flatnonzero(wanted).tolist()


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20), st.integers(0, 12))
def test_equal_keys_share_a_bucket(keys: list[int], bits: int) -> None:
    array = np.array(keys, np.uint64)
    buckets = bucket_of(array, bits)
    assert ((buckets >= 0) & (buckets < 2**bits)).all()
    assert (bucket_of(np.arange(1000, dtype=np.uint64), min(bits, 5)).max(initial=0)) == 2 ** min(bits, 5) - 1
    assert (buckets == bucket_of(array, bits)).all()


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20), st.integers(0, 8), st.integers(1, 8))
def test_the_bits_of_a_bucket_and_those_after_them_are_the_first_bits(keys: list[int], first: int, more: int) -> None:
    array = np.array(keys, np.uint64)
    together = bucket_of(array, first).astype(np.int64) << more | bucket_of(array, more, first)
    assert (together == bucket_of(array, first + more)).all()


@pytest.mark.parametrize("scope", [1, 2, 12345, 2**64 - 1])
def test_scopes_keep_equal_keys_apart(scope: int) -> None:
    keys = np.array([IGNORED_KEY, 1, 2, 2**63, 2**64 - 1], np.uint64)
    moved = in_scope(keys, np.full(len(keys), scope, np.uint64))
    assert moved[0] == IGNORED_KEY
    assert (moved[1:] != keys[1:]).all()
    assert len(set(moved.tolist())) == len(keys)
    assert (in_scope(keys, np.zeros(len(keys), np.uint64)) == keys).all()


@given(KEYS, st.sampled_from(["first", "none"]), st.booleans())
def test_what_a_run_drops_by_itself_is_what_all_runs_decide(shards: list[list[int]], keep: str, ranked: bool) -> None:
    """Each shard's documents put into one run of lines: its own drops and the decision on the rest are the decision."""
    runs = [(shard, joined(keys, shard, ranked)) for shard, keys in enumerate(shards)]
    expected_drops = {shard: drops.positions.tolist() for shard, drops in decide_runs(runs, keep).items()}
    parts: dict[int, list[int]] = {}
    travelling = []
    for shard, run in runs:
        dropped, duplicate_of = drops_within_run(run, keep, shared_rows(run.keys))
        rest = np.setdiff1d(np.arange(len(run.keys)), dropped)
        assert set(duplicate_of.tolist()) <= set(rest.tolist())
        assert (run.keys[dropped] == run.keys[duplicate_of]).all()
        assert dropped.tolist() == sorted(dropped.tolist())
        parts[shard] = run.positions[dropped].tolist()
        ranks = None if run.ranks is None else run.ranks[rest]
        travelling.append((shard, KeyRun(run.keys[rest], ranks, run.positions[rest])))
    for shard, drops in decide_runs(travelling, keep).items():
        parts[shard] += drops.positions.tolist()
    assert {shard: sorted(positions) for shard, positions in parts.items() if positions} == expected_drops


def joined(keys: list[int], shard: int, ranked: bool) -> KeyRun:
    """Three documents with the same keys, and one of its own: a run in which most keys stand three times."""
    several = [*keys, *keys, *keys, 7 + shard]
    ranks = np.array([(at * 7 + shard * 13) % 5 for at in range(len(several))], np.uint64) if ranked else None
    return KeyRun(np.array(several, np.uint64), ranks, np.arange(len(several)) + 100)


@pytest.mark.parametrize(("keep", "travel"), [("first", 1), ("none", 2)])
def test_a_key_that_every_document_has_travels_once_or_twice(keep: str, travel: int) -> None:
    run = KeyRun(np.full(10_000, 5, np.uint64), None, np.arange(10_000))
    dropped, _duplicate_of = drops_within_run(run, keep, shared_rows(run.keys))
    assert len(run.keys) - len(dropped) == travel


def test_the_ignored_key_is_never_dropped() -> None:
    run = KeyRun(np.full(9, IGNORED_KEY, np.uint64), None, np.arange(9))
    assert all(len(rows) == 0 for rows in drops_within_run(run, "none", shared_rows(run.keys)))
