"""A trial: a share of a dump's shards, built in a process of its own and thrown away, to learn what a byte takes.

Run as a program it builds, and prints what that took.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from corpus.errors import BuildError
from corpus.output.run_record import peak_memory_bytes
from corpus.readers.base import InputSplit
from corpus.recipe import Recipe, cited
from corpus.storage import WORK
from pipelines.engine.costs import Takes
from pipelines.engine.outline import Outline
from pipelines.engine.plan import plan_build
from pipelines.packages import worker_environment
from pipelines.project.project import Build

TRIAL = Recipe(
    "trial",
    begin=cited(0.4, "a build of a few lines, its imports and plan apart, takes this long", "seconds of CPU time"),
    least_bytes=cited(16 << 20, "below this a trial learns what starting takes, not what a byte does", "bytes"),
    looks=cited(10, "files between passes live a second at least", "looks per second"),
)


class Trial(NamedTuple):
    """What a trial took: shards and bytes of input, seconds of CPU time, bytes in the work folder at most and of the
    output, and memory of its process."""

    shards: int
    input_bytes: float
    cpu_seconds: float
    work_bytes: int
    output_bytes: int
    memory_bytes: int


def chosen_shards(outline: Outline, share: float) -> list[InputSplit]:
    """About this share of the dump in shards, in the order of hashes of what they are; one at least."""

    def position(shard: InputSplit) -> int:
        named = json.dumps([shard.names, shard.part]).encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.sha256(named).digest()[:8])

    sizes = shard_bytes(outline)
    left = max(share * sum(sizes.values()), float(TRIAL["least_bytes"].value))  # type: ignore[arg-type]
    chosen: list[InputSplit] = []
    for shard in sorted(outline.shards, key=position):
        if chosen and left <= 0:
            break
        chosen.append(shard)
        left -= sizes[shard.number]
    return chosen


def shard_bytes(outline: Outline) -> dict[int, float]:
    """The bytes of documents' files that each shard reads, by number: an equal share of a file that is cut."""
    sizes = {file.path: file.size for file in outline.documents}
    parts = Counter(shard.path for shard in outline.shards)
    return {
        shard.number: sizes[shard.path] / parts[shard.path] + sum(sizes[path] for path in shard.more_paths)
        for shard in outline.shards
    }


def try_build(build: Build, outline: Outline, share: float, scratch: str | None = None) -> Trial:
    """Build a share of a dump with one worker.

    Args:
        scratch: where it is built; a temporary folder else.

    Raises:
        BuildError: it failed.
    """
    shards = chosen_shards(outline, share)
    paths = dict.fromkeys(path for shard in shards for path in (shard.path, *shard.more_paths))
    request: dict[str, Any] = {
        "source": build.named, "inputs": [*paths, *(file.path for file in outline.companions)],
        "keep": [[shard.path, shard.part] for shard in shards], "preset": build.preset,
        "settings": build.all_settings(), "stop_after": build.stop_after,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        words = [sys.executable, "-m", __name__, json.dumps({**request, "output": folder})]
        told = {**os.environ, **worker_environment()}
        made = subprocess.run(words, env=told, capture_output=True, text=True, check=False)
    if made.returncode:
        said = (made.stderr.strip().splitlines() or [f"exit {made.returncode}"])[-1]
        raise BuildError("a trial that comes to its end", said, build.named)
    sizes = shard_bytes(outline)
    read = sum(sizes[shard.number] for shard in shards)
    return Trial(len(shards), read, **json.loads(made.stdout.splitlines()[-1]))


def takes_as(trial: Trial, outline: Outline, before: Takes | None) -> Takes:
    """What all of a dump takes, where each byte takes what it took in the trial; what travels as measured before."""
    times = sum(shard_bytes(outline).values()) / trial.input_bytes
    begin = float(TRIAL["begin"].value)  # type: ignore[arg-type]
    hours = max(0.0, trial.cpu_seconds - begin) * times / 3600
    elements, sent = (before.elements, before.sent_bytes) if before else (0.0, 0.0)
    return Takes(
        outline.read_bytes, len(outline.shards), hours, elements, sent, trial.work_bytes * times,
        trial.output_bytes * times, trial.memory_bytes / 1e6,
    )  # fmt: skip


class _Work:
    """The most bytes that a work folder has held, looked at until the build has ended."""

    def __init__(self, folder: str) -> None:
        self._folder, self._ended, self.most = folder, threading.Event(), 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(1 / float(TRIAL["looks"].value)):  # type: ignore[arg-type]
            self.most = max(self.most, bytes_below(f"{self._folder}/{WORK}"))


def bytes_below(folder: str, but: str = "") -> int:
    """The bytes of all files below a folder, less those below a folder of that name in it."""
    total = 0
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != but]
        for name in names:
            try:
                total += os.lstat(f"{path}/{name}").st_size
            except OSError:  # it was deleted meanwhile
                continue
    return total


def _build(request: dict[str, Any]) -> dict[str, Any]:
    """Build what a request says, in this process."""
    from pipelines.engine.build import run_planned
    from pipelines.sources import find_source

    source = find_source(request["source"])
    output, keep = request["output"], {tuple(one) for one in request["keep"]}
    planned = plan_build(
        source, request["inputs"], output, request["preset"], request["settings"], request["stop_after"], False, False
    )
    some = [shard for shard in planned.shards if (shard.path, shard.part) in keep or not shard.part]
    shards = [shard._replace(number=number, total=len(some)) for number, shard in enumerate(some)]
    planned, began, work = planned._replace(shards=shards), time.process_time(), _Work(planned.plan.output)
    run_planned(planned, source, ["--direct_num_workers=1"])
    work.end()
    return {
        "cpu_seconds": time.process_time() - began, "work_bytes": work.most,
        "output_bytes": bytes_below(planned.plan.output, WORK), "memory_bytes": peak_memory_bytes(),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(_build(json.loads(sys.argv[1]))))
