"""Project Gutenberg's catalogue, read once and given to every shard of books."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection

from corpus.manifest import digest
from corpus.readers.base import InputSplit
from corpus.readers.books.catalogue import read_catalogue
from pipelines.engine import files
from pipelines.engine.attempts import step
from pipelines.engine.plan import Planned

CATALOGUE = "catalogue"


def add_catalogue(planned: Planned, shards: PCollection[tuple[int, InputSplit]]) -> Any:
    """Each shard with the file of all catalogues' entries as its sidecar; unchanged where there is no catalogue."""
    given = planned.companions.get(CATALOGUE, [])
    if not given:
        return shards
    path = f"{planned.plan.work}/catalogue-{digest([shard.key for shard in given])}.json"
    read = shards.pipeline | "catalogues" >> beam.Create([[shard.path for shard in given]])
    written = read | "read catalogues" >> step(_write, "catalogues", planned.plan.work, path, made=str)
    return shards | "add catalogue" >> beam.Map(_add_sidecar, AsSingleton(written))


def _write(paths: list[str], path: str) -> Iterator[str]:
    entries: dict[str, Any] = {}
    for catalogue in paths:
        entries |= read_catalogue(files.open_file, catalogue)
    files.write_json(path, entries)
    yield path


def _add_sidecar(numbered: tuple[int, InputSplit], path: str) -> tuple[int, InputSplit]:
    number, shard = numbered
    return number, shard._replace(sidecar=path)
