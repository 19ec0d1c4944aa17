"""Which of many equal keys go: the decision of every dedup, one numpy sort a bucket.

A *run* is what one shard knows of its keys: key, rank and position of each unit (document or line). A *bucket* is a
slice of key space that holds every copy of its keys. A decision needs nothing but the runs of its bucket, so it does
not depend on who computed it, nor on the order in which runs arrive.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Positions = NDArray[np.int64]

IGNORED_KEY = 0
"""A unit with this key is compared with nothing (an empty line)."""

_MIX = np.uint64(0x9E3779B97F4A7C15)


class Run(NamedTuple):
    """Keys of one shard, all arrays of shape (n,): uint64, uint64, int64.

    ranks may be empty where every copy goes; ids holds the units' document ids where a twin must be named, else None.
    """

    keys: Keys
    ranks: Keys
    positions: Positions
    ids: pa.Array | None = None


class Decision(NamedTuple):
    """What goes in one shard: positions, ascending, shape (d,), and a twin of each: its shard, position, and id."""

    positions: Positions
    twin_shards: Positions
    twin_positions: Positions
    twin_ids: pa.Array | None = None


def in_scope(keys: Keys, scopes: Keys) -> Keys:
    """Keys made different for every scope, so that equal keys of two scopes do not meet; both arrays of shape (n,)."""
    with np.errstate(over="ignore"):
        mixed = (scopes * _MIX) ^ (scopes >> np.uint64(7))
    changed = keys ^ mixed
    return np.where(keys == IGNORED_KEY, keys, np.where(changed == IGNORED_KEY, mixed, changed))


def bucket_of(keys: Keys, bits: int) -> NDArray[np.unsignedinteger]:
    """The bucket of each key, 0 to 2**bits - 1: its highest bits after mixing, as keys need not be uniform.

    In the smallest type that holds them: numpy sorts up to 16 bits five times as fast as 64.
    """
    narrow = np.min_scalar_type(2**bits - 1)
    if bits == 0:
        return np.zeros(len(keys), narrow)
    with np.errstate(over="ignore"):
        return ((keys * _MIX) >> np.uint64(64 - bits)).astype(narrow)


def shared_rows(keys: Keys) -> Positions:
    """Where keys stand that occur more than once, by key, then place; shape (s,).

    Most occur once: a fast sort finds the others, a stable one, six times as slow, then sees only those.
    """
    order = np.argsort(keys)
    ordered = keys[order]
    same = np.zeros(len(keys) + 1, np.bool_)
    same[1:-1] = (ordered[1:] == ordered[:-1]) & (ordered[1:] != IGNORED_KEY)
    rows = np.sort(order[same[:-1] | same[1:]])
    return rows[np.argsort(keys[rows], kind="stable")]


def repeats_within(keys: Keys, owners: Positions, rows: Positions) -> NDArray[np.bool_]:
    """True for each of the shared rows whose key its own document has already had; the first stays. Shape (s,).

    owners holds the document number of each unit and ascends, shape (n,).
    """
    shared, owner = keys[rows], owners[rows]
    again = np.zeros(len(rows), np.bool_)
    again[1:] = (shared[1:] == shared[:-1]) & (owner[1:] == owner[:-1])
    return again


def decide(runs: list[tuple[int, Run]], keep: str) -> dict[int, Decision]:
    """What goes, by shard, given every (shard, run) of one bucket.

    keep is `first`: of equal keys the one with the smallest rank stays (equal ranks: the smaller shard, position);
    or `none`: of a key that more than one unit has, every copy goes. A run must not repeat a key of one document.
    """
    keys = np.concatenate([run.keys for _shard, run in runs])
    crowded = shared_rows(keys)
    keys = keys[crowded]
    shards = np.concatenate([np.full(len(run.keys), shard, np.int64) for shard, run in runs])[crowded]
    positions = np.concatenate([run.positions for _shard, run in runs])[crowded]
    ranks = np.concatenate([run.ranks if len(run.ranks) else np.zeros(len(run.keys), np.uint64) for _s, run in runs])
    order = np.lexsort((positions, shards, ranks[crowded], keys))
    keys, shards, positions = keys[order], shards[order], positions[order]
    twin = _first_of_equals(keys)
    first = twin == np.arange(len(keys))
    if keep == "none":
        goes = np.ones(len(keys), np.bool_)
        twin[first] += 1  # the first copy has the second as its twin
    else:
        goes = ~first
    twin = twin[goes]
    ids = _ids(runs, crowded[order][twin])
    return _by_shard(shards[goes], Decision(positions[goes], shards[twin], positions[twin], ids))


def drops_within_run(run: Run, keep: str, rows: Positions) -> tuple[Positions, Positions]:
    """Rows of a run that go whatever other shards have, ascending, and for each a row with the same key that travels.

    rows are its shared rows, less those that are not compared.

    Where the first is kept, only the best copy in the run can be it; where none is kept, two copies tell as much as a
    thousand. So what every document has costs a bucket two rows a run, not one a document.
    """
    if len(run.ranks):
        rows = rows[np.lexsort((run.ranks[rows], run.keys[rows]))]
    first = _first_of_equals(run.keys[rows])
    goes = np.arange(len(rows)) - first >= (1 if keep == "first" else 2)
    order = np.argsort(rows[goes])
    return rows[goes][order], rows[first[goes]][order]


def _first_of_equals(ordered: Keys) -> Positions:
    """For each of some ordered keys, where the first equal one stands."""
    changes = np.ones(len(ordered), np.bool_)
    changes[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(changes)
    return np.repeat(starts, np.diff(np.append(starts, len(ordered))))


def _ids(runs: list[tuple[int, Run]], rows: Positions) -> pa.Array | None:
    if any(run.ids is None for _shard, run in runs):
        return None
    return pa.chunked_array([run.ids for _shard, run in runs], pa.string()).take(pa.array(rows)).combine_chunks()


def _by_shard(shards: Positions, goes: Decision) -> dict[int, Decision]:
    if not len(shards):
        return {}
    order = np.lexsort((goes.positions, shards))
    shards = shards[order]
    edges = np.flatnonzero(np.diff(shards, prepend=-1))
    slices = zip(edges, np.append(edges[1:], len(shards)), strict=True)
    return {int(shards[start]): _rows(goes, order[start:end]) for start, end in slices}


def _rows(goes: Decision, rows: Positions) -> Decision:
    ids = None if goes.twin_ids is None else goes.twin_ids.take(pa.array(rows))
    return Decision(goes.positions[rows], goes.twin_shards[rows], goes.twin_positions[rows], ids)
