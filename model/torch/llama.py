"""LLaMA in PyTorch (arXiv 2302.13971, section 2.2): one file, read from the top.

Shapes:
    B  rows of a batch          T  positions of a row       S  positions the cache has room for
    D  width of the stream      H  heads                    K  width of a head, D / H
    F  feed-forward width       V  pieces of the vocabulary L  layers

Weights are kept in float32; every layer computes in the type of the stream it is given (bfloat16 in training).
Module names are those of the paper's released checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812  (its name everywhere)

from model.config import Config

Rope: TypeAlias = tuple[Tensor, Tensor]  # cosines and sines [T, K/2], float32
Cache: TypeAlias = tuple[Tensor, Tensor]  # keys and values [L, B, S, H, K]; of one layer [B, S, H, K]


class Linear(nn.Linear):
    """y = x Wᵀ without bias, in the type of x: float32 weights are cast for a bfloat16 stream."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.to(x.dtype))


class RMSNorm(nn.Module):
    """x / rms(x) · weight, in float32 whatever the stream's type (Zhang and Sennrich 2019)."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()  # the mean of squares loses too much in bfloat16's 8 bits
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return (wide * scale * self.weight.float()).to(x.dtype)


def rope_table(start: int, length: int, config: Config, device: torch.device) -> Rope:
    """Cosines and sines [T, K/2] of position · theta^(-2i/K), for `length` positions from `start` on."""
    pairs = torch.arange(0, config.head_dim, 2, device=device, dtype=torch.float32)
    positions = torch.arange(start, start + length, device=device, dtype=torch.float32)
    angles = torch.outer(positions, 1.0 / config.theta ** (pairs / config.head_dim))
    return angles.cos(), angles.sin()


def rotate(x: Tensor, rope: Rope) -> Tensor:
    """Rotary embedding (Su et al. 2021) of x [B, T, H, K]: each pair of neighbours (2i, 2i+1) rotated by its angle.

    Rotating is multiplying the complex number even + i odd by cos + i sin: one pass over memory. torch.compile has no
    kernels for complex numbers, but fuses the same in real ones into one pass too.
    """
    cos, sin = (table[:, None, :] for table in rope)  # [T, 1, K/2], over heads
    pairs = x.float().unflatten(-1, (-1, 2))  # [B, T, H, K/2, 2]
    if torch.compiler.is_compiling():
        even, odd = pairs.unbind(-1)
        rotated = torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1)
    else:
        rotated = torch.view_as_real(torch.view_as_complex(pairs) * torch.complex(cos, sin))
    return rotated.flatten(-2).to(x.dtype)


class Attention(nn.Module):
    """Causal self-attention: fused, so that no weight is stored and no masked score computed (section 2.4)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        self.wq, self.wk, self.wv, self.wo = (Linear(config.dim, config.dim) for _ in range(4))

    def forward(self, x: Tensor, rope: Rope, cache: Cache | None = None, start: int = 0) -> Tensor:
        """x [B, T, D] -> [B, T, D]. With a cache, T is the prompt at start 0, or one position after it."""
        q, k, v = (w(x).unflatten(-1, (-1, self.head_dim)) for w in (self.wq, self.wk, self.wv))  # [B, T, H, K]
        q, k = rotate(q, rope), rotate(k, rope)
        if cache is not None:
            k, v = store(cache, k, v, start)
        q, k, v = (heads.transpose(1, 2) for heads in (q, k, v))  # [B, H, T, K]
        # One position (T = 1, from a cache) sees every key so far; is_causal would align it with the first key.
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=q.shape[2] > 1)
        return self.wo(mixed.transpose(1, 2).flatten(-2))


def store(cache: Cache, k: Tensor, v: Tensor, start: int) -> Cache:
    """Writes keys and values [B, T, H, K] at `start`; returns the layer's so far, [B, start + T, H, K]."""
    end = start + k.shape[1]
    cache[0][:, start:end], cache[1][:, start:end] = k, v
    return cache[0][:, :end], cache[1][:, :end]


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020): w2(silu(w1 x) · w3 x)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.w1 = Linear(config.dim, config.ffn_dim)
        self.w2 = Linear(config.ffn_dim, config.dim)
        self.w3 = Linear(config.dim, config.ffn_dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class Block(nn.Module):
    """One layer: the input of each half is normalised, not its output (pre-normalisation)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.dim, config.norm_eps)
        self.attention = Attention(config)
        self.ffn_norm = RMSNorm(config.dim, config.norm_eps)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor, rope: Rope, cache: Cache | None = None, start: int = 0) -> Tensor:
        x = x + self.attention(self.attention_norm(x), rope, cache, start)
        return x + self.feed_forward(self.ffn_norm(x))


class Llama(nn.Module):
    """The model: pieces [B, T] -> logits [B, T, V].

    Args:
        config: the architecture.
        compute: type of the residual stream and of every matrix product.
    """

    def __init__(self, config: Config, compute: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.config, self.compute = config, compute
        self.tok_embeddings = nn.Embedding(config.vocab_size, config.dim)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.dim, config.norm_eps)
        self.output = Linear(config.dim, config.vocab_size)

    def forward(self, tokens: Tensor, cache: Cache | None = None, start: int = 0) -> Tensor:
        rope = rope_table(start, tokens.shape[1], self.config, tokens.device)
        x = self.tok_embeddings(tokens).to(self.compute)  # [B, T, D]
        for i, layer in enumerate(self.layers):
            x = layer(x, rope, cache and (cache[0][i], cache[1][i]), start)
        return self.output(self.norm(x))


class CrossEntropy(torch.autograd.Function):
    """Mean cross-entropy in nats of logits [N, V] and targets [N], computed in float32.

    Differs from torch's: keeps one array [N, V], the softmax, and changes it into the gradient in place, where torch
    makes three arrays. At 32,000 pieces that saves a tenth of a small model's step, and most of its memory.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        shares = torch.softmax(logits, -1, dtype=torch.float32)
        # log sum exp = max logit - log of its share, as share = exp(logit) / sum. The largest share is at least 1/V, so
        # its log is accurate, and no second pass over [N, V] for the sum is needed.
        log_sum = logits.amax(-1).float() - shares.amax(-1).log()
        ctx.save_for_backward(shares, targets)
        ctx.type = logits.dtype
        return (log_sum - logits.gather(-1, targets[:, None])[:, 0]).mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        # The gradient of the mean is (softmax - one-hot of the target) / N: minus 1 at one place per row, in place.
        shares, targets = ctx.saved_tensors
        shares[torch.arange(len(targets), device=targets.device), targets] -= 1.0
        return shares.mul_(slopes[0] / len(targets)).to(ctx.type), None


def next_piece_loss(
    model: nn.Module, rows: Tensor, cross_entropy: Callable[[Tensor, Tensor], Tensor] = CrossEntropy.apply
) -> Tensor:
    """Mean cross-entropy in nats of each next piece; rows [B, T + 1]: inputs are [:, :-1], targets [:, 1:]."""
    logits = model(rows[:, :-1])
    return cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())


def empty_cache(model: Llama, rows: int, positions: int) -> Cache:
    """Room for the keys and values of `positions` pieces in every layer, [L, B, S, H, K]."""
    config, device = model.config, model.output.weight.device
    shape = (config.layers, rows, positions, config.heads, config.head_dim)
    return torch.empty(shape, dtype=model.compute, device=device), torch.empty(
        shape, dtype=model.compute, device=device
    )


def choose(logits: Tensor, temperature: float, top_p: float, generator: torch.Generator | None) -> Tensor:
    """One piece per row [B, 1] of logits [B, V]: the likeliest at temperature 0, else drawn from the top_p nucleus."""
    if temperature == 0.0:
        return logits.argmax(-1, keepdim=True)
    shares, order = torch.softmax(logits.float() / temperature, -1).sort(-1, descending=True)
    # Nucleus (Holtzman et al. 2020): the fewest likeliest pieces whose shares sum to top_p. The sum before a piece is
    # compared, so that the piece which reaches top_p is kept, and at least one always is.
    shares[shares.cumsum(-1) - shares >= top_p] = 0.0
    return order.gather(-1, torch.multinomial(shares, 1, generator=generator))


@torch.inference_mode()
def generate(
    model: Llama,
    prompt: Tensor,
    pieces: int,
    *,
    temperature: float = 0.0,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The prompt [B, T] followed by `pieces` new ones, [B, T + pieces], each position computed once."""
    rows, start = prompt.shape
    cache = empty_cache(model, rows, start + pieces)
    logits = model(prompt, cache)
    for position in range(start, start + pieces):
        chosen = choose(logits[:, -1], temperature, top_p, generator)
        prompt = torch.cat((prompt, chosen), 1)
        if position + 1 < start + pieces:
            logits = model(chosen, cache, position)
    return prompt
