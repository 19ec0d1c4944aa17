"""Which units with equal keys are dropped: the decision of a dedup by keys, one numpy sort per bucket.

A *unit* is a document or a line. A *run* is what one shard knows of its keys: key, rank and position of each unit. A
*bucket* is a slice of the key space that holds every copy of its keys. A decision needs only the rows of its keys, so
it depends neither on the worker that makes it, nor on the order in which runs arrive, nor on the number of buckets.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Positions = NDArray[np.int64]

IGNORED_KEY = 0
"""A unit with this key is compared with nothing (an empty line)."""

_KEY_BITS, _SCOPE_SHIFT = 64, np.uint64(7)
_MIX = np.uint64(0x9E3779B97F4A7C15)


class KeyRun(NamedTuple):
    """Keys of one shard, all arrays of shape (n,): uint64, unsigned, int64.

    ranks are None where every copy is dropped. ids holds the document ids of the units, so that a dropped document can
    name the one that it duplicates; None for lines.
    """

    keys: Keys
    ranks: Keys | None
    positions: Positions
    ids: pa.Array | None = None


class KeyTable(NamedTuple):
    """Keys of many shards: what a run holds, and the shard of each row, int64, shape (n,)."""

    keys: Keys
    ranks: Keys | None
    shards: Positions
    positions: Positions
    ids: pa.Array | None = None


class DropTable(NamedTuple):
    """Units of many shards to drop, and the unit that each one duplicates; int64 arrays of shape (d,) and ids."""

    shards: Positions
    positions: Positions
    duplicate_of_shards: Positions
    duplicate_of_positions: Positions
    duplicate_of_ids: pa.Array | None = None


class DropList(NamedTuple):
    """The units of one shard to drop: their positions, ascending, and the unit that each one duplicates.

    All arrays have shape (d,): int64 positions in the shard, and shard, position and document id of the duplicate.
    The duplicates may be fewer than the positions: they belong to the first of them. ids are None for lines.
    """

    positions: Positions
    duplicate_of_shards: Positions
    duplicate_of_positions: Positions
    duplicate_of_ids: pa.Array | None = None


def in_scope(keys: Keys, scopes: Keys) -> Keys:
    """Keys made different for every scope, so that equal keys of two scopes do not meet; both arrays of shape (n,)."""
    # The scope's hash (Fibonacci hashing) is xor-ed into the key: one-to-one, so unequal keys stay unequal. IGNORED_KEY
    # stays itself; the one key that would become IGNORED_KEY becomes `mixed`, which only IGNORED_KEY would have become.
    with np.errstate(over="ignore"):
        mixed = (scopes * _MIX) ^ (scopes >> _SCOPE_SHIFT)
    changed = keys ^ mixed
    return np.where(keys == IGNORED_KEY, keys, np.where(changed == IGNORED_KEY, mixed, changed))


def bucket_of(keys: Keys, bits: int, skipped: int = 0) -> NDArray[np.unsignedinteger]:
    """The bucket of each key, 0 to 2**bits - 1, shape (n,), in the smallest unsigned type that holds it.

    skipped: bits of the hash that are not looked at: those by which the keys were put together before.
    """
    # Fibonacci hashing (multiply by 2**64 / golden ratio, take the highest bits), as keys need not be uniform.
    # The small type is for the sort by bucket that follows: numpy sorts up to 16 bits (radix) five times as fast as 64.
    narrow = np.min_scalar_type(2**bits - 1)
    if bits == 0:
        return np.zeros(len(keys), narrow)
    with np.errstate(over="ignore"):
        return (((keys * _MIX) << np.uint64(skipped)) >> np.uint64(_KEY_BITS - bits)).astype(narrow)


def shared_rows(keys: Keys) -> Positions:
    """The rows of keys (n,) that occur more than once, ordered by key, then row; shape (s,)."""
    # Most keys occur once: an unstable sort of all n finds the s others, and the stable sort, six times as slow, sees
    # only those. same[i] says that ordered[i] equals ordered[i - 1], so a row is shared if same[i] or same[i + 1].
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


def rows_of(shard: int, run: KeyRun) -> KeyTable:
    """A run as rows of that shard."""
    return KeyTable(run.keys, run.ranks, np.full(len(run.keys), shard, np.int64), run.positions, run.ids)


def decide(rows: KeyTable, keep: str) -> DropTable:
    """The units to drop, given all rows of some keys.

    keep is `first`: of equal keys the one with the smallest rank is kept (equal ranks: the smaller shard, position);
    or `none`: of a key that more than one unit has, every copy is dropped. A run must not repeat a key of one document.
    """
    shared = shared_rows(rows.keys)  # every array below is cut to these rows, shape (s,)
    keys, shards, positions = rows.keys[shared], rows.shards[shared], rows.positions[shared]
    ranks = () if rows.ranks is None else (rows.ranks[shared],)
    order = np.lexsort((positions, shards, *ranks, keys))  # by key, then rank, shard, position: the best first
    keys, shards, positions = keys[order], shards[order], positions[order]
    duplicate_of = _first_of_equals(keys)
    first = duplicate_of == np.arange(len(keys))
    if keep == "none":
        dropped = np.ones(len(keys), np.bool_)
        duplicate_of[first] += 1  # the first copy names the second
    else:
        dropped = ~first
    duplicate_of = duplicate_of[dropped]
    ids = None if rows.ids is None else rows.ids.take(pa.array(shared[order][duplicate_of]))
    return DropTable(shards[dropped], positions[dropped], shards[duplicate_of], positions[duplicate_of], ids)


def drop_lists(drops: DropTable) -> Iterator[tuple[int, DropList]]:
    """(shard, its drop list), in order of the shards."""
    order = np.lexsort((drops.positions, drops.shards))
    shards, positions = drops.shards[order], drops.positions[order]
    duplicates = drops.duplicate_of_shards[order], drops.duplicate_of_positions[order]
    ids = None if drops.duplicate_of_ids is None else drops.duplicate_of_ids.take(pa.array(order))
    edges = np.flatnonzero(np.diff(shards, prepend=-1)).tolist()  # where each shard's rows begin
    for start, end in pairwise([*edges, len(shards)]):
        of_shards, of_positions = (column[start:end] for column in duplicates)
        named = None if ids is None else ids.slice(start, end - start)
        yield int(shards[start]), DropList(positions[start:end], of_shards, of_positions, named)


def drops_within_run(run: KeyRun, keep: str, rows: Positions) -> tuple[Positions, Positions]:
    """Rows of a run to drop whatever other shards have, ascending, and for each a row with the same key that travels.

    Args:
        run: keys of one shard.
        keep: as for `decide`.
        rows: the run's shared rows, less those that are not compared.
    """
    # A combiner in the sense of MapReduce. If the first copy is kept, only the best one of the run can be it; if none
    # is kept, two copies prove as much as a thousand. So a line of every page costs a bucket one or two rows per run.
    if run.ranks is not None:
        rows = rows[np.lexsort((run.ranks[rows], run.keys[rows]))]
    first = _first_of_equals(run.keys[rows])
    dropped = np.arange(len(rows)) - first >= (1 if keep == "first" else 2)
    order = np.argsort(rows[dropped])
    return rows[dropped][order], rows[first[dropped]][order]


def _first_of_equals(ordered: Keys) -> Positions:
    """For each of some ordered keys (n,), the index of the first equal one, shape (n,)."""
    changes = np.ones(len(ordered), np.bool_)
    changes[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(changes)
    return np.repeat(starts, np.diff(np.append(starts, len(ordered))))
