"""The layout of a build: its passes, what a worker must know of it, and where each file of it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from corpus.output.manifest import DATA, EVIDENCE
from corpus.readers.base import InputSplit, Reader
from pipelines.engine import files
from pipelines.engine.dedup.base import Barrier, DedupStage
from pipelines.engine.files import Blob
from pipelines.engine.stages import EachDocument, Score, Stage, Table, Values

DOCUMENTS = "documents"
"""The kind of the files with the documents of a build."""


def documents_kind(number: int) -> str:
    """The kind of a shard's file of documents, by its number: `documents`, then `documents-1` and on."""
    return f"{DOCUMENTS}-{number}" if number else DOCUMENTS


def is_documents(kind: str) -> bool:
    """Whether files of a kind hold documents of the build."""
    return kind.partition("-")[0] == DOCUMENTS


def output_name(kind: str, number: int, total: int) -> str:
    """The name of a shard's file in a build: `data/documents-00003-of-00008.parquet`, `evidence/dropped-...`."""
    return f"{DATA if is_documents(kind) else EVIDENCE}/{kind}-{number:05d}-of-{total:05d}.parquet"


PREPARING = "prepare"
"""The step of a build in which parts of large files are prepared, where a source does that."""
PREPARED = "prepared"
"""The folder, in the work folder, of what a source's preparation keeps of each shard for later builds, by its key."""


class Pass(NamedTuple):
    """The stages between two dedups: `applies` masks the documents that come in, `collects` gathers the kept ones."""

    number: int
    applies: DedupStage | None
    stages: tuple[EachDocument | Score, ...]
    collects: DedupStage | None


@dataclass(frozen=True)
class Plan:
    """All that a worker must know of a build.

    values are the recipe's numbers in force; fingerprints[p] is a digest of all that shapes the result of pass p but
    for what comes into it; output and work are folders; runs fall into 2**bits buckets; inline: blobs travel with their
    bytes; names is the file that lists the shards' keys (see files.shard_name).
    """

    source: str
    reader: Reader
    passes: tuple[Pass, ...]
    tables: Mapping[str, Table]
    values: Values
    fingerprints: tuple[str, ...]
    output: str
    work: str
    bits: int = 0
    inline: bool = False
    names: str = ""

    def pass_file(self, index: int, kind: str, shard: InputSplit) -> str:
        """A file that pass `index` leaves in the work folder, such as `done-4f2a....json`."""
        return files.shard_file(self.pass_folder(index), kind, shard.key or shard.number)

    def pass_folder(self, index: int) -> str:
        """The work folder of pass `index`."""
        return f"{self.work}/pass-{index}"

    def barrier(self, index: int) -> Barrier:
        """What the dedup after pass `index` must know."""
        return Barrier(self.values, self.bits, self.inline, self.pass_folder(index), self.output, self.names)

    def output_file(self, kind: str, shard: InputSplit) -> str:
        """A file of the build itself, such as `data/documents-00003-of-00008.parquet`."""
        return f"{self.output}/{output_name(kind, shard.number, shard.total)}"

    def is_last(self, index: int) -> bool:
        """Whether pass `index` is the last, and does nothing but to drop what the dedup before it says."""
        return index == len(self.passes) - 1 and not self.passes[index].stages

    def whole_files(self) -> list[str]:
        """Names of the build's files that are no shard's."""
        return [name for one in self.passes if one.collects for name in one.collects.leaves]

    def companion_ledger(self, name: str, shard: int) -> str:
        """The ledger of a companion's shard, which the build adds to its own."""
        return f"{self.work}/ledger-{name}-{shard:05d}.json"

    def number(self, name: str) -> int:
        """A whole number of the recipe."""
        return int(self.values[name])  # type: ignore[arg-type]


class Left(NamedTuple):
    """A file that a pass left in the build's folder: its kind (see Plan.output_file), size in bytes, SHA-256."""

    kind: str
    bytes: int
    sha256: str


class Done(NamedTuple):
    """A shard that a pass is through with: where its runs are listed, documents kept, ledger and files so far.

    counts is the number of documents in each of its files of documents; empty where it has one.
    """

    shard: InputSplit
    runs: Blob
    documents: int
    ledger: dict[str, Any]
    left: list[Left]
    counts: tuple[int, ...] = ()


def cut(stages: tuple[Stage, ...]) -> tuple[Pass, ...]:
    """The passes of a source: per-document stages fuse, each dedup is the barrier between two."""
    passes: list[Pass] = []
    applies: DedupStage | None = None
    fused: list[EachDocument | Score] = []
    for stage in stages:
        if isinstance(stage, DedupStage):
            passes.append(Pass(len(passes), applies, tuple(fused), stage))
            applies, fused = stage, []
        else:
            fused.append(stage)
    return (*passes, Pass(len(passes), applies, tuple(fused), None))
