"""The metrics of a run while it trains: the progress of the command, JSON lines, TensorBoard."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import numpy as np

from corpus.progress.work import Counter, current, step

METRICS = "metrics.jsonl"
TRAINING, STEP = "train", "step"
"""The step of the command, and its unit."""

PEAK_FLOPS = {  # dense bfloat16 operations per second of one device, from NVIDIA's data sheets
    "A100": 312e12,
    "H100": 989e12,
    "H200": 989e12,
}


def peak_flops(
    device_name: str,
    ones: Callable[[int], Any] = lambda side: np.ones((side, side), np.float32),
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Peak operations per second of one device: from its data sheet, or measured with a matrix product.

    Args:
        device_name: as the framework names it.
        ones: makes the square matrix that is multiplied with itself, given its side: on the device, in the run's type.
        clock: seconds.
    """
    for name, peak in PEAK_FLOPS.items():
        if name in device_name:
            return peak
    side = 1_024 if device_name == "cpu" else 8_192
    square, best = ones(side), float("inf")
    for _ in range(5):
        start = clock()
        float((square @ square)[0, 0])  # devices compute asynchronously: reading a value waits for the product
        best = min(best, clock() - start)
    return 2 * side**3 / best  # a multiplication and an addition for each of side³ pairs


class Log:
    """Writes the metrics of one run, in one process of it.

    Args:
        folder: where metrics.jsonl and, if tensorboard, its events are written.
        start: steps done before; rows of later steps, written by an interrupted run, are removed.
        steps: steps of the run in total.
        chief: whether this process writes; the others write nothing.
        tensorboard: also write events; needs the package `tensorboard`.
    """

    def __init__(
        self,
        folder: Path,
        start: int,
        steps: int,
        *,
        chief: bool = True,
        tensorboard: bool = False,
    ) -> None:
        self.steps, self.start = steps, start
        self._counting = ExitStack()
        self._counter: Counter | None = None
        self.file: TextIO | None = None
        self.events: Any = None
        if not chief:
            return
        folder.mkdir(parents=True, exist_ok=True)
        keep_rows_until(folder / METRICS, start)
        self.file = open(folder / METRICS, "a")  # noqa: SIM115  (closed on leaving the run)
        self.events = event_writer(folder) if tensorboard else None

    def __enter__(self) -> Log:
        if self.file:
            self._counter = self._counting.enter_context(step(TRAINING, self.steps, STEP))
            self._counter.found = self.start
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._counting.close()
        if self.file:
            self.file.close()
        if self.events:
            self.events.close()

    def add(self, row: dict[str, Any]) -> None:
        """Writes one row; `step` counts the steps done."""
        if self.file is None:
            return
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()
        if self.events:
            add_event(self.events, row)
        self.progress(row)

    def flush(self) -> None:
        """Bring the rows to disk: before a checkpoint of their steps is, after which they are not written again."""
        if self.file is not None:
            os.fsync(self.file.fileno())

    def progress(self, row: dict[str, Any]) -> None:
        """Shows one row in the progress of the command, and as a line of its own with -v."""
        values = (
            f"loss {row['loss']:.4f}, lr {row['lr']:.2e}, "
            f"{row['tokens_per_second']:,.0f} tokens/s, MFU {row['mfu']:.1%}"
        )
        current().note(f"step {row['step']:,} of {self.steps:,}, {values}")
        if self._counter:
            self._counter.name, self._counter.done = f"{TRAINING}, {values}", row["step"] - self.start


def keep_rows_until(path: Path, step: int) -> None:
    """Keeps the complete rows of a metrics file up to `step`, those that a resumed run will not write again."""
    if not path.exists():
        return
    rows = (line for line in path.read_text(errors="replace").splitlines(keepends=True) if line.endswith("\n"))
    kept = path.with_name(f".{path.name}")
    with kept.open("w") as file:
        file.writelines(row for row in rows if step_of(row) <= step)
        file.flush()
        os.fsync(file.fileno())
    os.replace(kept, path)


def step_of(row: str) -> float:
    """The step of a row; infinite where it is none, as a power cut may leave."""
    try:
        return float(json.loads(row)["step"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return math.inf


def event_writer(folder: Path) -> Any:
    """TensorBoard's writer of events, which needs neither torch nor TensorFlow."""
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    return EventFileWriter(str(folder))


def add_event(events: Any, row: dict[str, Any]) -> None:
    """Adds one row as scalars."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    values = [Summary.Value(tag=name, simple_value=value) for name, value in row.items() if name != "step"]
    events.add_event(Event(step=row["step"], wall_time=time.time(), summary=Summary(value=values)))
