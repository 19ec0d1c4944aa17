"""Running the steps of a project, each as a process of its own, and the record of what they took.

A step that was done before finds that out by itself, as every command does; so a project that was stopped goes on when
it is run again. `run.json` in the project's output has each step of the last run, and for each build what was forecast.
"""

from __future__ import annotations

import json
import os
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from corpus.output.run_record import commit, processor, utc
from corpus.storage import create
from corpus.stores.addresses import is_local, storage_of
from pipelines.project.forecast import Forecast
from pipelines.project.spawn import Spawner
from pipelines.project.steps import Step

RECORD = "run.json"
LOOK_SECONDS = 0.2
LOOK_SHARE = 0.02
"""Looks at a folder take this share of the time at most: one of 100,000 files takes a second."""


class Took(NamedTuple):
    """What a step took: its exit code, wall and CPU seconds, memory of its largest process, most bytes on disk.

    disk_bytes is what its output's folder had at most beyond what it had before; 0 where it is in a store.
    """

    code: int
    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    disk_bytes: int


def run_step(step: Step, spawner: Spawner) -> Took:
    """Run one command to its end, on this process's own terminal."""
    disk, started = _Disk(step.output), time.monotonic()
    with disk.watched():
        ended = spawner.run(step.words)
    wall = round(time.monotonic() - started, 2)
    return Took(ended.code, wall, ended.cpu_seconds, ended.memory_bytes, disk.most)


class _Disk:
    """The most bytes that a local folder has had on disk, beyond those it had at first."""

    def __init__(self, folder: str) -> None:
        self._folder, self._ended = folder, threading.Event()
        self._first = bytes_on_disk(folder) if is_local(folder) else 0
        self.most = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look at the folder now and then until the block ends."""
        if not is_local(self._folder):
            yield
            return
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        pause = LOOK_SECONDS
        while not self._ended.wait(pause):
            began = time.monotonic()
            self.most = max(self.most, bytes_on_disk(self._folder) - self._first)
            pause = max(LOOK_SECONDS, (time.monotonic() - began) / LOOK_SHARE)
        self.most = max(self.most, bytes_on_disk(self._folder) - self._first)


def bytes_on_disk(folder: str) -> int:
    """The bytes of all files below a folder; a file of several names once."""
    seen: dict[tuple[int, int], int] = {}
    for path, _folders, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(f"{path}/{name}")
            except OSError:  # it was deleted meanwhile
                continue
            seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values())


class Record:
    """The record of a run, written after every step."""

    def __init__(self, output: str, command: list[str], cores: int) -> None:
        self._output, self._began = output, time.time()
        self._fields: dict[str, Any] = {
            "command": command, "folder": os.getcwd(), "started": utc(self._began), "processor": processor(),
            "cores": cores, "commit": commit(), "steps": [],
        }  # fmt: skip

    def add(self, step: Step, took: Took, before: Forecast | None, cores: int) -> None:
        """Add a step that has ended; before: what was forecast of it, where it did all its work in this run."""
        fields: dict[str, Any] = {"command": ["corpus", *step.words], "output": step.output, **took._asdict()}
        if before and before.takes:
            fields["forecast"] = {
                "wall_seconds": round(before.seconds(cores), 2),
                "cpu_seconds": round(before.takes.cpu_seconds, 2),
                "memory_bytes": round(before.takes.memory_mb * 1e6), "disk_bytes": round(before.disk_bytes),
            }  # fmt: skip
        self._fields["steps"].append(fields)
        self._fields["ended"] = utc(time.time())
        data = json.dumps(self._fields, indent=1, ensure_ascii=False).encode() + b"\n"
        with create(f"{self._output}/{RECORD}", storage_of(self._output)) as file:
            file.write(data)


def run_steps(
    steps: list[Step],
    spawner: Spawner,
    record: Record,
    foresee: Callable[[Step], Forecast | None],
    cores: int,
    say: Callable[[str], None],
) -> int:
    """Run the steps in order, and stop at the first that fails; its exit code, or 0.

    Args:
        spawner: starts each.
        foresee: what a step will take, where that is known.
        say: is told what happens, a line at a time.
    """
    for number, step in enumerate(steps, 1):
        say(f"\n[{number}/{len(steps)}] corpus {shlex.join(step.words)}")
        before = foresee(step)
        took = run_step(step, spawner)
        record.add(step, took, before, cores)
        if took.code:
            say(f"[{number}/{len(steps)}] {step.title} failed; `corpus run` goes on from here once that is mended")
            return took.code if took.code > 0 else 128 - took.code
        say(f"[{number}/{len(steps)}] {step.title}: {_said(took, before, cores)}")
    return 0


def _said(took: Took, before: Forecast | None, cores: int) -> str:
    """What a step took, beside what was forecast."""
    parts = [f"{took.wall_seconds:,.0f} s", f"{took.cpu_seconds:,.0f} s of CPU", f"{took.memory_bytes / 1e6:,.0f} MB"]
    if before and before.takes:
        off = took.wall_seconds / before.seconds(cores) - 1
        parts[0] += f" ({before.seconds(cores):,.0f} s were forecast, {off:+.0%})"
    return ", ".join(parts)
