"""What every kind of dedup is: a gatherer on each shard, and one decision on what all shards gathered.

gather   pass p shows a shard's documents to the gatherer, which writes *runs*: (bucket, blob)
decide   what has the same bucket meets in one worker; the outcome is at most one drop list for a shard
mask     pass p + 1 reads the shard's documents again and drops the units on its drop lists; no text has travelled

A new way of comparing is a subclass of DedupStage with its gatherer (keys.py: equal keys; near.py: coverage). What is
outside this folder knows the base only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection

from corpus.document import Document
from corpus.recipe import Cited, Value
from filters.duplicates import DropList, Positions
from pipelines.engine import files
from pipelines.engine.dedup.wire import Sent
from pipelines.engine.files import Blob, BlobFile

NO_POSITIONS: Positions = np.zeros(0, np.int64)
Runs = PCollection[tuple[int, tuple[int, Sent]]]
"""(bucket, (shard number, run)) for each run that the gatherers of a dedup wrote; see `wire.load`."""
Drops = PCollection[tuple[int, Sent]]
"""(shard number, drop list of that shard); see `wire.send_drops`."""


@dataclass(frozen=True)
class Barrier:
    """The place of a dedup in a build: what its gatherers and its decision must know.

    values are the recipe's numbers in force; runs fall into 2**bits buckets; inline: what travels carries its bytes,
    instead of the place in a file. folder holds what the pass before the dedup left; output is the folder of the build;
    names lists the shards' names (files.shard_names).
    """

    values: Mapping[str, Value]
    bits: int
    inline: bool
    folder: str
    output: str
    names: str = ""

    def number(self, name: str) -> int:
        """A whole number of the recipe."""
        return int(self.values[name])  # type: ignore[arg-type]

    def shard_file(self, kind: str, shard: int) -> str:
        """A file that the pass before left of a shard, by its number in the build."""
        return files.shard_file(self.folder, kind, files.shard_name(self.names, shard))

    def runs_file(self, shard: int) -> str:
        """The file that the gatherer of a shard writes."""
        return self.shard_file("runs.bin", shard)

    @property
    def local_folder(self) -> str | None:
        """Where a worker of this machine puts what does not fit in memory; None for the folder of temporary files."""
        return files.local_folder(self.folder)


class Gathered(NamedTuple):
    """What a gatherer has of one shard: for all others to see, and what it knows without them.

    runs: (bucket, blob) of what is compared; a bucket is any int64.
    units: the number of documents or lines that were taken, and so the number of positions.
    repeats: of lines, positions of those that their own document already had, ascending.
    drops: the units to drop whatever the other shards hold; None for none.
    lines: of lines, the document that each belongs to: columns start (first position) and id, one row per document.
    """

    runs: list[tuple[int, Blob]]
    units: int
    repeats: Positions = NO_POSITIONS
    drops: DropList | None = None
    lines: pa.Table | None = None


class Uses(NamedTuple):
    """What some part of a stage depends on: functions outside the engine, and numbers of the recipe."""

    functions: tuple[Callable[..., Any], ...]
    numbers: tuple[Cited, ...]


class Gatherer(Protocol):
    """Takes the documents of one shard, in order, and writes what of them is compared."""

    def add(self, document: Document) -> None:
        """Take the next document; where that raises, nothing of the document is taken."""

    def close(self) -> Gathered:
        """Write what waits; all that was gathered."""


@dataclass(frozen=True)
class DedupStage(ABC):
    """A stage that drops documents or lines on account of others; the barrier between two passes.

    Args:
        reason: stands in the ledger for what is dropped.
        unit: `document` or `line`: what a position on a drop list counts.
        limits: the numbers of the recipe that it compares with, by keyword.
        enabled_by: a switch of the recipe; None for always.
        rare: it drops nothing of most shards. Where nothing follows it, the pass before it writes documents as they are
            published, and a shard of which nothing is dropped is not written again.
    """

    steps: ClassVar[tuple[()]] = ()
    """It changes no document on its own."""
    leaves: ClassVar[tuple[str, ...]] = ()
    """Names of the files that its decision writes into the build's folder."""

    name: str
    _: KW_ONLY
    reason: str = "duplicate"
    unit: str = "document"
    limits: Mapping[str, Cited] = field(default_factory=dict)
    enabled_by: Cited | None = None
    rare: bool = False

    @property
    @abstractmethod
    def measure(self) -> Callable[..., Any]:
        """The pure function that compares, as `corpus rules` names it."""

    def is_numbered(self, values: Mapping[str, Value]) -> bool:
        """Whether what a gatherer writes depends on the number of its shard, so that it is written again with another.

        The number is no part of a shard: it changes when a file is added before it. Drop lists that a gatherer returns
        may hold it; what it writes for other shards to see gets it from the runs, which travel with their number.
        """
        return True

    @abstractmethod
    def gatherer(self, barrier: Barrier, shard: int, out: BlobFile) -> Gatherer:
        """What takes the documents of a shard; it writes its blobs to out."""

    @abstractmethod
    def decide(self, runs: Runs, barrier: Barrier) -> Drops:
        """What every shard drops; elements are typed tuple[int, Any], so that a runner groups them by number."""

    def functions(self) -> Iterator[Callable[..., Any]]:
        """Every function outside the engine that the stage calls: what it drops depends on the code that they reach."""
        yield self.measure

    def numbers(self) -> Iterator[Cited]:
        """Every number of the recipe that the stage uses."""
        yield from self.limits.values()
        if self.enabled_by is not None:
            yield self.enabled_by

    def gathering(self) -> Uses:
        """What a gatherer uses of the stage: all. A change of what the decision alone uses costs no pass before it."""
        return Uses(tuple(self.functions()), tuple(self.numbers()))
