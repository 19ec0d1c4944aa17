"""What is to be known of all sites before one is read: which are the largest, and what each part of a large one joins.

A shard's sidecar names those of its own sites that are kept, and no others: so a site that enters or leaves the choice
makes its own shard stale alone. Posts are counted where there are too many sites, and those of a site in parts while
these set them apart (apart.py). Counts are kept with the build's work, as counting means to unpack all of Posts.xml.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection
from apache_beam.transforms.combiners import ToDict

from corpus.code import reached_by
from corpus.errors import BuildError
from corpus.manifest import digest
from corpus.readers.base import InputSplit
from corpus.readers.stackexchange.read import count_posts, largest_sites, site_of
from corpus.readers.stackexchange.set_apart import set_apart
from corpus.readers.stackexchange.stretches import bounds_of
from pipelines.engine import files
from pipelines.engine.attempts import step
from pipelines.engine.layout import PREPARED, PREPARING
from pipelines.engine.plan import Planned
from pipelines.sources.stackexchange.apart import Notes, to_join

Numbered = tuple[int, InputSplit]


class _Work(NamedTuple):
    """Where a source's preparation keeps what it finds, and by which code and values it does so."""

    folder: str
    code: str
    longest_row_bytes: int
    counts: bool


def prepare_sites(planned: Planned, shards: PCollection[Numbered]) -> Any:
    """Each shard with a file that names the sites to keep, and says what a part joins; none where neither matters.

    Args:
        planned: the build.
        shards: all its shards.
    """
    most, plan = planned.plan.number("sites"), planned.plan
    given = {site_of(split.path) for shard in planned.shards for split in shard.each_file()}
    counts = len(given) > most
    if not counts and not any(shard.part for shard in planned.shards):
        return shards
    longest = plan.number("longest_row_bytes")
    work = _Work(f"{plan.work}/{PREPARED}", digest([reached_by([count_posts, set_apart]), longest]), longest, counts)
    dealt = shards | "deal stretches" >> beam.Reshuffle()  # the list of shards is one element, of one worker
    found = dealt | "set posts apart" >> step(
        _found, "posts, shard", plan.work, work, made=tuple[str, Any], counted=PREPARING
    )  # fmt: skip
    kept: Any = frozenset(given)
    if counts:
        kept = AsSingleton(
            found
            | "posts of sites" >> beam.MapTuple(_site_posts).with_output_types(tuple[str, int])
            | "add up posts" >> beam.CombinePerKey(sum)
            | "all sites" >> ToDict()
            | "largest sites" >> beam.Map(largest_sites, most)
        )
    by_path = shards | "by file" >> beam.Map(_by_path).with_output_types(tuple[str, Any])
    return (
        {"shards": by_path, "found": found}
        | "parts of a file" >> beam.CoGroupByKey()
        | "with sidecar" >> step(_with_sidecar, "sites, file", plan.work, work, kept)
    )


def _by_path(numbered: Numbered) -> tuple[str, Numbered]:
    return numbered[1].path, numbered


def _site_posts(_path: str, found: tuple[str, int, str]) -> tuple[str, int]:
    site, posts, _note = found
    return site, posts


def _found(numbered: Numbered, work: _Work) -> Iterator[tuple[str, tuple[str, int, str]]]:
    """(first file of the shard, (site, its posts, a note on a stretch)): of each file, or each stretch set apart."""
    _number, shard = numbered
    if shard.part:
        for noted in Notes(work.folder, shard, work.code).made(work.longest_row_bytes):
            yield shard.path, (site_of(shard.path), noted.posts, noted.note)
    elif work.counts:
        yield from ((shard.path, (site, posts, "")) for site, posts in _counts(shard, work))


def _counts(shard: InputSplit, work: _Work) -> Iterator[tuple[str, int]]:
    """(site, posts) of each file of a shard, counted or as counted before by the same code."""
    path = files.shard_file(work.folder, "posts.json", shard.key or shard.number)
    counted = files.read_sealed(path)
    if counted is None or counted["code"] != work.code:
        counted = {"code": work.code, "posts": [count_posts(files.open_file, split) for split in shard.each_file()]}
        files.write_sealed(path, counted)
    yield from ((site, posts) for site, posts in counted["posts"])


def _with_sidecar(group: tuple[str, dict[str, Any]], work: _Work, kept: frozenset[str]) -> Iterator[Numbered]:
    """The shards of a file, each with a file that names the sites kept, and of parts says what is to be joined."""
    path, sides = group
    notes = {note for _site, _posts, note in sides["found"] if note}
    to_be_joined = list(to_join(sorted(notes)))
    for number, shard in sides["shards"]:
        if not (shard.part or work.counts):
            yield number, shard
            continue
        content: dict[str, Any] = {"sites": sorted(kept & {site_of(split.path) for split in shard.each_file()})}
        if shard.part:
            part, parts = bounds_of(shard.part)
            if len(to_be_joined) != parts:
                raise BuildError(f"{parts} stretches set apart", str(len(to_be_joined)), path, "run it again")
            content["part"] = to_be_joined[part]
        sidecar = files.shard_file(work.folder, "sites.json", shard.key or shard.number)
        files.write_json(sidecar, content)
        yield number, shard._replace(sidecar=sidecar)
