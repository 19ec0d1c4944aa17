"""fastText's supervised training, in a process of its own in which allocated memory is zero.

fastText 0.9.3 on one thread fills the first tenth of its matrix with random numbers and does not initialise the rest:
with memory that was used before, training gives other bytes each time, or NaN; fasttext-community initialises it.
On several threads all of the matrix is initialised by either, but the result depends on their timing. So it runs on one
thread, and glibc clears what it allocates.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import IO

import fasttext

from corpus.errors import ModelError
from corpus.progress.work import Counter, step
from pipelines.packages import worker_environment

CHUNK_BYTES = 1 << 12
_SHARE = re.compile(rb"Progress: +([0-9.]{1,6})%")
"""What fastText says again and again while it trains."""
_CLEARED_MEMORY = {"MALLOC_PERTURB_": "255"}
"""glibc fills memory that it allocates with the complement of this byte: with zeros (docs/hacks.md)."""


def train_supervised(text: Path, model: Path, **settings: int | float) -> None:
    """Train a classifier on labelled lines; the file is a function of text and settings.

    Args:
        settings: those of fasttext.train_supervised, with a seed.

    Raises:
        ModelError: fastText failed.
    """
    environment = os.environ | _CLEARED_MEMORY | worker_environment()
    command = [sys.executable, "-m", __name__, str(text), str(model), json.dumps(settings)]
    with (
        step("train", 100, "percent") as counter,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment) as training,
    ):
        assert training.stderr
        said = _read(training.stderr, counter)
    if training.returncode:
        lines = said.strip().splitlines() or [f"exit {training.returncode}"]
        raise ModelError("fastText to train on the pages", lines[-1], do="try a smaller learning_rate")


def _read(said: IO[bytes], counter: Counter) -> str:
    """The last words of a training, whose share that is done is counted as it says it."""
    last = b""
    while chunk := os.read(said.fileno(), CHUNK_BYTES):
        last = (last + chunk)[-CHUNK_BYTES:]
        shares = _SHARE.findall(last)
        if shares:
            counter.done = float(shares[-1])
    return last.decode("utf-8", "replace")


def _train(text: str, model: str, settings: str) -> None:
    fasttext.train_supervised(text, thread=1, verbose=2, **json.loads(settings)).save_model(model)


if __name__ == "__main__":
    _train(*sys.argv[1:])
