"""The repository file of each blob (repository, path, licence), joined across the tables of a GitHub export.

The tables contents, files and licenses are joined without moving a text: contents send their blob ids, files their
rows, each to the bucket of the id; a bucket chooses one repository file per blob and sends it to the shards that asked.
A bucket larger than memory is cut through local disk, as in a dedup (pipelines/engine/dedup/parts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from apache_beam.pvalue import AsSingleton, PCollection
from numpy.typing import NDArray

from corpus.document import UNREADABLE
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.manifest import digest
from corpus.readers.base import InputSplit, Seen
from corpus.readers.github.read import (
    FILES,
    LICENCES,
    RepoFile,
    blob_ids,
    read_licences,
    read_repo_files,
    repo_file_rank,
    write_repo_files,
)
from corpus.writers import id_hash, write_table
from pipelines.engine import files
from pipelines.engine.attempts import step
from pipelines.engine.dedup.parts import Parts, cut
from pipelines.engine.dedup.wire import Sent, load, pack, rows_at, send_all, unpack
from pipelines.engine.layout import Plan
from pipelines.engine.plan import Planned
from pipelines.engine.streams import count_bytes

ROWS_AT_ONCE = 200_000
"""Rows of a files shard reduced at a time: a blob that stands in many repositories is sent once per batch of them."""

_FAST = 1  # zstd's level for what is read once

Numbered = tuple[int, InputSplit]


def join_repo_files(planned: Planned, shards: PCollection[Numbered]) -> Any:
    """Each shard of contents with its blobs' repository files as sidecar; unchanged where there is no files table."""
    plan, companions = planned.plan, planned.companions
    if not companions.get(FILES):
        return shards
    pipeline, work = shards.pipeline, plan.work
    licences = (
        pipeline
        | "licences" >> beam.Create([companions[LICENCES]])
        | "one table of licences" >> step(_gather_licences, "licences", work, plan, made=str)
    )
    repo_files = (
        pipeline
        | "files" >> beam.Create([(shard.number, shard) for shard in companions[FILES]])
        | "deal files" >> beam.Reshuffle()
        | "repo files" >> step(_send_repo_files, "repository files, shard", work, plan, AsSingleton(licences))
    )
    wanted = shards | "blob ids" >> step(_send_ids, "blob ids, shard", work, plan)
    chosen = (
        {"repo files": repo_files, "wanted": wanted}
        | "by bucket of the id" >> beam.CoGroupByKey()
        | "choose repo files" >> step(_choose, "repository files, bucket", work, plan)
    )
    return (
        {"shard": shards, "chosen": chosen}
        | "repo files by shard" >> beam.CoGroupByKey()
        | "with sidecar" >> step(_with_sidecar, "sidecar, shard", work, plan)
    )


def _gather_licences(shards: list[InputSplit], plan: Plan) -> Iterator[str]:
    """One table of all repositories' licences; of several the permitted one that is first by name."""
    permitted, row_bytes = _licences(plan), plan.number("row_bytes")
    licences: dict[str, str] = {}
    for shard in shards:

        def rows(seen: Seen, fault: Callable[..., object], shard: InputSplit = shard) -> Iterator[tuple[str, str]]:
            return read_licences(seen.counting(files.open_file, shard.path), shard, seen, fault, row_bytes=row_bytes)

        for repo, licence in _accounted(plan, LICENCES, shard, rows):
            known = licences.get(repo, licence)
            licences[repo] = min(known, licence, key=lambda name: (name not in permitted, name))
    path = f"{plan.work}/licences-{digest([shard.key for shard in shards])}.parquet"  # workers remember it by name
    table = pa.table({"repo": list(licences), "licence": list(licences.values())})
    with files.create_scratch(path) as file:
        write_table(file, table.sort_by("repo"))
    yield path


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

    read = _accounted(plan, FILES, shard, rows)

    def tables() -> Iterator[tuple[int, bytes]]:
        while batch := list(islice(read, ROWS_AT_ONCE)):
            best = _best(((blob, _licensed(repo_file, by_repo)) for blob, repo_file in batch), permitted)
            yield from _cut(_table(OFFERED, best), plan.bits)

    yield from send_all(f"{plan.work}/repo-files-{number:05d}.bin", tables(), plan.inline)


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


class Asked(NamedTuple):
    """What meets by blob id, by column: repository files, whose shard is OFFERED, and ids that shards want."""

    hashes: NDArray[np.uint64]
    shards: NDArray[np.int64]
    ids: pa.Array
    repos: pa.Array
    paths: pa.Array
    licences: pa.Array
    links: NDArray[np.int64]


class Chosen(NamedTuple):
    """The repository files of blobs that shards of contents want, by column."""

    shards: NDArray[np.int64]
    ids: pa.Array
    repos: pa.Array
    paths: pa.Array
    licences: pa.Array
    links: NDArray[np.int64]


OFFERED = -1
"""The shard of a row that stands for a repository file."""
_NAMELESS = RepoFile("", "")


def _table(shard: int, repo_files: Mapping[str, RepoFile]) -> Asked:
    """Rows of one shard, in the order of the mapping."""
    hashes = np.fromiter(map(id_hash, repo_files), np.uint64, len(repo_files))
    return Asked(hashes, *_columns([(shard, blob, *repo_file) for blob, repo_file in repo_files.items()]))


def _columns(rows: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The columns of `Chosen`."""
    shards, *strings, links = zip(*rows, strict=True) if rows else ((),) * len(Chosen._fields)
    arrays = (pa.array(column, pa.string()) for column in strings)
    return np.array(shards, np.int64), *arrays, np.array(links, np.int64)


def _cut(rows: Asked, bits: int) -> Iterator[tuple[int, bytes]]:
    yield from ((bucket, zstandard.compress(pack(some), _FAST)) for bucket, some in cut(rows, bits))


def _asked(sent: Sent) -> Asked:
    return unpack(Asked, zstandard.decompress(load(sent)))


def _send_ids(numbered: Numbered, plan: Plan) -> Iterator[tuple[int, Sent]]:
    """(bucket, blob ids that a shard wants)."""
    number, shard = numbered
    wanted = dict.fromkeys(_wanted(shard, plan.number("row_bytes")), _NAMELESS)
    yield from send_all(f"{plan.work}/wanted-{number:05d}.bin", _cut(_table(number, wanted), plan.bits), plan.inline)


def _wanted(shard: InputSplit, row_bytes: int) -> Iterator[str]:
    """The ids of a shard's blobs for which a repository file must be found."""
    for split in shard.each_file():
        yield from blob_ids(files.open_file, split, row_bytes=row_bytes)


def _choose(group: tuple[int, dict[str, Any]], plan: Plan) -> Iterator[tuple[int, Sent]]:
    """(shard, the repository files of its blobs), from all files and all wanted ids of one bucket."""
    bucket, sides = group
    most_bytes, folder = plan.number("bucket_bytes"), files.local_folder(plan.work)
    rows = Parts(Asked, most_bytes, folder, plan.bits)
    for sent in chain(sides["repo files"], sides["wanted"]):
        rows.add(_asked(sent))
    chosen = Parts(Chosen, most_bytes, folder)
    for part in rows:
        chosen.add(_choose_in(part, _licences(plan)))
    tables = ((int(some.shards[0]), pack(some)) for part in chosen for some in _by_shard(part))
    yield from send_all(f"{plan.work}/chosen-{bucket:05d}.bin", tables, plan.inline)


def _choose_in(rows: Asked, permitted: tuple[str, ...]) -> Chosen:
    """For each wanted id that has repository files, the one that ranks first."""
    offered, wanted = (rows_at(rows, np.flatnonzero((rows.shards == OFFERED) == side)) for side in (True, False))
    repo_files = _repo_files(offered.repos, offered.paths, offered.licences, offered.links)
    best = _best(zip(offered.ids.to_pylist(), repo_files, strict=True), permitted)
    pairs = zip(wanted.shards.tolist(), wanted.ids.to_pylist(), strict=True)
    return Chosen(*_columns([(shard, blob, *best[blob]) for shard, blob in pairs if blob in best]))


def _repo_files(repos: pa.Array, paths: pa.Array, licences: pa.Array, links: NDArray[np.int64]) -> Iterator[RepoFile]:
    names = (column.to_pylist() for column in (repos, paths, licences))
    return map(RepoFile, *names, links.astype(bool).tolist())


def _by_shard(chosen: Chosen) -> Iterator[Chosen]:
    order = np.argsort(chosen.shards, kind="stable")
    edges = np.flatnonzero(np.diff(chosen.shards[order])) + 1
    yield from (rows_at(chosen, rows) for rows in np.split(order, edges) if len(rows))


def _with_sidecar(group: tuple[int, dict[str, Any]], plan: Plan) -> Iterator[Numbered]:
    """A shard with its blobs' repository files as sidecar."""
    number, sides = group
    (shard,) = sides["shard"]
    chosen: dict[str, RepoFile] = {}
    for sent in sides["chosen"]:
        _shards, ids, *columns = unpack(Chosen, load(sent))
        chosen |= dict(zip(ids.to_pylist(), _repo_files(*columns), strict=True))
    path = f"{plan.work}/repo-files-of-{number:05d}.arrow"
    with files.create_scratch(path) as file:
        write_repo_files(file, chosen)
    yield number, shard._replace(sidecar=path)
