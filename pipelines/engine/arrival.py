"""What comes into a pass: files of the dump, or what the pass before left and which units of it are dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from corpus.errors import BuildError
from corpus.manifest import digest
from corpus.readers.base import InputSplit
from corpus.storage import measure
from corpus.writers import LINE
from pipelines.engine import files
from pipelines.engine.dedup.apply import Mask, digest_of, mask_of
from pipelines.engine.dedup.wire import Sent
from pipelines.engine.files import Blob
from pipelines.engine.layout import Left, Pass, Plan

RUNS = "runs.bin"
LEFT = "kept"
"""The suffix of a file of the build in the work folder: no glob for a build's files meets it there."""
_RESULT = ("chars", "runs", "repeats", "drops", "documents", "units", "files", "left", "left_before", "ledger")
"""What of a `done` the next pass depends on."""


class Arrival(NamedTuple):
    """What comes into a pass after a dedup: the `done` of the pass before, and the units to drop of what it left."""

    done: Mapping[str, Any]
    mask: Mask


def arrival_of(plan: Plan, this: Pass, shard: InputSplit, drops: Iterable[Sent]) -> Arrival:
    """What the pass before left of a shard, and which units of it the dedup between drops."""
    before = this.number - 1
    path = plan.pass_file(before, "done.json", shard)
    done = files.read_sealed(path)
    if done is None:
        raise BuildError("what the pass before left", "nothing whole", path, "run it again")
    runs_file, barrier = plan.pass_file(before, RUNS, shard), plan.barrier(before)
    repeats = np.frombuffer(Blob(runs_file, *done["repeats"]).load(), np.int64)
    mask = mask_of(
        shard.number, drops, Blob(runs_file, *done["drops"]), repeats, done["units"],
        partial(barrier.shard_file, "lines.arrow") if this.applies and this.applies.unit == LINE else None,
        plan.number("duplicate_of_lines"),
    )  # fmt: skip
    return Arrival(done, mask)


def entered(plan: Plan, this: Pass, shard: InputSplit, arrival: Arrival | None) -> dict[str, Any]:
    """What comes into a pass, as digests by name."""
    numbered = this.collects is not None and this.collects.is_numbered(plan.values)
    number = {"number": shard.number} if numbered else {}
    if arrival is not None:
        came = digest({name: arrival.done.get(name) for name in _RESULT})
        return {"documents": came, "mask": digest_of(arrival.mask), **number}
    return {"input": shard.key or [shard.path, shard.part], "sidecar": _content(shard.sidecar), **number}


def published_in(arrival: Arrival) -> list[Left]:
    """The files of documents that the pass before left, where it wrote them as they are published."""
    kinds = ((kind.partition("."), *rest) for kind, *rest, _sum in arrival.done["files"])
    return [Left(kind, size, sha256) for (kind, _, suffix), size, sha256 in kinds if suffix == LEFT]


def _content(path: str) -> str:
    """A digest of a file; "" for no file."""
    if not path:
        return ""
    with files.open_file(path) as file:
        return measure(file, files.SCRATCH_DIGEST)[1]
