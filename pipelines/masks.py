"""What a Dedup decided about one shard, and the shard's documents or lines without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.document import Document
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.writers import LINE, Drop, DroppedSample, documents_of
from filters.duplicates import Decision, Positions
from pipelines import files
from pipelines.files import Blob
from pipelines.runs import decision_of
from pipelines.stages import Dedup
from pipelines.streams import Books

REPEATED = "repeated_line"
EMPTIED = "no_line_left"


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
    stays = np.ones(len(lines), np.bool_)
    for reason, gone in ((dedup.reason, copies), (REPEATED, repeats)):
        if len(gone):
            stays[gone] = False
            ledger.add(dedup.name, LINE, reason, len(gone), sum(map(len, map(lines.__getitem__, gone.tolist()))))
    return document._replace(text="\n".join(compress(lines, stays.tolist())))


def _sample_lines(
    dedup: Dedup, document: Document, copies: Positions, first: int, mask: Mask, dropped: DroppedSample
) -> None:
    known = [position for position in copies.tolist() if position in mask.twins] if mask.twins else []
    if known:
        lines = document.text.split("\n")
        for position in known:
            line, twin = lines[position - first], mask.twins[position]
            dropped.add(Drop(document.id, dedup.name, LINE, dedup.reason, line, twin))
