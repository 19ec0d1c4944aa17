"""The training loop of both frameworks: read a batch, step, log, checkpoint."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, SupportsFloat

from model.checkpoint import (
    STATE,
    Processes,
    Run,
    clear_rests,
    complete_checkpoints,
    read_state,
    resumable,
    verify,
    write,
)
from model.config import Config
from model.errors import BatchError, RunError
from model.metrics import Log, peak_flops
from model.settings import ParallelConfig, Settings
from model.weights import Array, shapes, starting_value


class Batches(Protocol):
    """Rows of tokens out of a mixture; batch k is a pure function of (mixture, seed, k, rank, world)."""

    @property
    def vocab_size(self) -> int:
        """Pieces of the tokenizer."""

    def batch(self, k: int, rank: int, world: int) -> Array:
        """This rank's rows of batch k, int32 [rows / world, context + 1]."""


class Trainer(Protocol):
    """A framework's half of the loop: a model and its optimizer on their mesh.

    `rank` and `world` say which part of each batch this process reads; `chief` writes the logs; `processes` share
    the run's folder.
    """

    rank: int
    world: int
    chief: bool
    processes: Processes
    devices: int
    device_name: str

    def ones(self, side: int) -> Any:
        """A square matrix of ones, on the run's device and in its type, to measure the device's peak with."""

    def step(self, rows: Array, lr: float) -> tuple[SupportsFloat, SupportsFloat]:
        """One optimizer step; the batch's mean loss in nats and the norm of its gradient."""

    def save(self, folder: Path) -> None:
        """Writes this process's part of the state; returns when all have."""

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote."""


@dataclass(frozen=True)
class LogConfig:
    """How often a run logs and writes checkpoints.

    Args:
        log_every: steps between two rows of metrics.
        checkpoint_every: steps between two checkpoints; the last step always makes one.
        keep: checkpoints to keep.
        tensorboard: also write TensorBoard's events.
    """

    log_every: int = 10
    checkpoint_every: int = 1_000
    keep: int = 3
    tensorboard: bool = False


def build(
    framework: str,
    config: Config,
    settings: Settings,
    parallel_config: ParallelConfig,
    loaded: Callable[[str], Array] | None = None,
) -> Trainer:
    """The trainer of a framework, from starting weights or from `loaded` ones."""
    sizes = shapes(config)
    value = loaded or (lambda name: starting_value(name, sizes[name], config, settings.seed))
    if framework == "torch":
        from model.torch.train import TorchTrainer

        return TorchTrainer(config, settings, parallel_config, value)
    from model.jax.train import JaxTrainer

    return JaxTrainer(config, settings, parallel_config, value)


def run_to_end(trainer: Trainer, batches: Batches, run: Run, folder: Path, log_config: LogConfig) -> float | None:
    """Trains to the last step, from the folder's last checkpoint where it has one.

    Returns:
        The last loss in nats; None where the run was done before.

    Raises:
        CheckpointError: the folder holds another run.
        RunError: the loss is no longer a number.
    """
    settings = run.settings
    start = resume(trainer, run, folder)
    loss = None
    with (
        ThreadPoolExecutor(1) as reader,
        Log(folder, start, settings.steps, chief=trainer.chief, tensorboard=log_config.tensorboard) as log,
    ):
        pace = Pace(run, trainer, start)
        next_rows = reader.submit(batches.batch, start, trainer.rank, trainer.world)
        for step in range(start, settings.steps):
            rows = next_rows.result()
            # Read ahead by one batch, in a thread, while the device computes this one.
            next_rows = reader.submit(batches.batch, step + 1, trainer.rank, trainer.world)
            rate = settings.learning_rate(step)
            mean, norm = trainer.step(rows, rate)
            last = step + 1 == settings.steps
            # float() waits for the device: only when a row is logged, so that steps are queued without a gap.
            if last or (step + 1) % log_config.log_every == 0:
                loss = finite(float(mean), step)
                log.add({"step": step + 1, "loss": loss, "lr": rate, "grad_norm": float(norm), **pace.since(step + 1)})
            if last or (step + 1) % log_config.checkpoint_every == 0:
                log.flush()
                write(folder, run, step + 1, trainer.save, keep=log_config.keep, processes=trainer.processes)
    return loss


def resume(trainer: Trainer, run: Run, folder: Path) -> int:
    """Loads the folder's last checkpoint, where it has one; returns the steps done."""
    if trainer.chief:
        clear_rests(folder)
    checkpoints = complete_checkpoints(folder)
    if not checkpoints:
        return 0
    done = resumable(checkpoints[-1], run)
    verify(checkpoints[-1], trainer.processes)
    read_state(checkpoints[-1], lambda: trainer.load(checkpoints[-1] / STATE))
    return done


def finite(loss: float, step: int) -> float:
    """The loss, if it is a number."""
    if not math.isfinite(loss):
        do = "resume from an earlier checkpoint with a lower --lr"
        raise RunError("a finite loss", str(loss), f"step {step + 1}", do)
    return loss


def check_vocabulary(batches: Batches, config: Config) -> None:
    """Checks that the tokens suit the model.

    Raises:
        BatchError: the vocabularies differ.
    """
    if batches.vocab_size != config.vocab_size:
        do = f"pass --vocab-size {batches.vocab_size}, or tokenize the documents again"
        raise BatchError(f"a mixture of {config.vocab_size:,} pieces", f"{batches.vocab_size:,}", "--mixture", do)


class Pace:
    """The speed of a run between two rows of metrics."""

    def __init__(self, run: Run, trainer: Trainer, start: int) -> None:
        self.tokens = run.settings.batch_rows * run.settings.context  # of one step
        self.flops = run.config.flops_per_token(run.settings.context)
        self.peak = peak_flops(trainer.device_name, trainer.ones) * trainer.devices
        self.devices = trainer.devices
        self.last, self.clock = start, time.monotonic()

    def since(self, step: int) -> dict[str, Any]:
        """Tokens seen so far; seconds, tokens per second and MFU since the last row, over all devices."""
        steps, now = step - self.last, time.monotonic()
        seconds = (now - self.clock) / steps
        self.last, self.clock = step, now
        rate = self.tokens / seconds
        return {
            "tokens": step * self.tokens,
            "seconds_per_step": seconds,
            "tokens_per_second": rate,
            "mfu": rate * self.flops / self.peak,
            "device_seconds": seconds * steps * self.devices,
        }
