"""Progress of a build: shards done, documents per second, time left. Redrawn on a terminal, else a line per 30 s."""

from __future__ import annotations

import glob
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from corpus import amounts
from corpus.stores.addresses import is_local
from pipelines.engine.layout import PREPARED, Plan

TERMINAL_SECONDS = 1.0
LINES_SECONDS = 30.0


class Progress:
    """Reads the `done` files in the work folder at intervals, and prints one line."""

    def __init__(self, out: TextIO | None = None, quiet: bool = False) -> None:
        self._out, self._quiet = out or sys.stderr, quiet
        self._terminal = self._out.isatty()

    @contextmanager
    def watching(self, plan: Plan, shards: int) -> Iterator[None]:
        """Print progress until the block ends. Work folders that are not local are not watched."""
        if self._quiet or not is_local(plan.work):
            yield
            return
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(plan, shards, ended), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()
            if self._terminal:
                self._out.write("\r\033[K")

    def _watch(self, plan: Plan, shards: int, ended: threading.Event) -> None:
        started, every = time.monotonic(), TERMINAL_SECONDS if self._terminal else LINES_SECONDS
        while not ended.wait(every):
            done, documents = work_done(plan)
            passes = shards * len(plan.passes)
            line = progress_line(plan.source, done, passes, documents, time.monotonic() - started, prepared(plan))
            self._out.write(f"\r\033[K{line}" if self._terminal else f"{line}\n")
            self._out.flush()


def work_done(plan: Plan) -> tuple[int, int]:
    """(shards done, over all passes; documents that these passes kept); results of other builds do not count."""
    found = [
        (record["parts"] == fingerprint, record["documents"])
        for index, fingerprint in enumerate(plan.fingerprints)
        for record in _records(f"{glob.escape(plan.pass_folder(index))}/done-*.json")
    ]
    return sum(ours for ours, _documents in found), sum(documents for ours, documents in found if ours)


def prepared(plan: Plan) -> int:
    """How many pieces of its preparation a source has done: of a large site, the stretches set apart."""
    return len(glob.glob(f"{glob.escape(plan.work)}/{PREPARED}/*.json"))


def _records(pattern: str) -> Iterator[dict[str, Any]]:
    for name in glob.glob(pattern):
        with open(name, "rb") as file:
            yield json.load(file)


def progress_line(source: str, done: int, of: int, documents: int, seconds: float, prepared: int = 0) -> str:
    """One line: how much is done, how fast, and the time left; before the first pass is, how much is prepared."""
    if prepared and not done:
        return f"{source}: {amounts.of(prepared, 'piece')} prepared, 0 of {amounts.of(of, 'shard pass')}"
    rate = documents / seconds if seconds else 0.0
    left = seconds * (of - done) / done if done else None
    ends = "" if left is None else f", {int(left) // 60}:{int(left) % 60:02d} left"
    kept = amounts.of(documents, "document")
    return f"{source}: {done} of {amounts.of(of, 'shard pass')}, {kept}, {rate:,.0f} per second{ends}"
