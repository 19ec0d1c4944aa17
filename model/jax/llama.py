"""LLaMA in JAX (arXiv 2302.13971, section 2.2): one file, read from the top; the same model as model/torch/llama.py.

Shapes:
    B  rows of a batch          T  positions of a row       S  positions the cache has room for
    D  width of the stream      H  heads                    K  width of a head, D / H
    F  feed-forward width       V  pieces of the vocabulary L  layers

Weights are float32 and stacked over layers, [L, in, out], so that one layer is compiled and scanned L times. Every
layer computes in the type of the stream it is given (bfloat16 in training).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.ad_checkpoint import checkpoint_name

from model.config import Config

Weights: TypeAlias = dict[str, Any]  # tok_embeddings [V, D], layers {name: [L, ...]}, norm [D], output [D, V]
Rope: TypeAlias = tuple[Array, Array]  # cosines and sines [T, K/2], float32
Layer: TypeAlias = Callable[..., Any]
Cache: TypeAlias = tuple[Array, Array]  # keys and values [L, B, S, H, K]; of one layer [B, S, H, K]

BLOCK = 256  # queries of one block; its scores [B, H, BLOCK, T] are the largest array of attention


@jax.custom_vjp
def linear(x: Array, weight: Array) -> Array:
    """y = x W of x [B, T, in] and W [in, out], in the type of x: float32 weights are cast for a bfloat16 stream.

    The gradient is written by hand: on a CPU, XLA compiles JAX's own with a transposed copy of dy, at twice the time.
    """
    return x @ weight.astype(x.dtype)


def linear_forward(x: Array, weight: Array) -> tuple[Array, tuple[Array, Array]]:
    """y, and what the gradient needs."""
    return x @ weight.astype(x.dtype), (x, weight)


def linear_backward(kept: tuple[Array, Array], dy: Array) -> tuple[Array, Array]:
    """dx = dy Wᵀ and dW = xᵀ dy, in the types of x and of W."""
    x, weight = kept
    return dy @ weight.astype(x.dtype).T, jnp.einsum("bti,bto->io", x, dy).astype(weight.dtype)


linear.defvjp(linear_forward, linear_backward)


@partial(jax.checkpoint, prevent_cse=False, static_argnums=2)
def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    """x / rms(x) · weight, in float32 whatever the stream's type (Zhang and Sennrich 2019)."""
    wide = x.astype(jnp.float32)
    scale = lax.rsqrt(jnp.mean(jnp.square(wide), -1, keepdims=True) + eps)
    return (wide * scale * weight).astype(x.dtype)


def rope_table(start: int | Array, length: int, config: Config) -> Rope:
    """Cosines and sines [T, K/2] of position · theta^(-2i/K), for `length` positions from `start` on."""
    pairs = jnp.arange(0, config.head_dim, 2, dtype=jnp.float32)
    positions = (start + jnp.arange(length)).astype(jnp.float32)
    angles = jnp.outer(positions, 1.0 / config.theta ** (pairs / config.head_dim))
    return jnp.cos(angles), jnp.sin(angles)


def rotate(x: Array, rope: Rope) -> Array:
    """Rotary embedding (Su et al. 2021) of x [B, T, H, K]: each pair of neighbours (2i, 2i+1) rotated by its angle."""
    cos, sin = (table[:, None, :] for table in rope)  # [T, 1, K/2], over heads
    even, odd = x[..., 0::2].astype(jnp.float32), x[..., 1::2].astype(jnp.float32)
    rotated = jnp.stack((even * cos - odd * sin, even * sin + odd * cos), -1)
    return rotated.reshape(x.shape).astype(x.dtype)


def attend(q: Array, k: Array, v: Array, first: int | Array) -> Array:
    """Queries [B, T, H, K] at positions from `first` on, over keys and values [B, S, H, K] at positions 0 to S - 1."""
    scores = jnp.einsum("bthk,bshk->bhts", q, k, preferred_element_type=jnp.float32) / q.shape[-1] ** 0.5
    unseen = jnp.arange(k.shape[1]) > (first + jnp.arange(q.shape[1]))[:, None]  # [T, S]
    shares = jax.nn.softmax(jnp.where(unseen, -jnp.inf, scores), -1).astype(q.dtype)
    return jnp.einsum("bhts,bshk->bthk", shares, v)


def causal_attention(q: Array, k: Array, v: Array) -> Array:
    """Causal self-attention of [B, T, H, K], storing no attention weights and computing no masked block (section 2.4).

    On a GPU in bfloat16, cuDNN's fused kernel. Elsewhere blocks of queries, each over the keys up to its own end (half
    of the square is never computed), and recomputed in the backward pass instead of stored.
    """
    if jax.default_backend() == "gpu" and q.dtype == jnp.bfloat16:
        return jax.nn.dot_product_attention(q, k, v, is_causal=True, implementation="cudnn")

    @partial(jax.checkpoint, static_argnums=3)
    def attend_block(q: Array, k: Array, v: Array, first: int) -> Array:
        end = first + BLOCK
        return attend(q[:, first:end], k[:, :end], v[:, :end], first)

    return jnp.concatenate([attend_block(q, k, v, first) for first in range(0, q.shape[1], BLOCK)], 1)


def attention(x: Array, layer: Weights, rope: Rope, config: Config, cache: Cache | None, start: int | Array) -> Any:
    """x [B, T, D] -> the same, and the layer's cache. With one, T is the prompt at start 0, or one position after."""
    split = (*x.shape[:2], config.heads, config.head_dim)
    q, k, v = (linear(x, layer[name]).reshape(split) for name in ("wq", "wk", "wv"))  # [B, T, H, K]
    q, k = rotate(q, rope), rotate(k, rope)
    if cache is not None:
        keys, values = (
            lax.dynamic_update_slice_in_dim(old, new, start, 1) for old, new in zip(cache, (k, v), strict=True)
        )
        cache = (keys, values)
    mixed = causal_attention(q, k, v) if cache is None or x.shape[1] > 1 else attend(q, *cache, start)
    mixed = checkpoint_name(mixed, "attention")
    return linear(mixed.reshape(x.shape), layer["wo"]), cache


@partial(jax.checkpoint, prevent_cse=False)
def gate(a: Array, b: Array) -> Array:
    """silu(a) · b; the backward pass keeps only a and b, and recomputes silu(a)."""
    return jax.nn.silu(a) * b


def feed_forward(x: Array, layer: Weights) -> Array:
    """SwiGLU (Shazeer 2020): w2(silu(w1 x) · w3 x)."""
    return linear(gate(linear(x, layer["w1"]), linear(x, layer["w3"])), layer["w2"])


def block(x: Array, layer: Weights, rope: Rope, config: Config, cache: Cache | None, start: int | Array) -> Any:
    """One layer: the input of each half is normalised, not its output (pre-normalisation)."""
    mixed, cache = attention(rms_norm(x, layer["attention_norm"], config.norm_eps), layer, rope, config, cache, start)
    x = x + mixed
    return x + feed_forward(rms_norm(x, layer["ffn_norm"], config.norm_eps), layer), cache


def forward(
    weights: Weights,
    tokens: Array,
    config: Config,
    *,
    compute: Any = jnp.float32,
    cache: Cache | None = None,
    start: int | Array = 0,
    remat: Callable[[Layer], Layer] = lambda layer: layer,
    place: Callable[[Array], Array] = lambda x: x,
) -> tuple[Array, Cache | None]:
    """Pieces [B, T] -> logits [B, T, V], and the cache.

    Args:
        compute: type of the residual stream and of every matrix product.
        remat: wraps a layer, to say what its backward pass keeps.
        place: constrains how the stream [B, T, D] is split over a mesh between layers.
    """
    rope = rope_table(start, tokens.shape[1], config)
    layer_step = remat(partial(block, rope=rope, config=config, start=start))

    def step(x: Array, layer: tuple[Weights, Cache | None]) -> tuple[Array, Cache | None]:
        x, layer_cache = layer_step(x, layer[0], cache=layer[1])
        return place(x), layer_cache

    x = place(weights["tok_embeddings"][tokens].astype(compute))  # [B, T, D]
    x, cache = lax.scan(step, x, (weights["layers"], cache))
    return linear(rms_norm(x, weights["norm"], config.norm_eps), weights["output"]), cache


def next_piece_loss(weights: Weights, rows: Array, config: Config, **how: Any) -> Array:
    """Mean cross-entropy in nats of each next piece, in float32; rows [B, T + 1]: inputs [:, :-1], targets [:, 1:]."""
    logits, _ = forward(weights, rows[:, :-1], config, **how)
    logits = logits.astype(jnp.float32)
    chosen = jnp.take_along_axis(logits, rows[:, 1:, None], -1)[..., 0]
    return jnp.mean(jax.nn.logsumexp(logits, -1) - chosen)


def choose(logits: Array, key: Array, temperature: float, top_p: float) -> Array:
    """One piece per row [B] from logits [B, V]: the likeliest at temperature 0, else drawn from the top_p nucleus."""
    if temperature == 0.0:
        return jnp.argmax(logits, -1)
    order = jnp.argsort(-logits, -1)
    scaled = jnp.take_along_axis(logits, order, -1).astype(jnp.float32) / temperature
    # Nucleus (Holtzman et al. 2020): the sum of shares before a piece is compared, so that at least one is kept.
    before = jnp.cumsum(jax.nn.softmax(scaled, -1), -1) - jax.nn.softmax(scaled, -1)
    drawn = jax.random.categorical(key, jnp.where(before < top_p, scaled, -jnp.inf))
    return jnp.take_along_axis(order, drawn[:, None], -1)[:, 0]


@partial(jax.jit, static_argnames=("pieces", "config", "temperature", "top_p", "compute"))
def generate(
    weights: Weights,
    prompt: Array,
    pieces: int,
    config: Config,
    *,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int = 0,
    compute: Any = jnp.float32,
) -> Array:
    """The prompt [B, T] followed by `pieces` new ones, [B, T + pieces], each position computed once."""
    rows, length = prompt.shape
    shape = (config.layers, rows, length + pieces, config.heads, config.head_dim)
    cache: Cache | None = (jnp.zeros(shape, compute), jnp.zeros(shape, compute))
    logits, cache = forward(weights, prompt, config, compute=compute, cache=cache)
    keys = jax.random.split(jax.random.key(seed), pieces)

    def step(state: tuple[Array, Cache | None], at: tuple[Array, Array]) -> tuple[tuple[Array, Cache | None], Array]:
        """Chooses a piece [B] from the last logits [B, V], then computes the logits after it."""
        last, cache = state
        position, key = at
        chosen = choose(last, key, temperature, top_p)
        logits, cache = forward(weights, chosen[:, None], config, compute=compute, cache=cache, start=position)
        return (logits[:, -1], cache), chosen

    _, new = lax.scan(step, (logits[:, -1], cache), (length + jnp.arange(pieces), keys))
    return jnp.concatenate([prompt, new.T.astype(prompt.dtype)], 1)
