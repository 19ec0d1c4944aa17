"""The decision on one bucket of keys: it has every copy of its keys, so one numpy sort says which positions to drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import apache_beam as beam

from corpus.writers import LINE
from filters.duplicates import Decision, decide
from pipelines.engine import files
from pipelines.engine.dedup.keys import trimmed
from pipelines.engine.dedup.wire import decision_bytes, run_of
from pipelines.engine.files import Blob, BlobFile


class Decide(beam.DoFn):
    """(bucket, its runs) -> (shard, blob of what goes in that shard)."""

    def __init__(self, folder: str, keep: str, unit: str, twins: int, inline: bool) -> None:
        self._folder, self._keep, self._unit, self._twins, self._inline = folder, keep, unit, twins, inline

    def process(self, element: tuple[int, Iterable[tuple[int, Blob]]]) -> Iterator[tuple[int, Blob]]:
        bucket, blobs = element
        runs = [(shard, run_of(blob.load())) for shard, blob in sorted(blobs)]
        decisions = decide(runs, self._keep)
        path = f"{self._folder}/goes-{bucket:05d}.arrow"
        with files.create(path) as file:
            out = BlobFile(path, file)
            written = [(shard, out.add(decision_bytes(self._trimmed(goes)))) for shard, goes in decisions.items()]
        for shard, blob in written:
            yield shard, blob.inline() if self._inline else blob

    def _trimmed(self, decision: Decision) -> Decision:
        return trimmed(decision, self._twins) if self._unit == LINE else decision
