"""Dedup between two passes: hash runs out, drop masks back. No text travels.

pass p      one run for each shard and bucket: (key, rank, position) of its documents or lines
decide      a bucket has every copy of its keys: one numpy sort says which positions go (filters/duplicates.py)
pass p + 1  the positions of its shard come back as a mask; it reads its own documents again and drops them
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from corpus.document import Document
from corpus.writers import LINE, id_hash
from filters.duplicates import (
    Decision,
    Keys,
    Positions,
    Run,
    bucket_of,
    drops_within_run,
    in_scope,
    repeats_within,
    shared_rows,
)
from pipelines.engine.dedup.wire import decision_bytes, run_bytes
from pipelines.engine.files import Blob, BlobFile
from pipelines.engine.stages import Dedup, Values, choice, field_values, valued

ALL = "all"


class KeyGatherer:
    """Takes the keys of one shard's documents, in order, and writes them as runs.

    Args:
        run_bytes: a run is cut at so many bytes.
        bits: there are 2**bits buckets.
    """

    def __init__(self, dedup: Dedup, values: Values, shard: int, bits: int, run_bytes: int, out: BlobFile) -> None:
        self._dedup, self._shard, self._bits, self._out = dedup, shard, bits, out
        self._limits = valued(dedup.limits, values)
        self._keep = choice(dedup.keep, values)
        self._scope = choice(dedup.scope, values)
        self._most_units = max(1, run_bytes // 24)
        self._keys: list[Keys] = []
        self._scopes: list[int] = []
        self._ranks: list[int] = []
        self._ids: list[str] = []
        self._gathered = self._position = 0
        self._repeats: list[Positions] = []
        self._dropped_within: list[Decision] = []
        self._runs: list[tuple[int, Blob]] = []
        self._starts: list[int] = []
        self._names: list[str] = []

    def add(self, document: Document) -> None:
        """Take the keys of the next document."""
        keys = self._dedup.keys(document.text, **field_values(document, self._dedup.fields), **self._limits)
        self._keys.append(keys)
        self._scopes.append(_scope(self._scope, self._shard, document))
        self._ranks.append(self._rank(document))
        if self._dedup.unit == LINE:
            self._starts.append(self.units)
            self._names.append(document.id)
        else:
            self._ids.append(document.id)
        self._gathered += len(keys)
        if self._gathered >= self._most_units:
            self._flush()

    @property
    def units(self) -> int:
        """How many units were taken."""
        return self._position + self._gathered

    def _rank(self, document: Document) -> int:
        if self._keep != "first":
            return 0
        return self._dedup.rank(document) if self._dedup.rank else id_hash(document.id)

    def _flush(self) -> None:
        if not self._gathered:
            return
        counts = np.array([len(keys) for keys in self._keys])
        owners = np.repeat(np.arange(len(counts)), counts)
        run = self._run(np.concatenate(self._keys), owners)
        rows = shared_rows(run.keys)
        stays = np.ones(len(run.keys), np.bool_)
        if self._dedup.unit == LINE:
            again = repeats_within(run.keys, owners, rows)
            stays[rows[again]] = False
            self._repeats.append(run.positions[~stays])
            rows = rows[~again]
        stays[self._drop_within_run(run, rows)] = False
        self._write(_run_rows(run, np.flatnonzero(stays)))
        self._position += self._gathered
        self._keys, self._scopes, self._ranks, self._ids, self._gathered = [], [], [], [], 0

    def _run(self, keys: Keys, owners: Positions) -> Run:
        """All that waits, as one run."""
        if self._scope != ALL:
            scopes = np.array(self._scopes, np.uint64)
            keys = in_scope(keys, scopes[:1] if (scopes == scopes[0]).all() else scopes[owners])
        ranks = np.array(self._ranks if self._keep == "first" else [], np.uint64)
        positions = np.arange(len(keys), dtype=np.int64) + self._position
        ids = pa.array(self._ids, pa.string()) if self._dedup.unit != LINE else None
        return Run(keys, ranks[owners] if len(ranks) else ranks, positions, ids)

    def _drop_within_run(self, run: Run, rows: Positions) -> Positions:
        """The rows of a run that go whatever other shards have, which need not see them; they are noted."""
        goes, twins = drops_within_run(run, self._keep, rows)
        if len(goes):
            ids = None if run.ids is None else run.ids.take(pa.array(twins))
            shards = np.full(len(goes), self._shard, np.int64)
            self._dropped_within.append(Decision(run.positions[goes], shards, run.positions[twins], ids))
        return goes

    def _write(self, run: Run) -> None:
        buckets = bucket_of(run.keys, self._bits)
        order = np.argsort(buckets, kind="stable")
        edges = np.cumsum(np.bincount(buckets, minlength=2**self._bits))
        for bucket, rows in enumerate(np.split(order, edges[:-1])):
            if len(rows):
                self._runs.append((bucket, self._out.add(run_bytes(_run_rows(run, rows)))))

    def close(self) -> list[tuple[int, Blob]]:
        """Write what waits; (bucket, blob of a run) for all that was written."""
        self._flush()
        return self._runs

    def repeats(self) -> Positions:
        """Positions of the lines that their own document already had, ascending."""
        return np.concatenate(self._repeats) if self._repeats else np.zeros(0, np.int64)

    def dropped_within(self, twins: int) -> bytes:
        """What goes in this shard whatever others have, as a decision; of lines, so many twins are noted."""
        if not self._dropped_within:
            return b""
        positions, shards, twin_positions, ids = zip(*self._dropped_within, strict=True)
        names = None if ids[0] is None else pa.concat_arrays(ids)
        decision = Decision(np.concatenate(positions), np.concatenate(shards), np.concatenate(twin_positions), names)
        return decision_bytes(trimmed(decision, twins) if self._dedup.unit == LINE else decision)

    def index(self) -> pa.Table:
        """Which document a line position belongs to: columns start, id; one row a document."""
        return pa.table({"start": pa.array(self._starts, pa.int64()), "id": pa.array(self._names, pa.string())})


def _scope(scope: str, shard: int, document: Document) -> int:
    kind, _, size = scope.partition(":")
    if kind == ALL:
        return 0
    if kind == "dump":
        return id_hash(document.meta["dump"]) | 1
    return 1 + shard // (int(size) if kind == "group" else 1)


def _run_rows(run: Run, rows: Positions) -> Run:
    ids = None if run.ids is None else run.ids.take(pa.array(rows))
    return Run(run.keys[rows], run.ranks[rows] if len(run.ranks) else run.ranks, run.positions[rows], ids)


def trimmed(decision: Decision, twins: int) -> Decision:
    """A decision with the twins of its first positions only."""
    return decision._replace(twin_shards=decision.twin_shards[:twins], twin_positions=decision.twin_positions[:twins])
