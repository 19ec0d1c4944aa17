"""Project Gutenberg's catalogue, read once and told to every shard of books."""

from __future__ import annotations

from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection

from corpus.manifest import digest
from corpus.readers.base import InputSplit
from corpus.readers.books.catalogue import read_catalogue
from pipelines.engine import files
from pipelines.engine.plan import Planned

CATALOGUE = "catalogue"


def tell_catalogue(planned: Planned, shards: PCollection[tuple[int, InputSplit]]) -> Any:
    """Each shard with the file that holds the entries of all catalogues given; as it is where there is none."""
    given = planned.companions.get(CATALOGUE, [])
    if not given:
        return shards
    path = f"{planned.plan.work}/catalogue-{digest([shard.stamp for shard in given])}.json"
    read = shards.pipeline | "catalogues" >> beam.Create([[shard.path for shard in given]])
    told = read | "read catalogues" >> beam.Map(_write, path)
    return shards | "tell catalogue" >> beam.Map(_told, AsSingleton(told))


def _write(paths: list[str], path: str) -> str:
    entries: dict[str, Any] = {}
    for one in paths:
        entries |= read_catalogue(files.open_file, one)
    files.write_json(path, entries)
    return path


def _told(numbered: tuple[int, InputSplit], path: str) -> tuple[int, InputSplit]:
    number, shard = numbered
    return number, shard._replace(sidecar=path)
