"""Weights by name: their shapes, their initial values, and the stacked layout of JAX.

The common form is a mapping from the released names (`layers.0.attention.wq.weight`, [out, in]) to NumPy arrays.
It is the state dict of model/torch/llama.py without changes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from model.config import Config

Array: TypeAlias = np.ndarray[Any, Any]
Weights: TypeAlias = Mapping[str, Array]

INITIAL_STD = 0.02  # standard deviation of initial weights; not in the paper, GPT-2's value

OUTER = ("tok_embeddings", "norm", "output")
INNER = (
    "attention.wq",
    "attention.wk",
    "attention.wv",
    "attention.wo",
    "feed_forward.w1",
    "feed_forward.w2",
    "feed_forward.w3",
    "attention_norm",
    "ffn_norm",
)


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """The shape of every weight, by its released name, in the model's order."""
    square, up, down = (config.dim,) * 2, (config.ffn_dim, config.dim), (config.dim, config.ffn_dim)
    table = (config.vocab_size, config.dim)
    layer: dict[str, tuple[int, ...]] = {name: square for name in INNER if name.startswith("attention.")}
    layer |= {"feed_forward.w1": up, "feed_forward.w2": down, "feed_forward.w3": up}
    layer |= {"attention_norm": (config.dim,), "ffn_norm": (config.dim,)}
    layers = {f"layers.{i}.{name}.weight": shape for i in range(config.layers) for name, shape in layer.items()}
    return {"tok_embeddings.weight": table, **layers, "norm.weight": (config.dim,), "output.weight": table}


def starting_value(name: str, shape: tuple[int, ...], config: Config, seed: int) -> Array:
    """The float32 value of one weight before training: a function of its name, its shape and the seed alone.

    So torch and JAX, and every mesh of either, start from the same model. Norms are one; matrices are normal. Those
    that add to the residual stream (2 per layer) are smaller by sqrt(2 layers), as in GPT-2: the variance of a sum of
    2 layers terms then does not grow with the depth.
    """
    if len(shape) == 1:
        return np.ones(shape, np.float32)
    writes = name.endswith(("attention.wo.weight", "feed_forward.w2.weight"))
    std = INITIAL_STD / (2 * config.layers) ** 0.5 if writes else INITIAL_STD
    # Philox is counter-based: a stream for each (seed, name) without drawing the weights before it.
    draws = np.random.Generator(np.random.Philox([seed, zlib.crc32(name.encode())]))
    return draws.standard_normal(shape, np.float32) * np.float32(std)


def initial(config: Config, seed: int) -> dict[str, Array]:
    """Every weight before training."""
    return {name: starting_value(name, shape, config, seed) for name, shape in shapes(config).items()}


def stack_layers(get: Callable[[str], Array], config: Config) -> dict[str, Any]:
    """The tree of model/jax/llama.py from weights by name: matrices transposed to [in, out], layers to [L, in, out]."""

    def stacked(name: str) -> Array:
        return np.stack([get(f"layers.{i}.{name}.weight").T for i in range(config.layers)])

    return {
        "tok_embeddings": get("tok_embeddings.weight"),
        "layers": {name.rpartition(".")[2]: stacked(name) for name in INNER},
        "norm": get("norm.weight"),
        "output": get("output.weight").T,
    }


def unstack_layers(tree: Mapping[str, Any]) -> dict[str, Array]:
    """Weights by name from the tree of model/jax/llama.py; the inverse of stack_layers."""
    layers = {name: np.asarray(tree["layers"][name.rpartition(".")[2]]) for name in INNER}
    inner = {
        f"layers.{i}.{name}.weight": value.T for name, stacked in layers.items() for i, value in enumerate(stacked)
    }
    outer = {name: np.asarray(tree[name]) for name in OUTER}
    outer["output"] = outer["output"].T
    return {f"{name}.weight": value for name, value in outer.items()} | inner
