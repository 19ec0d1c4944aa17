"""The likelihood of a text under a model, and the paper's two ways to choose between completions by it (section 3).

By characters: log P(completion | context) / characters of the completion (Gao et al. 2021).
Against an empty context, for OpenBookQA and BoolQ: log P(completion | context) - log P(completion | "Answer:")
(Brown et al. 2020).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from corpus.errors import UsageError
from model.checkpoint import read_weights
from model.config import Config
from model.weights import Array, Weights, stack_layers

BOS = 1  # piece that opens every text
ANSWER = "Answer:"  # the context that normalises OpenBookQA and BoolQ

LogShares = Callable[[Array], Array]  # rows [B, T + 1] -> natural log of the share of each next piece, [B, T] float32


class Tokenizer(Protocol):
    """What scoring needs of SentencePiece."""

    def encode(self, text: str) -> list[int]:
        """The pieces of a text, without BOS."""

    def vocab_size(self) -> int:
        """Count of pieces."""


class Model:
    """Weights that score rows of pieces, in either framework.

    Args:
        config: the architecture.
        log_shares: the framework's forward pass.
    """

    def __init__(self, config: Config, log_shares: LogShares, rows: int = 8) -> None:
        self.config, self.log_shares, self.rows = config, log_shares, rows

    def completions(self, texts: Sequence[tuple[list[int], list[int]]]) -> list[float]:
        """Natural log of P(completion | context) for pieces of each; a context that is too long is cut at its start."""
        rows = [fit(context, completion, self.config.context + 1) for context, completion in texts]
        order = sorted(
            range(len(rows)), key=lambda i: len(rows[i])
        )  # rows of similar length share a batch, so that little is padded
        scores = [0.0] * len(rows)
        for at in range(0, len(order), self.rows):
            chosen = order[at : at + self.rows]
            logs = self.log_shares(pad([rows[i] for i in chosen]))
            for i, log in zip(chosen, logs, strict=True):
                end = len(rows[i]) - 1  # log[t] is that of piece t + 1
                scores[i] = float(log[end - len(texts[i][1]) : end].sum(dtype=np.float64))
        return scores


def fit(context: list[int], completion: list[int], room: int) -> list[int]:
    """Context and completion in at most `room` pieces: the context is cut at its start."""
    row = context + completion
    if len(completion) >= room:
        raise UsageError(f"a completion under {room:,} pieces", f"{len(completion):,}", where="task")
    return row[-room:]


def pad(rows: Sequence[Sequence[int]]) -> Array:
    """Rows of pieces as one array, filled with 0 on the right, where causal attention cannot see it.

    Widths are multiples of 64, so that a compiled model is compiled for few shapes.
    """
    width = -(-max(len(row) for row in rows) // 64) * 64 + 1
    filled = np.zeros((len(rows), width), np.int32)
    for at, row in enumerate(rows):
        filled[at, : len(row)] = row
    return filled


def open_model(folder: Path, framework: str) -> Model:
    """The model in a checkpoint, a run's folder or a Hugging Face folder, ready to score in float32."""
    config, weights = read_weights(folder)
    return Model(config, {"torch": score_torch, "jax": score_jax}[framework](config, weights))


def score_torch(config: Config, weights: Weights) -> LogShares:
    """Scores in PyTorch, on a GPU where there is one."""
    import torch

    from model.torch.llama import Llama

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = Llama(config).to(device)
    model.load_state_dict({name: torch.from_numpy(np.array(weights[name])) for name in weights})

    @torch.inference_mode()
    def log_shares(rows: Array) -> Array:
        pieces = torch.from_numpy(rows.astype(np.int64)).to(device)
        logs = torch.log_softmax(model(pieces[:, :-1]).float(), -1)
        return np.asarray(logs.gather(-1, pieces[:, 1:, None])[..., 0].cpu())

    return log_shares


def score_jax(config: Config, weights: Weights) -> LogShares:
    """Scores in JAX, on its first device."""
    import jax
    import jax.numpy as jnp

    from model.jax.llama import forward

    tree = jax.tree.map(jnp.asarray, stack_layers(weights.__getitem__, config))

    @jax.jit
    def log_shares(tree: Any, rows: jax.Array) -> jax.Array:
        logs = jax.nn.log_softmax(forward(tree, rows[:, :-1], config)[0].astype(jnp.float32))
        return jnp.take_along_axis(logs, rows[:, 1:, None], -1)[..., 0]

    return lambda rows: np.asarray(log_shares(tree, rows))


def perplexities(model: Model, windows: Iterable[tuple[str, Array]]) -> Iterator[tuple[str, float, int]]:
    """Perplexity and number of pieces of each source, over its windows [n, T + 1]."""
    logs: dict[str, float] = {}
    pieces: dict[str, int] = {}
    for source, rows in windows:
        for at in range(0, len(rows), model.rows):
            shares = model.log_shares(rows[at : at + model.rows])
            logs[source] = logs.get(source, 0.0) + float(shares.sum(dtype=np.float64))
            pieces[source] = pieces.get(source, 0) + shares.size
    for source, total in logs.items():
        yield source, math.exp(-total / pieces[source]), pieces[source]
