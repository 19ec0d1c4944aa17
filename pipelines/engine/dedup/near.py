"""The Beam side of Near: sketches out, masks back, and the evidence; texts are opened of books that may match only.

sketches by bucket    -> pairs that share queries (filters/near.py: find_pairs)
pairs by shorter book -> candidates: enough queries in common
candidates and books  -> groups, one element each
a group               -> what goes and why, decided on exact coverage; texts come from the runs of the shards
all that goes         -> matches.parquet, and a mask for each shard
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection

from corpus.writers import rows_table, write_table
from filters.duplicates import Decision, bucket_of
from filters.near import (
    Book,
    Group,
    Match,
    Pairs,
    Sketches,
    add_up,
    decide,
    find_pairs,
    group_candidates,
    join_sketches,
    likely,
)
from pipelines.engine import files
from pipelines.engine.dedup.sketches import (
    BOOKS,
    Near,
    Shelved,
    books_of,
    columns_bytes,
    columns_of,
    load_text,
    shard_and_position,
)
from pipelines.engine.dedup.wire import decision_bytes
from pipelines.engine.files import Blob, BlobFile
from pipelines.engine.passes import Done, Pass, Plan
from pipelines.engine.stages import valued

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
"""matches.parquet: one row a dropped book; the texts are the same passage in both."""

MATCHES = "matches.parquet"
Candidates = tuple[Group, dict[int, Shelved]]
Goes = tuple[int, int, Match]  # place that goes, place of the kept one


def near_goes(done: PCollection[tuple[int, Done]], plan: Plan, one: Pass) -> Any:
    """What a Near says to every shard: (shard number, blob of what goes in it)."""
    assert isinstance(one.collects, Near)
    name, limits = one.collects.name, valued(one.collects.limits, plan.values)
    sketches = done | f"{name}: sketches" >> beam.FlatMap(_runs, False).with_output_types(tuple[int, Any])
    books = done | f"{name}: books" >> beam.FlatMap(_runs, True).with_output_types(tuple[int, Any])
    candidates = (
        sketches
        | f"{name}: by bucket" >> beam.GroupByKey()
        | f"{name}: pairs" >> beam.FlatMap(_pairs, limits["holders"], plan.bits).with_output_types(tuple[int, Any])
        | f"{name}: by book" >> beam.GroupByKey()
        | f"{name}: candidates" >> beam.Map(_likely, limits["hit_share"]).with_output_types(tuple[int, Any])
    )
    duplicate_of = (
        {"books": books, "pairs": candidates}
        | f"{name}: together" >> beam.CoGroupByKey()
        | f"{name}: groups" >> beam.FlatMap(_groups).with_output_types(tuple[int, Any])
        | f"{name}: deal groups" >> beam.Reshuffle()
        | f"{name}: decide" >> beam.Map(_decided, plan, one.number, limits).with_output_types(tuple[int, Any])
    )
    return (
        duplicate_of
        | f"{name}: all matches" >> beam.GroupByKey()
        | f"{name}: masks" >> beam.FlatMap(_masks, plan, one.number).with_output_types(tuple[int, Any])
    )


def _runs(done: tuple[int, Done], of_books: bool) -> Iterator[tuple[int, Blob]]:
    for bucket, blob in done[1].runs:
        if (bucket == BOOKS) == of_books:
            yield bucket, blob


def _pairs(gathered: tuple[int, Iterable[Blob]], holders: int, bits: int) -> Iterator[tuple[int, bytes]]:
    """The pairs of one bucket of hashes, in buckets of the shorter book."""
    sketches = join_sketches(columns_of(Sketches, blob.load()) for blob in gathered[1])
    pairs = find_pairs(sketches, holders)
    buckets = bucket_of(pairs.shorter.astype(np.uint64), bits)
    for bucket in np.flatnonzero(np.bincount(buckets)).tolist():
        yield bucket, columns_bytes(Pairs(*(column[buckets == bucket] for column in pairs)))


def _likely(gathered: tuple[int, Iterable[bytes]], hit_share: float) -> tuple[int, bytes]:
    return BOOKS, columns_bytes(likely(add_up(columns_of(Pairs, part) for part in gathered[1]), hit_share))


def _groups(gathered: tuple[int, dict[str, Iterable[Any]]]) -> Iterator[tuple[int, Candidates]]:
    """Every group; and an empty one, so that the evidence is written though nothing goes."""
    joined = gathered[1]
    shelved = {book.place: book for blob in joined["books"] for book in books_of(blob.load())}
    pairs = [columns_of(Pairs, part) for part in joined["pairs"]]
    books = (Book(book.place, book.id, book.words) for book in shelved.values())
    groups = group_candidates(books, add_up(pairs)) if pairs else []
    for number, group in enumerate([Group((), ()), *groups]):
        yield number, (group, {book.place: shelved[book.place] for book in group.books})


def _decided(
    numbered: tuple[int, Candidates], plan: Plan, number: int, limits: dict[str, Any]
) -> tuple[int, list[Goes]]:
    group, shelved = numbered[1]

    def text_of(book: Book) -> str:
        shard, _position = shard_and_position(book.place)
        return load_text(plan.pass_file(number, "runs.arrow", shard), *shelved[book.place][-2:])

    gone = decide(group, text_of, limits["overlap_share"], limits["shingle_words"], limits["evidence_words"])
    places = {book.id: book.place for book in group.books}
    return BOOKS, [(book.place, places[match.kept], match) for book, match in gone]


def _masks(decided: tuple[int, Iterable[list[Goes]]], plan: Plan, number: int) -> Iterator[tuple[int, Blob]]:
    """Write the evidence; what goes, shard by shard."""
    gone = sorted(goes for some in decided[1] for goes in some)
    with files.create(f"{plan.output}/{MATCHES}") as file:
        write_table(file, rows_table(sorted(match for _place, _kept, match in gone), MATCHES_SCHEMA))
    path = f"{plan.work}/pass-{number}/near-goes.arrow"
    with files.create(path) as file:
        out = BlobFile(path, file)
        by_shard = [(shard, list(here)) for shard, here in groupby(gone, key=_shard)]
        written = [(shard, out.add(decision_bytes(_decision(here)))) for shard, here in by_shard]
    for shard, blob in written:
        yield shard, blob.inline() if plan.inline else blob


def _shard(goes: Goes) -> int:
    return shard_and_position(goes[0])[0]


def _decision(gone: list[Goes]) -> Decision:
    """What goes in one shard, positions ascending."""
    places = [shard_and_position(place) for place, _kept, _match in gone]
    twins = np.array([shard_and_position(kept) for _place, kept, _match in gone], np.int64)
    ids = pa.array([match.kept for _place, _kept, match in gone], pa.string())
    return Decision(np.array(places, np.int64)[:, 1], twins[:, 0], twins[:, 1], ids)
