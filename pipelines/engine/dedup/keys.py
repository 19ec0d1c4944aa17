"""Dedup by keys: documents or lines with equal keys are copies. No text travels.

gather   runs of each shard, cut by bucket: (key, rank, position) of its documents or lines
decide   a bucket has every copy of its keys: one numpy sort says which positions to drop (filters/duplicates.py)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa

from corpus.document import Document
from corpus.recipe import Cited, Value
from corpus.writers import LINE, id_hash
from filters.duplicates import (
    IGNORED_KEY,
    DropList,
    KeyRun,
    Keys,
    Positions,
    drops_within_run,
    in_scope,
    repeats_within,
    shared_rows,
)
from filters.duplicates import decide as decide_bucket
from filters.ids import id_key
from pipelines.engine.dedup.base import NO_POSITIONS, Barrier, DedupStage, Drops, Gathered, Runs
from pipelines.engine.dedup.decide import DecideKeys
from pipelines.engine.dedup.parts import cut
from pipelines.engine.dedup.wire import pack, rows_at, trim_duplicates
from pipelines.engine.files import Blob, BlobFile
from pipelines.engine.stages import DOCUMENT_ID, choice, field_values, valued

ALL, DUMP = "all", "dump"
KEEPS = ("first", "none")
SCOPES = (ALL, "shard", "group:N", DUMP)
_ROW_BYTES = 24
"""A row of a run in memory: key, rank and position."""
_LOWER_HALF = np.uint64(32)


@dataclass(frozen=True)
class Dedup(DedupStage):
    """Documents or lines that occur more than once.

    Args:
        keys: f(text, **fields, **limits) -> uint64 array, one key per document or one per line (lines end at newlines);
            equal keys are equal texts. Key 0 is compared with nothing.
        keep: `first` keeps the copy with the smallest rank, `none` drops every copy of what more than one document has.
        scope: `all`, `shard`, `group:N` (N shards compared together) or `dump` (by the field `dump`).
        rank: f(Document) -> int below 2**64; the smallest is kept, equal ranks by the smaller shard and position. Of
            lines its upper 32 bits are compared, so it must be a hash. None ranks by the hash of the id.
        by_id: equal keys are equal ids: neither ranks nor ids travel, and the first by shard and position is kept.
    """

    keys: Callable[..., np.ndarray]
    _: KW_ONLY
    keep: str | Cited = "first"
    scope: str | Cited = ALL
    rank: Callable[[Document], int] | None = None
    fields: tuple[str, ...] = ()
    by_id: bool = False

    @property
    def measure(self) -> Callable[..., Any]:
        return self.keys

    def is_numbered(self, values: Mapping[str, Value]) -> bool:
        return choice(self.scope, values) not in (ALL, DUMP)

    def gatherer(self, barrier: Barrier, shard: int, out: BlobFile) -> KeyGatherer:
        return KeyGatherer(self, barrier, shard, out)

    def decide(self, runs: Runs, barrier: Barrier) -> Drops:
        decide = DecideKeys(barrier, choice(self.keep, barrier.values), self.unit)
        grouped = runs | f"{self.name}: by bucket" >> beam.GroupByKey()
        drops: Drops = grouped | f"{self.name}: decide" >> beam.ParDo(decide).with_output_types(tuple[int, Any])
        return drops

    def functions(self) -> Iterator[Callable[..., Any]]:
        yield from (self.keys, in_scope, repeats_within, drops_within_run, decide_bucket)
        if self.rank is not None:
            yield self.rank

    def numbers(self) -> Iterator[Cited]:
        yield from self.limits.values()
        yield from (number for number in (self.keep, self.scope, self.enabled_by) if isinstance(number, Cited))


def repeated_ids() -> Dedup:
    """The stage `ids`: of documents with one id, which a dump has twice by mistake, the first is kept."""
    return Dedup("ids", id_key, fields=(DOCUMENT_ID,), reason="repeated_id", by_id=True, rare=True)


class KeyGatherer:
    """Takes the keys of one shard's documents, in order, and writes them as runs, each cut at `run_bytes`."""

    def __init__(self, dedup: Dedup, barrier: Barrier, shard: int, out: BlobFile) -> None:
        self._dedup, self._barrier, self._shard, self._out = dedup, barrier, shard, out
        self._limits = valued(dedup.limits, barrier.values)
        self._keep = choice(dedup.keep, barrier.values)
        self._scope = choice(dedup.scope, barrier.values)
        self._most_units = max(1, barrier.number("run_bytes") // _ROW_BYTES)
        self._keys: list[Keys] = []
        self._scopes: list[int] = []
        self._ranks: list[int] = []
        self._ids: list[str] = []
        self._gathered = self._position = 0
        self._repeats: list[Positions] = []
        self._dropped: list[DropList] = []
        self._runs: list[tuple[int, Blob]] = []
        self._line_starts: list[int] = []
        self._line_ids: list[str] = []

    def add(self, document: Document) -> None:
        if self._gathered >= self._most_units:
            self._flush()
        keys = self._dedup.keys(document.text, **field_values(document, self._dedup.fields), **self._limits)
        scope, rank = _scope(self._scope, self._shard, document), self._rank(document)
        self._keys.append(keys)
        self._scopes.append(scope)
        self._ranks.append(rank)
        if self._dedup.unit == LINE:
            self._line_starts.append(self._position + self._gathered)
            self._line_ids.append(document.id)
        else:
            self._ids.append(document.id)
        self._gathered += len(keys)

    def close(self) -> Gathered:
        self._flush()
        repeats = np.concatenate(self._repeats) if self._repeats else NO_POSITIONS
        return Gathered(self._runs, self._position, repeats, self._drops(), self._lines())

    def _rank(self, document: Document) -> int:
        if self._keep != "first":
            return 0
        return self._dedup.rank(document) if self._dedup.rank else id_hash(document.id)

    def _flush(self) -> None:
        """Write all that waits as one run: without the repeats of a document, and without what the run itself drops."""
        if not self._gathered:
            return
        # Arrays of shape (n,), a row per unit; owners[i] is the document of unit i, counted from the last flush.
        # A row travels unless it is compared with nothing, or decided here.
        counts = np.array([len(keys) for keys in self._keys])
        owners = np.repeat(np.arange(len(counts)), counts)
        run = self._run(np.concatenate(self._keys), owners)
        rows = shared_rows(run.keys)
        travels = run.keys != IGNORED_KEY
        if self._dedup.unit == LINE:
            again = repeats_within(run.keys, owners, rows)
            repeats = rows[again]
            travels[repeats] = False
            self._repeats.append(run.positions[np.sort(repeats)])
            rows = rows[~again]
        travels[self._drop_within_run(run, rows)] = False
        self._write(rows_at(run, np.flatnonzero(travels)))
        self._position += self._gathered
        self._keys, self._scopes, self._ranks, self._ids, self._gathered = [], [], [], [], 0

    def _run(self, keys: Keys, owners: Positions) -> KeyRun:
        """All that waits, as one run."""
        if self._scope != ALL:
            scopes = np.array(self._scopes, np.uint64)
            keys = in_scope(keys, scopes[:1] if (scopes == scopes[0]).all() else scopes[owners])
        ranks = self._ranks_of_documents()
        positions = np.arange(len(keys), dtype=np.int64) + self._position
        ids = pa.array(self._ids, pa.string()) if self._dedup.unit != LINE and not self._dedup.by_id else None
        return KeyRun(keys, None if ranks is None else ranks[owners], positions, ids)

    def _ranks_of_documents(self) -> Keys | None:
        """The rank of each document that waits, as much of it as travels; None if every copy is dropped."""
        if self._keep != "first" or self._dedup.by_id:
            return None
        ranks = np.array(self._ranks, np.uint64)
        # A line travels as 8 bytes of key and 2 of position. Two of 1e11 hashes share their upper 32 bits too rarely to
        # pay 4 bytes more for each line: of four billion lines with two copies, one is then kept by its shard.
        return (ranks >> _LOWER_HALF).astype(np.uint32) if self._dedup.unit == LINE else ranks

    def _drop_within_run(self, run: KeyRun, rows: Positions) -> Positions:
        """The rows of a run to drop whatever other shards have, which need not see them; they are noted."""
        dropped, duplicate_of = drops_within_run(run, self._keep, rows)
        if len(dropped):
            ids = None if run.ids is None else run.ids.take(pa.array(duplicate_of))
            shards = np.full(len(dropped), self._shard, np.int64)
            self._dropped.append(DropList(run.positions[dropped], shards, run.positions[duplicate_of], ids))
        return dropped

    def _write(self, run: KeyRun) -> None:
        """A run, cut by bucket."""
        self._runs += [(bucket, self._out.add(pack(rows))) for bucket, rows in cut(run, self._barrier.bits)]

    def _drops(self) -> DropList | None:
        """What this shard drops by itself; of lines, the duplicates of the first are noted."""
        if not self._dropped:
            return None
        positions, shards, duplicate_of, ids = zip(*self._dropped, strict=True)
        names = None if ids[0] is None else pa.concat_arrays(ids)
        drops = DropList(np.concatenate(positions), np.concatenate(shards), np.concatenate(duplicate_of), names)
        return trim_duplicates(drops, self._barrier.number("duplicate_of_lines")) if names is None else drops

    def _lines(self) -> pa.Table | None:
        """Which document a line belongs to."""
        if self._dedup.unit != LINE:
            return None
        return pa.table({"start": pa.array(self._line_starts, pa.int64()), "id": pa.array(self._line_ids, pa.string())})


def _scope(scope: str, shard: int, document: Document) -> int:
    kind, _, size = scope.partition(":")
    if kind == ALL:
        return 0
    if kind == DUMP:
        # 0 is the scope of all; the lowest bit, set, keeps a dump's hash apart from it.
        return id_hash(document.meta["dump"]) | 1
    return 1 + shard // (int(size) if kind == "group" else 1)
