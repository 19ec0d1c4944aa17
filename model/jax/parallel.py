"""LLaMA over many devices in JAX: how each weight and the stream are split over the mesh; XLA adds communication.

The mesh has two axes, the same two as in torch: `data` splits the batch and the weights, `model` splits each layer.
"""

from __future__ import annotations

import os
from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from corpus.errors import UsageError
from model.config import Config
from model.settings import ParallelConfig

STREAM = P("data", "model", None)  # [B, T, D] between layers: split by position, as norms and sums need no neighbours
ROWS = P("data")  # [B, T + 1]
FROM_STREAM = P(None, "data", "model")  # [L, in, out] of matrices that read the stream: heads and columns are split
TO_STREAM = P(None, "model", "data")  # [L, in, out] of matrices that add to the stream


def lay_mesh(config: Config, parallel_config: ParallelConfig) -> Mesh:
    """The mesh [data, model] over every device of every process (JAX_COORDINATOR_ADDRESS, WORLD_SIZE and RANK in the
    environment bring several processes together).

    Raises:
        UsageError: the devices, heads or positions do not divide over the model axis.
    """
    if "JAX_COORDINATOR_ADDRESS" in os.environ and not jax.distributed.is_initialized():
        jax.distributed.initialize(num_processes=int(os.environ["WORLD_SIZE"]), process_id=int(os.environ["RANK"]))
    devices, model, where = jax.device_count(), parallel_config.model_parallel, "--model-parallel"
    if jax.local_device_count() % model:
        raise UsageError("a divisor of the devices of a process", f"{model} of {jax.local_device_count()}", where)
    if config.heads % model or config.context % model or config.vocab_size % model:
        raise UsageError("a divisor of heads, context and vocabulary", str(model), where)
    return jax.make_mesh((devices // model, model), ("data", "model"), axis_types=(AxisType.Auto,) * 2)


def placements(mesh: Mesh) -> dict[str, Any]:
    """How each weight is split, in the tree of model/jax/llama.py. Norms are small and replicated."""
    reading = dict.fromkeys(("wq", "wk", "wv", "w1", "w3"), FROM_STREAM)
    layers = reading | {"wo": TO_STREAM, "w2": TO_STREAM, "attention_norm": P(), "ffn_norm": P()}
    tree = {"tok_embeddings": P("model", "data"), "layers": layers, "norm": P(), "output": P("data", "model")}
    return jax.tree.map(lambda spec: NamedSharding(mesh, spec), tree, is_leaf=lambda leaf: isinstance(leaf, P))


def recompute(what: str) -> Any:
    """What a layer's backward pass recomputes instead of keeping: none, selective or full.

    Selective is the paper's choice (section 2.4): keep the outputs of linear layers and attention, recompute the rest.
    """
    if what == "none":
        return lambda layer: layer
    keep = jax.checkpoint_policies
    expensive = keep.save_from_both_policies(
        keep.dots_with_no_batch_dims_saveable, keep.save_only_these_names("attention")
    )
    return lambda layer: jax.checkpoint(layer, policy=expensive if what == "selective" else None, prevent_cse=False)
