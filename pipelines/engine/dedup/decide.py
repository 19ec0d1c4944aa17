"""The decision on one bucket of keys: it has every copy of its keys, so sorting them says which positions to drop.

A bucket is cut into parts that fit in memory (parts.py), each part decided by one numpy sort, and what is dropped put
together by shard in the same way. So a worker needs the same memory for a bucket of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import apache_beam as beam

from corpus.writers import LINE
from filters.duplicates import DropList, DropTable, KeyRun, KeyTable, decide, drop_lists, rows_of
from pipelines.engine.attempts import attempted
from pipelines.engine.dedup.base import Barrier
from pipelines.engine.dedup.parts import Parts
from pipelines.engine.dedup.wire import Sent, load, send_drops, trim_duplicates, unpack


class DecideKeys(beam.DoFn):
    """(bucket, its runs) -> (shard, drop list of that shard): one of each shard at most."""

    def __init__(self, barrier: Barrier, keep: str, unit: str) -> None:
        self._barrier, self._keep, self._unit = barrier, keep, unit

    def process(self, element: tuple[int, Iterable[tuple[int, Sent]]]) -> Iterator[tuple[int, Sent]]:
        bucket, runs = element
        if self._barrier.inline:  # not on this machine: the runner tries a bucket again by itself
            yield from self._decide(bucket, runs)
            return
        work = f"dedup of {self._unit}s, bucket {bucket}"
        yield from attempted(lambda: self._decide(bucket, runs), work, self._barrier.folder)

    def _decide(self, bucket: int, runs: Iterable[tuple[int, Sent]]) -> Iterator[tuple[int, Sent]]:
        barrier = self._barrier
        keys = Parts(KeyTable, barrier.number("bucket_bytes"), barrier.local_folder, barrier.bits)
        for shard, run in runs:
            keys.add(rows_of(shard, unpack(KeyRun, load(run))))
        drops = Parts(DropTable, barrier.number("bucket_bytes"), barrier.local_folder)
        for part in keys:
            drops.add(decide(part, self._keep))
        lists = ((shard, self._trimmed(here)) for part in drops for shard, here in drop_lists(part))
        yield from send_drops(f"{barrier.folder}/drops-{bucket:05d}.bin", lists, barrier.inline)

    def _trimmed(self, drops: DropList) -> DropList:
        return trim_duplicates(drops, self._barrier.number("duplicate_of_lines")) if self._unit == LINE else drops
