"""The sizes of LLaMA and the hyperparameters each is trained with.

Source: arXiv 2302.13971, table 2 and section 2.3; norm_eps from the model card of meta-llama/llama (branch llama_v1).
The four small sizes are ours: the same architecture, for tests, tutorials and ablations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from corpus.errors import UsageError


@dataclass(frozen=True)
class Config:
    """The architecture of one model: everything that its weights and its arithmetic depend on.

    Args:
        dim: width of the residual stream.
        heads: attention heads per layer; each is dim / heads wide.
        layers: transformer blocks.
        norm_eps: added to the mean square in RMSNorm.
        vocab_size: pieces of the tokenizer (paper: 32,000).
        context: positions per training row (paper: 2,048).
        theta: base of the rotary angles (paper: 10,000).
        ffn_multiple: the feed-forward width is rounded up to a multiple of this.
    """

    dim: int
    heads: int
    layers: int
    norm_eps: float = 1e-6
    vocab_size: int = 32_000
    context: int = 2_048
    theta: float = 10_000.0
    ffn_multiple: int = 256

    def __post_init__(self) -> None:
        if self.dim % self.heads or self.dim // self.heads % 2:
            raise UsageError("heads of an even width", f"dim {self.dim} over {self.heads} heads", where="config")

    @property
    def head_dim(self) -> int:
        """Width of one head."""
        return self.dim // self.heads

    @property
    def ffn_dim(self) -> int:
        """Width of the feed-forward: 2/3 of 4 dim, so that SwiGLU's three matrices cost what two did (section 2.2)."""
        return -(-(8 * self.dim // 3) // self.ffn_multiple) * self.ffn_multiple

    def parameters(self) -> int:
        """Number of weights: two tables, and per layer 4 matrices of attention, 3 of the feed-forward, 2 norms."""
        layer = 4 * self.dim**2 + 3 * self.dim * self.ffn_dim + 2 * self.dim
        return 2 * self.vocab_size * self.dim + self.layers * layer + self.dim

    def flops_per_token(self, context: int) -> int:
        """Floating-point operations to train on one token: forward once and backward twice that.

        6 for every weight that multiplies (all but the embedding table, which is looked up), and 6 dim context per
        layer for the half of the attention matrix that causal attention computes. Recomputed activations are not
        counted, so this is the numerator of MFU (model FLOPS utilisation), not of hardware utilisation.
        """
        return 6 * (self.parameters() - self.vocab_size * self.dim) + 6 * self.layers * self.dim * context

    def as_dict(self) -> dict[str, int | float]:
        """The fields by name, as a checkpoint keeps them."""
        return asdict(self)


def config_of(found: Mapping[str, Any]) -> Config:
    """The config out of fields by name that a file holds.

    Raises:
        ValueError: a field is absent, unknown, or no positive number of its type.
    """
    whole = {field.name for field in fields(Config) if field.type == "int"}
    names = {field.name for field in fields(Config)}
    if wrong := sorted(names ^ set(found)):
        raise ValueError(f"the fields of a config, got {wrong[0]!r} {'too' if wrong[0] in found else 'missing'}")
    for name, value in found.items():
        kinds = (int,) if name in whole else (int, float)
        if type(value) not in kinds or not 0 < value < math.inf:
            raise ValueError(f"{name} as a positive number, got {str(value)[:40]}")
    try:
        return Config(**found)
    except UsageError as error:
        raise ValueError(str(error)) from None


@dataclass(frozen=True)
class Size:
    """A named size: its architecture and the hyperparameters it is trained with.

    Args:
        config: the architecture.
        peak_lr: learning rate after warm-up.
        tokens: tokens to train on.
        batch_tokens: tokens per optimizer step.
        warmup_steps: steps of linear warm-up (paper: 2,000).
    """

    config: Config
    peak_lr: float
    tokens: int
    batch_tokens: int
    warmup_steps: int = 2_000


BATCH = 4 * 1024 * 1024  # tokens: the paper's 4 M, taken as 2,048 rows of 2,048

SIZES = {
    "7B": Size(Config(4_096, 32, 32), 3e-4, 10**12, BATCH),
    "13B": Size(Config(5_120, 40, 40), 3e-4, 10**12, BATCH),
    "33B": Size(Config(6_656, 52, 60), 1.5e-4, 14 * 10**11, BATCH),
    "65B": Size(Config(8_192, 64, 80, norm_eps=1e-5), 1.5e-4, 14 * 10**11, BATCH),
    # Ours. About 20 tokens per weight; smaller widths get higher learning rates. 11 layers make 125M weights.
    "1B": Size(Config(2_048, 16, 18), 4e-4, 2 * 10**10, 2**20),
    "125M": Size(Config(768, 12, 11), 6e-4, 25 * 10**8, 2**19),
    "20M": Size(Config(256, 4, 4), 1e-3, 4 * 10**8, 2**16, warmup_steps=200),
    "debug": Size(Config(128, 4, 2, context=128), 3e-3, 2**19, 2**11, warmup_steps=20),
}


def named(size: str, *, vocab_size: int | None = None, context: int | None = None) -> Size:
    """The size of that name, with vocab_size and context replaced where they are given.

    Raises:
        UsageError: no size has that name.
    """
    if size not in SIZES:
        raise UsageError("a size: " + ", ".join(SIZES), repr(size), where="--size")
    chosen = SIZES[size]
    changed = {"vocab_size": vocab_size, "context": context}
    return replace(chosen, config=replace(chosen.config, **{name: n for name, n in changed.items() if n is not None}))
