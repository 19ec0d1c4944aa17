"""fastText's supervised training, in a process of its own where memory starts as zeros.

fastText 0.9.3 on one thread draws random numbers for the first tenth of its matrix and leaves the rest as it finds it:
with memory that was used before, training gives other bytes each time, or NaN. On several threads the matrix is whole,
but the result depends on their timing. So it runs on one thread, and the C library is told to clear what it gives out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import fasttext

from corpus.errors import ModelError
from pipelines.packages import worker_environment

_CLEARED_MEMORY = {"MALLOC_PERTURB_": "255"}
"""glibc fills memory it gives out with the complement of this byte: with zeros."""


def train_supervised(text: Path, model: Path, **settings: int | float) -> None:
    """Train a classifier on labelled lines; the file is a function of text and settings.

    Args:
        settings: those of fasttext.train_supervised, with a seed.

    Raises:
        ModelError: fastText gave up.
    """
    environment = os.environ | _CLEARED_MEMORY | worker_environment()
    command = [sys.executable, "-m", __name__, str(text), str(model), json.dumps(settings)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if told.returncode:
        said = told.stderr.strip().splitlines() or [f"exit {told.returncode}"]
        raise ModelError("fastText to train on the pages", said[-1], do="a smaller learning_rate may do")


def _train(text: str, model: str, settings: str) -> None:
    fasttext.train_supervised(text, thread=1, verbose=0, **json.loads(settings)).save_model(model)


if __name__ == "__main__":
    _train(*sys.argv[1:])
