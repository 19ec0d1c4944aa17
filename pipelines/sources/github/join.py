"""The repository file of each blob (repository, path, licence), joined across the tables of a GitHub export.

The tables contents, files and licenses are joined without moving a text: contents send their blob ids, files their
rows, each to the bucket of the id; a bucket chooses one repository file per blob and sends it to the shards that asked.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.pvalue import AsSingleton, PCollection

from corpus.document import UNREADABLE
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.readers.base import InputSplit, Seen
from corpus.readers.github.read import (
    FILES,
    LICENCES,
    RepoFile,
    blob_ids,
    read_licences,
    read_repo_files,
    repo_file_rank,
    repo_files_in,
    write_repo_files,
)
from corpus.writers import id_hash, write_table
from pipelines.engine import files
from pipelines.engine.dedup.wire import Sent, load, send_all
from pipelines.engine.passes import Plan
from pipelines.engine.plan import Planned
from pipelines.engine.streams import count_bytes

ROWS_AT_ONCE = 200_000
"""Rows of a files shard reduced at a time: a blob that stands in many repositories is sent once per batch of them."""

Numbered = tuple[int, InputSplit]


def join_repo_files(planned: Planned, shards: PCollection[Numbered]) -> Any:
    """Each shard of contents with its blobs' repository files as sidecar; unchanged where there is no files table."""
    plan, companions = planned.plan, planned.companions
    if not companions.get(FILES):
        return shards
    pipeline = shards.pipeline
    licences = (
        pipeline
        | "licences" >> beam.Create([companions[LICENCES]])
        | "one table of licences" >> beam.Map(_gather_licences, plan)
    )
    repo_files = (
        pipeline
        | "files" >> beam.Create([(shard.number, shard) for shard in companions[FILES]])
        | "deal files" >> beam.Reshuffle()
        | "repo files" >> beam.FlatMap(_send_repo_files, plan, AsSingleton(licences)).with_output_types(tuple[int, Any])
    )
    wanted = shards | "blob ids" >> beam.FlatMap(_send_ids, plan).with_output_types(tuple[int, Any])
    chosen = (
        {"repo files": repo_files, "wanted": wanted}
        | "by bucket of the id" >> beam.CoGroupByKey()
        | "choose repo files" >> beam.FlatMap(_choose, plan).with_output_types(tuple[int, Any])
    )
    return (
        {"shard": shards, "chosen": chosen}
        | "repo files by shard" >> beam.CoGroupByKey()
        | "with sidecar" >> beam.Map(_with_sidecar, plan).with_output_types(tuple[int, Any])
    )


def _gather_licences(shards: list[InputSplit], plan: Plan) -> str:
    """One table of all repositories' licences; of several the permitted one that is first by name."""
    permitted, row_bytes = _licences(plan), plan.number("row_bytes")
    licences: dict[str, str] = {}
    for shard in shards:

        def rows(seen: Seen, fault: Callable[..., object], shard: InputSplit = shard) -> Iterator[tuple[str, str]]:
            return read_licences(seen.counting(files.open_file, shard.path), shard, seen, fault, row_bytes=row_bytes)

        for repo, licence in _accounted(plan, LICENCES, shard, rows):
            known = licences.get(repo, licence)
            licences[repo] = min(known, licence, key=lambda name: (name not in permitted, name))
    path = f"{plan.work}/licences.parquet"
    table = pa.table({"repo": list(licences), "licence": list(licences.values())})
    with files.create_scratch(path) as file:
        write_table(file, table.sort_by("repo"))
    return path


def _licences(plan: Plan) -> tuple[str, ...]:
    permitted = plan.values["licences"]
    assert isinstance(permitted, tuple)
    return permitted


def _accounted(plan: Plan, table: str, shard: InputSplit, rows: Callable[..., Iterator[Any]]) -> Iterator[Any]:
    """The rows of a companion's shard; those that cannot be read go to a ledger of its own, which the build adds."""
    ledger, seen, kept, unit = Ledger(plan.source), Seen(), 0, f"{table} row"
    for row in rows(seen, lambda fault: ledger.add_broken("input", unit, fault.document.id, fault.detail)):
        kept += 1
        yield row
    ledger.add("input", unit, ENTERED, kept + ledger.count("input", unit, UNREADABLE))
    ledger.add("input", unit, KEPT_ROW, kept)
    seen.add_up()
    count_bytes(ledger, "input", f"{table} byte", seen.bytes)
    files.write_json(plan.companion_ledger(table, shard.number), ledger.to_json())


@lru_cache(maxsize=1)
def _licences_by_repo(path: str) -> dict[int, str]:
    """Licence by the hash of the repository's name: about 100 bytes per repository, once per process."""
    with files.open_file(path) as file:
        table = pq.read_table(file)
    names = {name: name for name in set(table["licence"].to_pylist())}
    pairs = zip(table["repo"].to_pylist(), table["licence"].to_pylist(), strict=True)
    return {id_hash(repo): names[licence] for repo, licence in pairs}


def _send_repo_files(numbered: Numbered, plan: Plan, licences: str) -> Iterator[tuple[int, Sent]]:
    """(bucket, repository files of a files shard): of each blob the one that ranks first, batch by batch."""
    number, shard = numbered
    row_bytes, permitted, by_repo = plan.number("row_bytes"), _licences(plan), _licences_by_repo(licences)

    def rows(seen: Seen, fault: Callable[..., object]) -> Iterator[tuple[str, RepoFile]]:
        counted = seen.counting(files.open_file, shard.path)
        return read_repo_files(counted, shard, seen, fault, row_bytes=row_bytes)

    path = f"{plan.work}/repo-files-{number:05d}.arrow"
    read = _accounted(plan, FILES, shard, rows)

    def tables() -> Iterator[tuple[int, bytes]]:
        while batch := list(islice(read, ROWS_AT_ONCE)):
            best = _best(((blob, _licensed(repo_file, by_repo)) for blob, repo_file in batch), permitted)
            for bucket, blobs in _by_bucket(best, plan.bits):
                yield bucket, _table_bytes({blob: best[blob] for blob in blobs})

    yield from send_all(path, tables(), plan.inline)


def _licensed(repo_file: RepoFile, by_repo: dict[int, str]) -> RepoFile:
    return repo_file._replace(licence=by_repo.get(id_hash(repo_file.repo), ""))


def _best(repo_files: Iterable[tuple[str, RepoFile]], permitted: tuple[str, ...]) -> dict[str, RepoFile]:
    """Of each blob the repository file that ranks first."""
    best: dict[str, RepoFile] = {}
    for blob, repo_file in repo_files:
        known = best.get(blob)
        if known is None or repo_file_rank(repo_file, permitted) < repo_file_rank(known, permitted):
            best[blob] = repo_file
    return best


def _by_bucket(blobs: Iterable[str], bits: int) -> Iterator[tuple[int, list[str]]]:
    buckets: dict[int, list[str]] = {}
    for blob in blobs:
        buckets.setdefault(id_hash(blob) >> (64 - bits) if bits else 0, []).append(blob)
    yield from sorted(buckets.items())


def _table_bytes(repo_files: dict[str, RepoFile]) -> bytes:
    sink = io.BytesIO()
    write_repo_files(sink, repo_files)
    return sink.getvalue()


def _send_ids(numbered: Numbered, plan: Plan) -> Iterator[tuple[int, tuple[int, Sent]]]:
    """(bucket, (shard, its blob ids))."""
    number, shard = numbered
    path = f"{plan.work}/wanted-{number:05d}.txt"
    buckets = _by_bucket(_wanted(shard, plan.number("row_bytes")), plan.bits)
    for bucket, ids in send_all(path, ((bucket, "\n".join(blobs).encode()) for bucket, blobs in buckets), plan.inline):
        yield bucket, (number, ids)


def _wanted(shard: InputSplit, row_bytes: int) -> Iterator[str]:
    """The ids of a shard's blobs for which a repository file must be found."""
    for path in (shard.path, *shard.more_paths):
        yield from blob_ids(files.open_file, shard._replace(path=path, more_paths=()), row_bytes=row_bytes)


def _choose(group: tuple[int, dict[str, Any]], plan: Plan) -> Iterator[tuple[int, Sent]]:
    """(shard, the repository files of its blobs), from all files and all wanted ids of one bucket."""
    bucket, sides = group
    read = (pair for sent in sides["repo files"] for pair in repo_files_in(io.BytesIO(load(sent))).items())
    best = _best(read, _licences(plan))
    path = f"{plan.work}/chosen-{bucket:05d}.arrow"
    wanted = ((number, load(sent).decode().split("\n")) for number, sent in sides["wanted"])
    chosen = ((number, _table_bytes({name: best[name] for name in names if name in best})) for number, names in wanted)
    yield from send_all(path, chosen, plan.inline)


def _with_sidecar(group: tuple[int, dict[str, Any]], plan: Plan) -> Numbered:
    """A shard with its blobs' repository files as sidecar."""
    number, sides = group
    (shard,) = sides["shard"]
    chosen: dict[str, RepoFile] = {}
    for sent in sides["chosen"]:
        chosen |= repo_files_in(io.BytesIO(load(sent)))
    path = f"{plan.work}/repo-files-of-{number:05d}.arrow"
    with files.create_scratch(path) as file:
        write_repo_files(file, chosen)
    return number, shard._replace(sidecar=path)
