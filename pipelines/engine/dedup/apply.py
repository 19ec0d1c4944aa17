"""The drop lists of one shard as a mask, and the shard's documents or lines without what is masked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.columns import SCHEMA, documents_of
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.manifest import digest
from corpus.writers import LINE, Drop, DroppedSample
from filters.duplicates import DropList, Positions
from pipelines.engine import files
from pipelines.engine.dedup.base import NO_POSITIONS, DedupStage
from pipelines.engine.dedup.wire import Sent, load, unpack_drops
from pipelines.engine.files import Blob
from pipelines.engine.streams import DOCUMENT, PassLog

REPEATED = "repeated_line"
EMPTIED = "no_line_left"


class Mask(NamedTuple):
    """The units of one shard to drop.

    positions: those that its drop lists name, ascending. repeats: of lines, those that their own document already had.
    duplicate_of: by position, the id of the document that it duplicates; of all documents, of some lines.
    units: the number of documents or lines that were gathered; a shard that has another number is masked wrongly.
    """

    positions: Positions
    repeats: Positions
    duplicate_of: dict[int, str]
    units: int


def mask_of(
    shard: int,
    sent: Iterable[Sent],
    own: Blob,
    repeats: Positions,
    units: int,
    lines_file: Callable[[int], str] | None,
    duplicate_of_lines: int,
) -> Mask:
    """The mask of a shard.

    Args:
        shard: its number.
        sent: the drop lists of all buckets.
        own: the drop list that the shard made by itself, under whatever number it had then; an empty blob for none.
        repeats: positions of lines to drop as repeats.
        units: the number of units that were gathered.
        lines_file: of lines, names a shard's table of them, by its number.
        duplicate_of_lines: of at most this many lines the duplicate is looked up.
    """
    drops = [unpack_drops(load(one)) for one in sent]
    own_drops = [_as_of(shard, unpack_drops(own.load()))] if own.length else []
    positions = np.sort(np.concatenate([NO_POSITIONS, *(some.positions for some in (*drops, *own_drops))]))
    if any(some.duplicate_of_ids is not None for some in (*drops, *own_drops)):
        return Mask(positions, repeats, _duplicates_of_documents(drops, own_drops), units)
    lists = [*drops, *own_drops]
    noted = _duplicates_of_lines(lists, lines_file, duplicate_of_lines) if lines_file and len(positions) else {}
    return Mask(positions, repeats, noted, units)


def digest_of(mask: Mask) -> str:
    """A digest of what a mask drops, and of what the rows of the dropped name."""
    arrays = [hashlib.sha256(array.tobytes()).hexdigest() for array in (mask.positions, mask.repeats)]
    return digest([*arrays, sorted(mask.duplicate_of.items()), mask.units])


def _as_of(shard: int, drops: DropList) -> DropList:
    """A drop list that a shard made by itself, with the number that the shard has in this build."""
    return drops._replace(duplicate_of_shards=np.full_like(drops.duplicate_of_shards, shard))


def _duplicates_of_documents(drops: list[DropList], own: list[DropList]) -> dict[int, str]:
    """By position, the id of the document that it duplicates; the kept one where the shard's own choice is dropped."""
    by_position: dict[int, str] = {}
    for positions, _shards, _duplicates, ids in drops:
        by_position.update(zip(positions.tolist(), (ids or pa.array([])).to_pylist(), strict=True))
    # A shard drops its own copies before it knows the others. Where the copy that it kept is dropped in turn, its
    # duplicates take over the document named there, so that `duplicate_of` is a document of the build.
    for positions, _shards, duplicates, ids in own:
        named = zip(positions.tolist(), duplicates.tolist(), (ids or pa.array([])).to_pylist(), strict=True)
        by_position |= {position: by_position.get(duplicate, name) for position, duplicate, name in named}
    return by_position


def _duplicates_of_lines(drops: list[DropList], lines_file: Callable[[int], str], most: int) -> dict[int, str]:
    """By position, the id of the document that has the same line, for the first `most` lines; a file read per shard."""
    # Of each list the first positions have a duplicate noted; of all of them the first `most` are looked up.
    noted = [(some.positions[: len(some.duplicate_of_shards)], *some[1:3]) for some in drops]
    positions, shards, duplicates = (np.concatenate([NO_POSITIONS, *columns]) for columns in zip(*noted, strict=True))
    first = np.argsort(positions)[:most]
    by_position: dict[int, str] = {}
    for shard in np.unique(shards[first]).tolist():
        with files.open_file(lines_file(shard)) as file, pa.ipc.open_stream(file) as stream:
            lines = stream.read_all()
        starts = lines["start"].to_numpy()
        here = first[shards[first] == shard]
        # starts (m,) ascends, one row per document: a line belongs to the last document that starts at or before it.
        owners = lines["id"].take(pa.array(np.searchsorted(starts, duplicates[here], "right") - 1))
        by_position |= dict(zip(positions[here].tolist(), owners.to_pylist(), strict=True))
    return by_position


def masked(dedup: DedupStage, mask: Mask, batches: Iterable[pa.RecordBatch], log: PassLog) -> Iterator[pa.RecordBatch]:
    """The documents of record batches without what is masked; kept rows do not become Documents on the way.

    Raises:
        ValueError: there are more or fewer units than were gathered.
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
    dedup: DedupStage, mask: Mask, first: int, batch: pa.RecordBatch, log: PassLog
) -> tuple[pa.RecordBatch, int]:
    """What is kept of a batch whose first document has that position, and the number of documents it had."""
    dropped = _between(mask.positions, first, first + batch.num_rows) - first
    kept = _without(batch.num_rows, dropped)
    chars = _lengths(batch["text"])
    log.ledger.add(dedup.name, DOCUMENT, ENTERED, batch.num_rows, int(chars.sum()))
    log.ledger.add(dedup.name, DOCUMENT, KEPT_ROW, int(kept.sum()), int(chars[kept].sum()))
    for position, document in zip(dropped.tolist(), documents_of(batch.take(pa.array(dropped))), strict=True):
        # Documents that are compared by their ids have no duplicates noted: each has the id of its own.
        duplicate_of = mask.duplicate_of[first + position] if mask.duplicate_of else document.id
        log.drop(dedup.name, document, dedup.reason, duplicate_of)
    return batch.filter(pa.array(kept)) if len(dropped) else batch, batch.num_rows


def _mask_lines(
    dedup: DedupStage, mask: Mask, first: int, batch: pa.RecordBatch, log: PassLog
) -> tuple[pa.RecordBatch, int]:
    """What is kept of a batch whose first line has that position, and the number of lines it had.

    A document that has no line left is dropped.
    """
    # Arrow only, no Python string: the d documents of a batch are split into one flat array of n lines, edges (d + 1,)
    # says where each document's lines begin. The same list offsets, counted over the kept lines alone, join them again:
    # kept_edges[i] is the number of kept lines before document i.
    split = pc.split_pattern(batch["text"].cast(pa.string()), "\n")
    lines, edges = split.values, split.offsets.to_numpy()
    copies, repeats = (_between(some, first, first + len(lines)) - first for some in (mask.positions, mask.repeats))
    kept = _without(len(lines), copies, repeats)
    kept_edges = np.concatenate([[0], np.cumsum(kept)])[edges].astype(np.int32)
    texts = pc.binary_join(pa.ListArray.from_arrays(pa.array(kept_edges), lines.filter(pa.array(kept))), "\n")
    cut = batch.set_column(1, SCHEMA.field("text"), texts.cast(pa.large_string()))
    emptied = np.diff(kept_edges) == 0
    _count_lines(dedup, _lengths(lines), kept, {dedup.reason: copies, REPEATED: repeats}, emptied, log.ledger)
    _sample_lines(dedup, mask, first, copies, split, batch["id"], log.dropped)
    for document in documents_of(batch.filter(pa.array(emptied))):
        log.drop(dedup.name, document, EMPTIED)
    return cut.filter(pa.array(~emptied)) if emptied.any() else cut, len(lines)


def _count_lines(
    dedup: DedupStage,
    chars: Positions,
    kept_lines: NDArray[np.bool_],
    dropped: dict[str, Positions],
    emptied: NDArray[np.bool_],
    ledger: Ledger,
) -> None:
    """Count lines, by their characters (n,), and documents: a newline stands between two lines of a document."""
    entered, kept = (len(chars), int(chars.sum())), (int(kept_lines.sum()), int(chars[kept_lines].sum()))
    ledger.add(dedup.name, LINE, ENTERED, *entered)
    ledger.add(dedup.name, LINE, KEPT_ROW, *kept)
    for reason, lines in dropped.items():
        if len(lines):
            ledger.add(dedup.name, LINE, reason, len(lines), int(chars[lines].sum()))
    for row, documents, (count, length) in (
        (ENTERED, len(emptied), entered),
        (KEPT_ROW, len(emptied) - int(emptied.sum()), kept),
    ):
        ledger.add(dedup.name, DOCUMENT, row, documents, length + count - documents)


def _sample_lines(
    dedup: DedupStage,
    mask: Mask,
    first: int,
    copies: Positions,
    split: pa.ListArray,
    ids: pa.Array,
    dropped: DroppedSample,
) -> None:
    """Keep a sample of the dropped lines: those whose duplicate was looked up."""
    edges = split.offsets.to_numpy()
    for line in copies.tolist() if mask.duplicate_of else ():
        if duplicate_of := mask.duplicate_of.get(first + line):
            owner = ids[int(np.searchsorted(edges, line, "right")) - 1].as_py()
            text = split.values[line].as_py()
            dropped.add(Drop(owner, dedup.name, LINE, dedup.reason, text, duplicate_of, len(text)))


def _between(positions: Positions, first: int, end: int) -> Positions:
    # positions ascends, so those of one batch are a slice: two binary searches instead of a comparison of each.
    low, high = np.searchsorted(positions, (first, end))
    return positions[low:high]


def _without(units: int, *dropped: Positions) -> NDArray[np.bool_]:
    kept = np.ones(units, np.bool_)
    kept[np.concatenate(dropped)] = False
    return kept


def _lengths(texts: pa.Array) -> Positions:
    """Characters of each text, shape (n,)."""
    # utf8_length counts characters, not bytes; an array of int32 or int64 by the type of the column.
    lengths: Positions = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths
