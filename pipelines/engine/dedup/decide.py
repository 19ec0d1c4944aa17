"""The decision on one bucket of keys: it has every copy of its keys, so one numpy sort says which positions to drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import apache_beam as beam

from corpus.writers import LINE
from filters.duplicates import DropList, decide
from pipelines.engine.dedup.base import Barrier
from pipelines.engine.dedup.wire import trim_duplicates, unpack_run, write_drops
from pipelines.engine.files import Blob


class DecideKeys(beam.DoFn):
    """(bucket, its runs) -> (shard, blob of the drop list of that shard)."""

    def __init__(self, barrier: Barrier, keep: str, unit: str) -> None:
        self._barrier, self._keep, self._unit = barrier, keep, unit

    def process(self, element: tuple[int, Iterable[tuple[int, Blob]]]) -> Iterator[tuple[int, Blob]]:
        bucket, blobs = element
        runs = [(shard, unpack_run(blob.load())) for shard, blob in sorted(blobs)]
        drops = {shard: self._trimmed(here) for shard, here in decide(runs, self._keep).items()}
        yield from write_drops(f"{self._barrier.folder}/drops-{bucket:05d}.arrow", drops, self._barrier.inline)

    def _trimmed(self, drops: DropList) -> DropList:
        return trim_duplicates(drops, self._barrier.number("duplicate_of_lines")) if self._unit == LINE else drops
