"""Near: the stage that drops documents which a kept document covers; its decision, as a Beam graph.

sketches by bucket         -> pairs that share probes (filters/near.py: find_pairs)
pairs by shorter document  -> candidates: enough probes in common
candidates and rows        -> groups, one element each
a group                    -> drops and why, decided on exact coverage; texts come from the runs of the shards
all drops                  -> matches.parquet, and a drop list for each shard
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, ClassVar, NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa

from corpus.output.manifest import EVIDENCE
from corpus.recipe import Cited, Value
from corpus.writers import rows_table, write_table
from filters.duplicates import DropList
from filters.near import (
    DocumentRef,
    Group,
    Match,
    Pairs,
    Sketches,
    add_up,
    decide,
    find_pairs,
    group_candidates,
    likely,
    sketch,
)
from filters.overlap import find_words, sample, shingle
from pipelines.engine import files
from pipelines.engine.attempts import step
from pipelines.engine.dedup.base import Barrier, DedupStage, Drops, Runs, Uses
from pipelines.engine.dedup.parts import Parts, cut
from pipelines.engine.dedup.sketches import (
    DOCUMENT_TABLE,
    DocumentRow,
    SketchGatherer,
    load_text,
    of_shard,
    shard_and_position,
    unpack_documents,
)
from pipelines.engine.dedup.wire import Sent, load, pack, send_drops, unpack
from pipelines.engine.files import BlobFile
from pipelines.engine.stages import valued

LIMITS = (
    "overlap_share", "shingle_words", "sample_one_in", "probe_hashes", "max_postings", "min_probe_share",
    "evidence_words",
)  # fmt: skip
SKETCHED_BY = ("shingle_words", "sample_one_in", "probe_hashes")
"""Of these, what a document's sketch depends on; the others are the decision's."""

MATCHES_SCHEMA = pa.schema(
    [
        ("dropped", pa.string()),
        ("kept", pa.string()),
        ("coverage", pa.float64()),
        ("coverage_of_kept", pa.float64()),
        ("dropped_words", pa.int64()),
        ("kept_words", pa.int64()),
        ("dropped_text", pa.large_string()),
        ("kept_text", pa.large_string()),
    ]
)
"""matches.parquet: one row per dropped document; the texts are the same passage in both."""

MATCHES = f"{EVIDENCE}/matches.parquet"
Candidates = tuple[Group, dict[int, DocumentRow]]
Limits = dict[str, Any]


class NearDrop(NamedTuple):
    """A document to drop, the kept one that covers it, both by index, and why."""

    doc_index: int
    kept_index: int
    match: Match


class Near(DedupStage):
    """Documents of which one kept document covers nearly all words (filters/near.py).

    Of two the longer is kept, of equally long ones that with the smaller id.

    Args:
        limits: the numbers of the recipe for LIMITS.
    """

    leaves: ClassVar[tuple[str, ...]] = (MATCHES,)

    def __init__(
        self, name: str, *, reason: str = "near_duplicate", enabled_by: Cited | None = None, **limits: Cited
    ) -> None:
        if set(limits) != set(LIMITS):
            raise TypeError(f"{name}: the limits are {', '.join(LIMITS)}, not {', '.join(limits)}")
        super().__init__(name, reason=reason, enabled_by=enabled_by, limits=limits)

    @property
    def measure(self) -> Callable[..., Any]:
        return decide

    def functions(self) -> Iterator[Callable[..., Any]]:
        yield from (find_words, sample, sketch, find_pairs, likely, group_candidates, decide)

    def gathering(self) -> Uses:
        return Uses((find_words, shingle, sample, sketch), tuple(self.limits[name] for name in SKETCHED_BY))

    def is_numbered(self, values: Mapping[str, Value]) -> bool:
        return False

    def gatherer(self, barrier: Barrier, shard: int, out: BlobFile) -> SketchGatherer:
        return SketchGatherer(valued(self.limits, barrier.values), barrier, out)

    def decide(self, runs: Runs, barrier: Barrier) -> Drops:
        name, limits = self.name, valued(self.limits, barrier.values)

        def tried(function: Callable[..., Iterable[Any]], what: str, *rest: Any) -> Any:
            return step(function, f"{name}, {what}", barrier.folder, *rest)

        sketches = runs | f"{name}: sketches" >> beam.FlatMap(_blobs, False).with_output_types(tuple[int, Any])
        documents = runs | f"{name}: documents" >> beam.FlatMap(_blobs, True).with_output_types(tuple[int, Any])
        candidates = (
            sketches
            | f"{name}: by bucket" >> beam.GroupByKey()
            | f"{name}: pairs" >> tried(_pairs, "pairs of bucket", limits, barrier)
            | f"{name}: by document" >> beam.GroupByKey()
            | f"{name}: candidates" >> tried(_likely, "candidates of bucket", limits, barrier)
        )
        # One key, DOCUMENT_TABLE, on both sides: all rows and all candidates meet in one worker, as a group may span
        # any shards. They are 100 bytes per document and 32 per candidate; texts are opened after groups are dealt out.
        matches = (
            {"documents": documents, "pairs": candidates}
            | f"{name}: together" >> beam.CoGroupByKey()
            | f"{name}: groups" >> tried(_groups, "groups")
            | f"{name}: deal groups" >> beam.Reshuffle()
            | f"{name}: decide" >> tried(_decide_group, "group", limits, barrier)
        )
        drops: Drops = (
            matches
            | f"{name}: all matches" >> beam.GroupByKey()
            | f"{name}: drop lists" >> tried(_near_drops, "drop lists", barrier)
        )
        return drops


def _blobs(run: tuple[int, tuple[int, Sent]], of_documents: bool) -> Iterator[tuple[int, tuple[int, Sent]]]:
    if (run[0] == DOCUMENT_TABLE) == of_documents:
        yield run


def _pairs(
    gathered: tuple[int, Iterable[tuple[int, Sent]]], limits: Limits, barrier: Barrier
) -> Iterator[tuple[int, bytes]]:
    """The pairs of one bucket of hashes, in buckets of the shorter document."""
    sketches = Parts(Sketches, barrier.number("bucket_bytes"), barrier.local_folder, barrier.bits)
    for shard, sent in gathered[1]:
        sketches.add(of_shard(shard, unpack(Sketches, load(sent))))
    for part in sketches:
        pairs = find_pairs(part, limits["max_postings"])
        yield from ((bucket, pack(some)) for bucket, some in cut(pairs, barrier.bits))


def _likely(gathered: tuple[int, Iterable[bytes]], limits: Limits, barrier: Barrier) -> Iterator[tuple[int, bytes]]:
    """The candidates of one bucket of shorter documents, a table of them for each part."""
    pairs = Parts(Pairs, barrier.number("bucket_bytes"), barrier.local_folder, barrier.bits)
    for data in gathered[1]:
        pairs.add(unpack(Pairs, data))
    for part in pairs:
        yield DOCUMENT_TABLE, pack(likely(add_up([part]), limits["min_probe_share"]))


def _groups(gathered: tuple[int, dict[str, Iterable[Any]]]) -> Iterator[tuple[int, Candidates]]:
    """Every group; and an empty one, so that the evidence is written though nothing is dropped."""
    joined = gathered[1]
    rows = {row.doc_index: row for shard, sent in joined["documents"] for row in unpack_documents(shard, load(sent))}
    pairs = [unpack(Pairs, part) for part in joined["pairs"]]
    groups = group_candidates((row.ref for row in rows.values()), add_up(pairs)) if pairs else []
    for number, group in enumerate([Group((), ()), *groups]):
        yield number, (group, {document.doc_index: rows[document.doc_index] for document in group.documents})


def _decide_group(
    numbered: tuple[int, Candidates], limits: Limits, barrier: Barrier
) -> Iterator[tuple[int, list[NearDrop]]]:
    group, rows = numbered[1]

    def text_of(document: DocumentRef) -> str:
        shard, _position = shard_and_position(document.doc_index)
        return load_text(barrier.runs_file(shard), rows[document.doc_index])

    dropped = decide(group, text_of, limits["overlap_share"], limits["shingle_words"], limits["evidence_words"])
    index_of = {document.id: document.doc_index for document in group.documents}
    yield DOCUMENT_TABLE, [NearDrop(document.doc_index, index_of[match.kept], match) for document, match in dropped]


def _near_drops(decided: tuple[int, Iterable[list[NearDrop]]], barrier: Barrier) -> Iterator[tuple[int, Sent]]:
    """Write the evidence; the drop list of each shard."""
    drops = sorted(drop for some in decided[1] for drop in some)
    with files.create(f"{barrier.output}/{MATCHES}") as file:
        write_table(file, rows_table(sorted(drop.match for drop in drops), MATCHES_SCHEMA))
    by_shard = ((shard, _drop_list(list(here))) for shard, here in groupby(drops, key=_shard))
    yield from send_drops(f"{barrier.folder}/near-drops.bin", by_shard, barrier.inline)


def _shard(drop: NearDrop) -> int:
    return shard_and_position(drop.doc_index)[0]


def _drop_list(drops: list[NearDrop]) -> DropList:
    """The documents of one shard to drop, positions ascending."""
    places = np.array([shard_and_position(drop.doc_index) for drop in drops], np.int64)
    duplicates = np.array([shard_and_position(drop.kept_index) for drop in drops], np.int64)
    ids = pa.array([drop.match.kept for drop in drops], pa.string())
    return DropList(places[:, 1], duplicates[:, 0], duplicates[:, 1], ids)
