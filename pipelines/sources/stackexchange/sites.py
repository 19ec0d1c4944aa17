"""Which sites of Stack Exchange are the largest: their posts are counted first, where there are too many sites.

A shard's sidecar names those of its own sites that are kept, and no others: so a site that enters or leaves the choice
makes its own shard stale alone. Counts are kept with the build's work, as counting means to unpack all of Posts.xml.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection
from apache_beam.transforms.combiners import ToDict

from corpus.code import reached_by
from corpus.manifest import digest
from corpus.readers.base import InputSplit
from corpus.readers.stackexchange.read import count_posts, largest_sites, site_of
from pipelines.engine import files
from pipelines.engine.attempts import step
from pipelines.engine.layout import PREPARED
from pipelines.engine.plan import Planned

Numbered = tuple[int, InputSplit]


def keep_largest_sites(planned: Planned, shards: PCollection[Numbered]) -> Any:
    """Each shard with the file that names the sites to keep, `{"sites": [...]}`; as it is when all are kept."""
    most, work = planned.plan.number("sites"), planned.plan.work
    given = {site_of(split.path) for shard in planned.shards for split in shard.each_file()}
    if len(given) <= most:
        return shards
    code = digest(reached_by([count_posts]))
    kept = (
        shards
        | "count posts" >> step(_counts, "posts, shard", work, f"{work}/{PREPARED}", code, made=tuple[str, int])
        | "add up posts" >> beam.CombinePerKey(sum)
        | "all sites" >> ToDict()
        | "largest sites" >> beam.Map(largest_sites, most)
    )
    return shards | "with sidecar" >> step(_with_sidecar, "sites, shard", work, work, AsSingleton(kept))


def _counts(numbered: Numbered, folder: str, code: str) -> Iterator[tuple[str, int]]:
    """(site, posts) of each file of a shard, counted or as counted before by the same code."""
    _number, shard = numbered
    path = files.shard_file(folder, "posts.json", shard.key or shard.number)
    counted = files.read_sealed(path)
    if counted is None or counted["code"] != code:
        counted = {"code": code, "posts": [count_posts(files.open_file, split) for split in shard.each_file()]}
        files.write_sealed(path, counted)
    yield from ((site, number) for site, number in counted["posts"])


def _with_sidecar(numbered: Numbered, work: str, kept: frozenset[str]) -> Iterator[Numbered]:
    """A shard with the file that names those of its sites that are kept."""
    number, shard = numbered
    path = files.shard_file(f"{work}/{PREPARED}", "sites.json", shard.key or shard.number)
    files.write_json(path, {"sites": sorted(kept & {site_of(split.path) for split in shard.each_file()})})
    yield number, shard._replace(sidecar=path)
