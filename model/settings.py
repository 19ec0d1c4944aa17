"""How one run trains: AdamW's hyperparameters, the learning rate schedule, the batches (paper, section 2.3)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from corpus.errors import UsageError
from model.config import Size

RECOMPUTE = ("none", "selective", "full")
COMPUTE = ("bfloat16", "float32")


@dataclass(frozen=True)
class Settings:
    """The hyperparameters of a run: with the same settings, mixture and weights, the same loss at every step.

    Args:
        steps: optimizer steps.
        batch_rows: rows per step, over all processes.
        context: pieces per row.
        peak_lr: learning rate after warm-up.
        warmup_steps: steps of linear warm-up.
        seed: of the initial weights and of the order of the batches.
        floor: final learning rate, as a share of the peak (paper: 0.1).
        betas: AdamW's decay of the two moments (paper: 0.9, 0.95).
        eps: added to the root in AdamW (not in the paper; 1e-8 as in both libraries).
        weight_decay: on every matrix, not on norms (paper: 0.1).
        clip: the gradient is scaled to at most this norm (paper: 1.0).
        compute: type of the residual stream and of matrix products; weights and moments are always float32.
    """

    steps: int
    batch_rows: int
    context: int
    peak_lr: float
    warmup_steps: int
    seed: int = 0
    floor: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    weight_decay: float = 0.1
    clip: float = 1.0
    compute: str = "bfloat16"

    def learning_rate(self, step: int) -> float:
        """The rate of step 0, 1, ...: linear to the peak, then half a cosine down to `floor` of it at the last step."""
        if step < self.warmup_steps:
            return self.peak_lr * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.steps - 1 - self.warmup_steps)
        share = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        return self.peak_lr * (self.floor + (1 - self.floor) * share)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, as a checkpoint keeps them."""
        return {**asdict(self), "betas": list(self.betas)}


@dataclass(frozen=True)
class ParallelConfig:
    """How a run uses its devices: changes speed and memory, not the result (except for rounding).

    Args:
        microbatch_rows: rows per forward and backward pass, in one process; gradients are summed over the batch.
        recompute: activations the backward pass computes again: none, selective (all but the outputs of matrix
            products and attention), or full (all but the input of each layer).
        model_parallel: processes (torch) or devices (JAX) that share each layer, by heads and width, and by positions
            between layers; the rest of them split the batch and the weights.
        compile: compile each layer with torch.compile (JAX always compiles).
        deterministic: forbid kernels whose sums depend on timing.
    """

    microbatch_rows: int = 1
    recompute: str = "selective"
    model_parallel: int = 1
    compile: bool = False
    deterministic: bool = False


def resolve_settings(size: Size, *, batch_tokens: int | None, steps: int | None, **changed: Any) -> Settings:
    """The settings of a named size, with what the user changed.

    Raises:
        UsageError: batch_tokens is not a multiple of the context.
    """
    context, tokens = size.config.context, batch_tokens or size.batch_tokens
    if tokens < context or tokens % context:
        raise UsageError(f"a multiple of the context, {context:,}", f"{tokens:,}", where="--batch-tokens")
    chosen: dict[str, Any] = {"peak_lr": size.peak_lr, "warmup_steps": size.warmup_steps}
    chosen |= {name: value for name, value in changed.items() if value is not None}
    return Settings(steps=steps or size.tokens // tokens, batch_rows=tokens // context, context=context, **chosen)


def microbatches(settings: Settings, parallel_config: ParallelConfig, world: int) -> int:
    """Forward and backward passes per step in each of the `world` processes that split the batch.

    Raises:
        UsageError: the rows do not divide.
    """
    pass_rows = world * parallel_config.microbatch_rows
    if settings.batch_rows % pass_rows:
        got = f"{settings.batch_rows} rows over {world} x {parallel_config.microbatch_rows}"
        raise UsageError("a batch that divides over data-parallel processes and --microbatch-rows", got)
    return settings.batch_rows // pass_rows
