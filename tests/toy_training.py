"""A small run that the tests of training share; as a program, the same run on a mesh of processes or devices.

python toy_training.py FRAMEWORK MODEL_PARALLEL... FOLDER: one run after another, in FOLDER/MODEL_PARALLEL.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from model.checkpoint import Run
from model.config import Config
from model.settings import ParallelConfig, Settings
from model.train import LogConfig, build, run_to_end
from model.weights import Array

CONFIG = Config(dim=32, heads=4, layers=2, vocab_size=128, context=64)
SETTINGS = Settings(
    steps=20, batch_rows=4, context=64, peak_lr=1e-2, warmup_steps=3, seed=1, compute="float32", clip=0.5
)
EVERY = LogConfig(log_every=1, checkpoint_every=8)


class Counting:
    """Batches of runs of numbers, which a model can learn; pure in the step, as those of a mixture are."""

    vocab_size, tokenizer, digest = 128, "tokenizer", "mixture"

    def batch(self, k: int, rank: int = 0, world: int = 1) -> Array:
        start = np.random.default_rng(k).integers(0, 128, (4, 1))
        return ((start + np.arange(65)) % 128).astype(np.int32)[rank * 4 // world : (rank + 1) * 4 // world]


def main(framework: str, axes: list[int], folder: Path) -> None:
    settings = replace(SETTINGS, steps=5)
    for model_parallel in axes:
        parallel_config = ParallelConfig(recompute="selective", model_parallel=model_parallel)
        trainer = build(framework, CONFIG, settings, parallel_config)
        run = Run(framework, CONFIG, settings, Counting.digest, Counting.tokenizer)
        run_to_end(trainer, Counting(), run, folder / str(model_parallel), EVERY)


if __name__ == "__main__":
    main(sys.argv[1], [int(axis) for axis in sys.argv[2:-1]], Path(sys.argv[-1]))
