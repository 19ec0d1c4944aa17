"""Which sites of Stack Exchange are the largest: their posts are counted first, where there are too many sites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection
from apache_beam.transforms.combiners import ToDict

from corpus.readers.base import InputSplit
from corpus.readers.stackexchange.read import count_posts, largest_sites, site_of
from pipelines.engine import files
from pipelines.engine.plan import Planned

Numbered = tuple[int, InputSplit]


def keep_largest_sites(planned: Planned, shards: PCollection[Numbered]) -> Any:
    """Each shard with the file that names the sites to keep, `{"sites": [...]}`; as it is when all are kept."""
    most = planned.plan.number("sites")
    given = {site_of(path) for shard in planned.shards for path in (shard.path, *shard.more_paths)}
    if len(given) <= most:
        return shards
    kept = (
        shards
        | "count posts" >> beam.FlatMap(_counts).with_output_types(tuple[str, int])
        | "add up posts" >> beam.CombinePerKey(sum)
        | "all sites" >> ToDict()
        | "largest sites" >> beam.Map(_write, f"{planned.plan.work}/sites.json", most)
    )
    return shards | "with sidecar" >> beam.Map(_with_sidecar, AsSingleton(kept)).with_output_types(tuple[int, Any])


def _counts(numbered: Numbered) -> Iterator[tuple[str, int]]:
    _number, shard = numbered
    for path in (shard.path, *shard.more_paths):
        yield count_posts(files.open_file, shard._replace(path=path, more_paths=()))


def _write(posts: dict[str, int], path: str, most: int) -> str:
    files.write_json(path, {"sites": sorted(largest_sites(posts, most))})
    return path


def _with_sidecar(numbered: Numbered, path: str) -> Numbered:
    number, shard = numbered
    return number, shard._replace(sidecar=path)
