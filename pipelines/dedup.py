"""Dedup between two passes: hash runs out, drop masks back. No text travels.

pass p      one run for each shard and bucket: (key, rank, position) of its documents or lines
decide      a bucket has every copy of its keys: one numpy sort says which positions go (filters/duplicates.py)
pass p + 1  the positions of its shard come back as a mask; it reads its own documents again and drops them
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.document import Document
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.writers import LINE, Drop, DroppedSample, documents_of, id_hash
from filters.duplicates import (
    Decision,
    Keys,
    Positions,
    Run,
    bucket_of,
    decide,
    in_scope,
    repeats_within,
    settled_within,
)
from pipelines import files
from pipelines.files import Blob, BlobFile
from pipelines.stages import Dedup, Values, choice, fields, valued
from pipelines.streams import Books

REPEATED = "repeated_line"
EMPTIED = "no_line_left"


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
        self._ranks: list[int] = []
        self._ids: list[str] = []
        self._gathered = self._position = 0
        self._repeats: list[Positions] = []
        self._settled: list[Decision] = []
        self._runs: list[tuple[int, Blob]] = []
        self._starts: list[int] = []
        self._names: list[str] = []

    def add(self, document: Document) -> None:
        """Take the keys of the next document."""
        keys = self._dedup.keys(document.text, **fields(document, self._dedup.given), **self._limits)
        units = document.text.count("\n") + 1 if self._dedup.unit == LINE else 1
        if len(keys) != units:
            raise ValueError(f"{self._dedup.name}: {units} {self._dedup.unit}s, {len(keys)} keys ({document.id})")
        self._keys.append(in_scope(keys, _scope(self._scope, self._shard, document)))
        self._ranks.append(self._rank(document))
        if self._dedup.unit == LINE:
            self._starts.append(self._position + self._gathered)
            self._names.append(document.id)
        else:
            self._ids.append(document.id)
        self._gathered += units
        if self._gathered >= self._most_units:
            self._flush()

    def _rank(self, document: Document) -> int:
        if self._keep != "first":
            return 0
        return self._dedup.rank(document) if self._dedup.rank else id_hash(document.id)

    def _flush(self) -> None:
        if not self._gathered:
            return
        counts = np.array([len(keys) for keys in self._keys])
        owners = np.repeat(np.arange(len(counts)), counts)
        keys = np.concatenate(self._keys)
        ranks = np.array(self._ranks, np.uint64)[owners]
        positions = np.arange(len(keys), dtype=np.int64) + self._position
        if self._dedup.unit == LINE:
            again = repeats_within(keys, owners)
            self._repeats.append(positions[again])
            keys, ranks, positions = keys[~again], ranks[~again], positions[~again]
        ids = pa.array(self._ids, pa.string()) if self._dedup.unit != LINE else None
        ranks = ranks if self._keep == "first" else ranks[:0]
        self._write(self._settle(Run(keys, ranks, positions, ids)))
        self._position += self._gathered
        self._keys, self._ranks, self._ids, self._gathered = [], [], [], 0

    def _settle(self, run: Run) -> Run:
        """The rows of a run that other shards must see; what this shard can tell alone is noted."""
        goes, twins = settled_within(run, self._keep)
        if len(goes) == 0:
            return run
        ids = None if run.ids is None else run.ids.take(pa.array(twins))
        shards = np.full(len(goes), self._shard, np.int64)
        self._settled.append(Decision(run.positions[goes], shards, run.positions[twins], ids))
        return _run_rows(run, np.delete(np.arange(len(run.keys)), goes))

    def _write(self, run: Run) -> None:
        buckets = bucket_of(run.keys, self._bits)
        order = np.argsort(buckets, kind="stable")
        edges = np.searchsorted(buckets[order], np.arange(2**self._bits + 1))
        for bucket, (start, end) in enumerate(itertools.pairwise(edges)):
            rows = order[start:end]
            if len(rows):
                self._runs.append((bucket, self._out.add(run_bytes(_run_rows(run, rows)))))

    def close(self) -> list[tuple[int, Blob]]:
        """Write what waits; (bucket, blob of a run) for all that was written."""
        self._flush()
        return self._runs

    def repeats(self) -> Positions:
        """Positions of the lines that their own document already had, ascending."""
        return np.concatenate(self._repeats) if self._repeats else np.zeros(0, np.int64)

    def settled(self, twins: int) -> bytes:
        """What goes in this shard whatever others have, as a decision; of lines, so many twins are noted."""
        if not self._settled:
            return b""
        positions, shards, twin_positions, ids = zip(*self._settled, strict=True)
        names = None if ids[0] is None else pa.concat_arrays(ids)
        decision = Decision(np.concatenate(positions), np.concatenate(shards), np.concatenate(twin_positions), names)
        return decision_bytes(trimmed(decision, twins) if self._dedup.unit == LINE else decision)

    def index(self) -> pa.Table:
        """Which document a line position belongs to: columns start, id; one row a document."""
        return pa.table({"start": pa.array(self._starts, pa.int64()), "id": pa.array(self._names, pa.string())})


def _scope(scope: str, shard: int, document: Document) -> int:
    kind, _, size = scope.partition(":")
    if kind == "all":
        return 0
    if kind == "dump":
        return id_hash(document.meta["dump"]) | 1
    return 1 + shard // (int(size) if kind == "group" else 1)


def _run_rows(run: Run, rows: Positions) -> Run:
    ids = None if run.ids is None else run.ids.take(pa.array(rows))
    return Run(run.keys[rows], run.ranks[rows] if len(run.ranks) else run.ranks, run.positions[rows], ids)


def run_bytes(run: Run) -> bytes:
    """A run as bytes; positions as 32 bits where they fit."""
    columns: dict[str, pa.Array] = {"key": pa.array(run.keys), "position": pa.array(_narrow(run.positions))}
    if len(run.ranks):
        columns["rank"] = pa.array(run.ranks)
    if run.ids is not None:
        columns["id"] = run.ids
    return _table_bytes(columns)


def run_of(data: bytes) -> Run:
    """The run that `run_bytes` wrote."""
    table = _table_of(data)
    ranks = table["rank"] if "rank" in table else np.zeros(0, np.uint64)
    return Run(_array(table["key"]), _array(ranks), _array(table["position"]).astype(np.int64), table.get("id"))


def decision_bytes(decision: Decision) -> bytes:
    """What goes in one shard as bytes; twins may be fewer than positions: they belong to the first of them."""
    columns: dict[str, pa.Array] = {"position": pa.array(decision.positions)}
    blank = len(decision.positions) - len(decision.twin_shards)
    for name, twins in (("shard", decision.twin_shards), ("twin", decision.twin_positions)):
        columns[name] = pa.array(np.concatenate([twins, np.full(blank, -1, np.int64)]))
    if decision.twin_ids is not None:
        columns["id"] = decision.twin_ids
    return _table_bytes(columns)


def decision_of(data: bytes) -> Decision:
    """The decision that `decision_bytes` wrote; twin shard -1 where no twin was noted."""
    table = _table_of(data)
    return Decision(_array(table["position"]), _array(table["shard"]), _array(table["twin"]), table.get("id"))


def _narrow(positions: Positions) -> np.ndarray:
    fits = not len(positions) or int(positions.max()) < 2**32
    return positions.astype(np.uint32) if fits else positions


def _array(column: pa.Array | np.ndarray) -> np.ndarray:
    return column if isinstance(column, np.ndarray) else column.to_numpy(zero_copy_only=False)


def _table_bytes(columns: dict[str, pa.Array]) -> bytes:
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def _table_of(data: bytes) -> dict[str, pa.Array]:
    with pa.ipc.open_stream(data) as stream:
        batch = stream.read_next_batch()
    return dict(zip(batch.schema.names, batch.columns, strict=True))


class Decide(beam.DoFn):
    """(bucket, its runs) -> (shard, blob of what goes in that shard)."""

    def __init__(self, folder: str, keep: str, unit: str, twins: int, inline: bool) -> None:
        self._folder, self._keep, self._unit, self._twins, self._inline = folder, keep, unit, twins, inline

    def process(self, element: tuple[int, Iterable[tuple[int, Blob]]]) -> Iterator[tuple[int, Blob]]:
        bucket, blobs = element
        runs = [(shard, run_of(blob.load())) for shard, blob in sorted(blobs)]
        decisions = decide(runs, self._keep)
        path = f"{self._folder}/goes-{bucket:05d}.arrow"
        with files.create(path) as file:
            out = BlobFile(path, file)
            written = [(shard, out.add(decision_bytes(self._trimmed(goes)))) for shard, goes in decisions.items()]
        for shard, blob in written:
            yield shard, blob.inline() if self._inline else blob

    def _trimmed(self, decision: Decision) -> Decision:
        return trimmed(decision, self._twins) if self._unit == LINE else decision


def trimmed(decision: Decision, twins: int) -> Decision:
    """A decision with the twins of its first positions only."""
    return decision._replace(twin_shards=decision.twin_shards[:twins], twin_positions=decision.twin_positions[:twins])


class Mask(NamedTuple):
    """What goes in one shard: positions, ascending; the id of a twin by position, for all documents or some lines."""

    positions: Positions
    repeats: Positions
    twins: dict[int, str]


def mask_of(blobs: Iterable[Blob], settled: Blob, repeats: Positions, index: str, twins: int) -> Mask:
    """The mask of a shard from the decisions of all buckets, and from what it settled alone (an empty blob: nothing).

    index is the name of a shard's index of lines, with {:05d} for the shard; at most so many twins are looked up.
    """
    decisions = [decision_of(blob.load()) for blob in blobs]
    own = [decision_of(settled.load())] if settled.length else []
    positions = np.sort(np.concatenate([np.zeros(0, np.int64), *(goes.positions for goes in (*decisions, *own))]))
    if any(goes.twin_ids is not None for goes in (*decisions, *own)):
        return Mask(positions, repeats, _twins_of_documents(decisions, own))
    return Mask(positions, repeats, _twins_of_lines([*decisions, *own], index, twins))


def _twins_of_documents(decisions: list[Decision], own: list[Decision]) -> dict[int, str]:
    """By position the id of a twin; a twin of the same shard that goes too passes on its own."""
    found: dict[int, str] = {}
    for positions, _shards, _twins, ids in decisions:
        found.update(zip(positions.tolist(), (ids or pa.array([])).to_pylist(), strict=True))
    for positions, _shards, twins, ids in own:
        named = zip(positions.tolist(), twins.tolist(), (ids or pa.array([])).to_pylist(), strict=True)
        found |= {at: found.get(twin, name) for at, twin, name in named}
    return found


def _twins_of_lines(decisions: list[Decision], index_name: str, most: int) -> dict[int, str]:
    noted = sorted(
        (int(position), int(shard), int(twin))
        for decision in decisions
        for position, shard, twin in zip(*decision[:3], strict=True)
        if shard >= 0
    )[:most]
    found: dict[int, str] = {}
    for shard in sorted({shard for _position, shard, _twin in noted}):
        with files.open_file(index_name.format(shard)) as file, pa.ipc.open_stream(file) as stream:
            index = stream.read_all()
        starts = index["start"].to_numpy()
        for position, at, twin in noted:
            if at == shard:
                found[position] = index["id"][int(np.searchsorted(starts, twin, "right")) - 1].as_py()
    return found


def masked_documents(dedup: Dedup, mask: Mask, documents: Iterable[Document], books: Books) -> Iterator[Document]:
    """The documents whose position is not masked."""
    goes = set(mask.positions.tolist())
    for position, document in enumerate(documents):
        books.enter(dedup.name, document)
        if position in goes:
            books.drop(dedup.name, document, dedup.reason, mask.twins[position])
        else:
            books.keep(dedup.name, document)
            yield document


def masked_batches(
    dedup: Dedup, mask: Mask, batches: Iterable[pa.RecordBatch], books: Books
) -> Iterator[pa.RecordBatch]:
    """As masked_documents, from file to file: what stays does not become Documents on the way."""
    first = 0
    for batch in batches:
        goes = _between(mask.positions, first, first + batch.num_rows) - first
        stays = np.ones(batch.num_rows, np.bool_)
        stays[goes] = False
        chars = pc.utf8_length(batch["text"]).to_numpy(zero_copy_only=False)
        books.ledger.add(dedup.name, "document", ENTERED, batch.num_rows, int(chars.sum()))
        books.ledger.add(dedup.name, "document", KEPT_ROW, int(stays.sum()), int(chars[stays].sum()))
        for position, document in zip(goes.tolist(), documents_of(batch.take(pa.array(goes))), strict=True):
            books.drop(dedup.name, document, dedup.reason, mask.twins[first + position])
        yield batch.filter(pa.array(stays)) if len(goes) else batch
        first += batch.num_rows


def masked_lines(dedup: Dedup, mask: Mask, documents: Iterable[Document], books: Books) -> Iterator[Document]:
    """The documents without their masked lines; one that has no line left is dropped."""
    first = 0
    for document in documents:
        lines = document.text.count("\n") + 1
        books.enter(dedup.name, document)
        books.ledger.add(dedup.name, LINE, ENTERED, lines, len(document.text) - lines + 1)
        copies, repeats = (_between(gone, first, first + lines) for gone in (mask.positions, mask.repeats))
        left = lines - len(copies) - len(repeats)
        cut = document
        if left < lines:
            cut = _without(dedup, document, copies - first, repeats - first, books.ledger)
            _sample_lines(dedup, document, copies, first, mask, books.dropped)
        if left:
            books.ledger.add(dedup.name, LINE, KEPT_ROW, left, len(cut.text) - left + 1)
            books.keep(dedup.name, cut)
            yield cut
        else:
            books.drop(dedup.name, document, EMPTIED)
        first += lines


def _between(positions: Positions, first: int, end: int) -> Positions:
    low, high = np.searchsorted(positions, (first, end))
    return positions[low:high]


def _without(dedup: Dedup, document: Document, copies: Positions, repeats: Positions, ledger: Ledger) -> Document:
    lines = document.text.split("\n")
    for reason, gone in ((dedup.reason, copies), (REPEATED, repeats)):
        if len(gone):
            ledger.add(dedup.name, LINE, reason, len(gone), sum(len(lines[at]) for at in gone))
    goes = {*copies.tolist(), *repeats.tolist()}
    return document._replace(text="\n".join(line for at, line in enumerate(lines) if at not in goes))


def _sample_lines(
    dedup: Dedup, document: Document, copies: Positions, first: int, mask: Mask, dropped: DroppedSample
) -> None:
    known = [position for position in copies.tolist() if position in mask.twins] if mask.twins else []
    if known:
        lines = document.text.split("\n")
        for position in known:
            line, twin = lines[position - first], mask.twins[position]
            dropped.add(Drop(document.id, dedup.name, LINE, dedup.reason, line, twin))
