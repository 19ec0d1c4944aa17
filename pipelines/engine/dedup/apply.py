"""What a Dedup decided about one shard, and the shard's documents or lines without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.writers import LINE, SCHEMA, Drop, DroppedSample, documents_of
from filters.duplicates import Decision, Positions
from pipelines.engine import files
from pipelines.engine.dedup.wire import decision_of
from pipelines.engine.files import Blob
from pipelines.engine.stages import Dedup
from pipelines.engine.streams import DOCUMENT, PassLog

REPEATED = "repeated_line"
EMPTIED = "no_line_left"


class Mask(NamedTuple):
    """What goes in one shard: positions, ascending; the id of a twin by position, for all documents or some lines.

    units is how many documents or lines gave keys; a shard that has another number of them is not masked right.
    """

    positions: Positions
    repeats: Positions
    twins: dict[int, str]
    units: int


def mask_of(
    blobs: Iterable[Blob], dropped_within: Blob, repeats: Positions, units: int, index: str, twins: int
) -> Mask:
    """The mask of a shard from the decisions of all buckets, and from what it settled alone (an empty blob: nothing).

    index is the name of a shard's index of lines, with {:05d} for the shard; at most so many twins are looked up.
    """
    decisions = [decision_of(blob.load()) for blob in blobs]
    own = [decision_of(dropped_within.load())] if dropped_within.length else []
    positions = np.sort(np.concatenate([np.zeros(0, np.int64), *(goes.positions for goes in (*decisions, *own))]))
    if any(goes.twin_ids is not None for goes in (*decisions, *own)):
        return Mask(positions, repeats, _twins_of_documents(decisions, own), units)
    return Mask(positions, repeats, _twins_of_lines([*decisions, *own], index, twins), units)


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


def masked(dedup: Dedup, mask: Mask, batches: Iterable[pa.RecordBatch], log: PassLog) -> Iterator[pa.RecordBatch]:
    """The documents of record batches without what is masked; what stays does not become Documents on the way.

    Raises:
        ValueError: there are more or fewer units than gave keys.
    """
    mask_batch = _mask_lines if dedup.unit == LINE else _mask_documents
    first = 0
    for batch in batches:
        kept, units = mask_batch(dedup, mask, first, batch, log)
        yield kept
        first += units
    if first != mask.units:
        raise ValueError(f"{dedup.name}: expected a key for each of {first} {dedup.unit}s, got {mask.units} keys")


def _mask_documents(
    dedup: Dedup, mask: Mask, first: int, batch: pa.RecordBatch, log: PassLog
) -> tuple[pa.RecordBatch, int]:
    """What stays of a batch whose first document has that position, and how many documents it had."""
    goes = _between(mask.positions, first, first + batch.num_rows) - first
    stays = _without(batch.num_rows, goes)
    chars = _lengths(batch["text"])
    log.ledger.add(dedup.name, DOCUMENT, ENTERED, batch.num_rows, int(chars.sum()))
    log.ledger.add(dedup.name, DOCUMENT, KEPT_ROW, int(stays.sum()), int(chars[stays].sum()))
    for position, document in zip(goes.tolist(), documents_of(batch.take(pa.array(goes))), strict=True):
        log.drop(dedup.name, document, dedup.reason, mask.twins[first + position])
    return batch.filter(pa.array(stays)) if len(goes) else batch, batch.num_rows


def _mask_lines(
    dedup: Dedup, mask: Mask, first: int, batch: pa.RecordBatch, log: PassLog
) -> tuple[pa.RecordBatch, int]:
    """What stays of a batch whose first line has that position, and how many lines it had.

    A document that has no line left is dropped.
    """
    split = pc.split_pattern(batch["text"].cast(pa.string()), "\n")
    lines, edges = split.values, split.offsets.to_numpy()
    copies, repeats = (_between(gone, first, first + len(lines)) - first for gone in (mask.positions, mask.repeats))
    stays = _without(len(lines), copies, repeats)
    left = np.concatenate([[0], np.cumsum(stays)])[edges].astype(np.int32)
    texts = pc.binary_join(pa.ListArray.from_arrays(pa.array(left), lines.filter(pa.array(stays))), "\n")
    cut = batch.set_column(1, SCHEMA.field("text"), texts.cast(pa.large_string()))
    emptied = np.diff(left) == 0
    _count_lines(dedup, _lengths(lines), stays, {dedup.reason: copies, REPEATED: repeats}, emptied, log.ledger)
    _sample_lines(dedup, mask, first, copies, split, batch["id"], log.dropped)
    for document in documents_of(batch.filter(pa.array(emptied))):
        log.drop(dedup.name, document, EMPTIED)
    return cut.filter(pa.array(~emptied)) if emptied.any() else cut, len(lines)


def _count_lines(
    dedup: Dedup,
    chars: Positions,
    stays: NDArray[np.bool_],
    gone: dict[str, Positions],
    emptied: NDArray[np.bool_],
    ledger: Ledger,
) -> None:
    """Count lines of so many characters, and documents: a newline stands between two lines of a document."""
    entered, kept = (len(chars), int(chars.sum())), (int(stays.sum()), int(chars[stays].sum()))
    ledger.add(dedup.name, LINE, ENTERED, *entered)
    ledger.add(dedup.name, LINE, KEPT_ROW, *kept)
    for reason, lines in gone.items():
        if len(lines):
            ledger.add(dedup.name, LINE, reason, len(lines), int(chars[lines].sum()))
    for row, documents, (count, length) in (
        (ENTERED, len(emptied), entered),
        (KEPT_ROW, len(emptied) - int(emptied.sum()), kept),
    ):
        ledger.add(dedup.name, DOCUMENT, row, documents, length + count - documents)


def _sample_lines(
    dedup: Dedup, mask: Mask, first: int, copies: Positions, split: pa.ListArray, ids: pa.Array, dropped: DroppedSample
) -> None:
    """Those of the lines that go whose twin is known."""
    edges = split.offsets.to_numpy()
    for line in copies.tolist() if mask.twins else ():
        if twin := mask.twins.get(first + line):
            owner = ids[int(np.searchsorted(edges, line, "right")) - 1].as_py()
            dropped.add(Drop(owner, dedup.name, LINE, dedup.reason, split.values[line].as_py(), twin))


def _between(positions: Positions, first: int, end: int) -> Positions:
    low, high = np.searchsorted(positions, (first, end))
    return positions[low:high]


def _without(units: int, *gone: Positions) -> NDArray[np.bool_]:
    stays = np.ones(units, np.bool_)
    stays[np.concatenate(gone)] = False
    return stays


def _lengths(texts: pa.Array) -> Positions:
    """Characters of each text, shape (n,)."""
    lengths: Positions = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths
