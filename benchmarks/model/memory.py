"""Memory of one training step a token, with and without activation checkpointing, by shape (two layers of each size).

    python benchmarks/model/memory.py                     PyTorch; counts what a step would take, and takes none
    python benchmarks/model/memory.py --framework jax
    python benchmarks/model/memory.py --shapes 7B-layers

Activations are what the forward pass leaves for the backward pass, beyond weights and gradients; the loss's own array
of logits is not in it. PyTorch: bytes alive between the two by its own tracker over fake tensors, with the kernels of
the CPU (fused attention, as on a GPU); operations are those of the products, the ones done again too. JAX: the arrays
its vector-Jacobian product holds on to, traced without values.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from torch.utils.flop_counter import FlopCounterMode

from model.config import SIZES, Config
from model.settings import RECOMPUTE, ParallelConfig
from model.torch.llama import Llama
from model.torch.parallel import parallelize
from model.weights import INNER, shapes

SHAPES = {f"{name}-layers": replace(SIZES[name].config, layers=2) for name in ("125M", "1B", "7B", "65B")}


def kept_by_torch(config: Config, rows: int, context: int, what: str) -> tuple[int, int]:
    """Bytes alive after the forward pass beyond those before it, and operations of forward and backward."""
    with FakeTensorMode():
        model = Llama(config, torch.bfloat16)
        parallelize(model, None, ParallelConfig(recompute=what))
        pieces = torch.zeros(rows, context, dtype=torch.long)
        tracker = MemTracker()
        tracker.track_external(model, pieces)
        flops = FlopCounterMode(display=False)
        with tracker, flops:
            before = alive(tracker)
            loss = model(pieces).float().mean()
            after = alive(tracker)
            loss.backward()
        return after - before, flops.get_total_flops()


def alive(tracker: MemTracker) -> int:
    return sum(sizes["Total"] for sizes in tracker.get_tracker_snapshot("current").values())


def kept_by_jax(config: Config, rows: int, context: int, what: str) -> tuple[int, None]:
    """Bytes that the backward pass holds for additional rows; those of the weights cancel out."""
    import jax
    import jax.numpy as jnp

    from model.jax.llama import forward
    from model.jax.parallel import recompute

    def loss(weights: Any, pieces: jax.Array) -> jax.Array:
        return forward(weights, pieces, config, compute=jnp.bfloat16, remat=recompute(what))[0].mean(dtype=jnp.float32)

    def held(rows: int) -> int:
        pieces = jax.ShapeDtypeStruct((rows, context), jnp.int32)
        left = jax.eval_shape(lambda tree, pieces: jax.vjp(partial(loss, pieces=pieces), tree)[1], tree, pieces)
        return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(left))

    sizes = shapes(config)
    into = {name: sizes[f"layers.0.{name}.weight"][::-1] for name in INNER}  # [in, out]
    laid: dict[str, Any] = {name: sizes[f"{name}.weight"] for name in ("tok_embeddings", "norm")}
    laid |= {"output": sizes["output.weight"][::-1]}
    laid |= {"layers": {name.rpartition(".")[2]: (config.layers, *shape) for name, shape in into.items()}}
    tree = jax.tree.map(
        lambda shape: jax.ShapeDtypeStruct(shape, jnp.float32), laid, is_leaf=lambda leaf: isinstance(leaf, tuple)
    )
    return held(2 * rows) - held(rows), None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--framework", choices=("torch", "jax"), default="torch")
    options.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    options.add_argument("--rows", type=int, default=32, help="many, so that the weights cast to bfloat16 weigh little")
    options.add_argument("--context", type=int, default=2_048)
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    kept = kept_by_jax if chosen.framework == "jax" else kept_by_torch
    tokens = chosen.rows * chosen.context
    for name in chosen.shapes:
        found = {what: kept(SHAPES[name], chosen.rows, chosen.context, what) for what in RECOMPUTE}
        for what, (size, operations) in found.items():
            share = size / found["none"][0]
            line = f"{name:12} {what:10} {size / tokens / 1024:9.1f} KiB a token ({share:.2f} x)"
            if operations:
                line += f"   {operations / tokens / 1e9:7.2f} GFLOP a token ({operations / found['none'][1]:.2f} x)"
            print(line)


if __name__ == "__main__":
    main()
