"""LLaMA over many devices in JAX: where each weight and the stream live on the mesh; XLA adds the communication.

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

STREAM = P("data", "model", None)  # [B, T, D] between layers: sequence parallel, as norms and sums need no neighbours
ROWS = P("data")  # [B, T + 1]
INTO = P(None, "data", "model")  # [L, in, out] of the maps out of the stream: heads and columns are split
BACK = P(None, "model", "data")  # [L, in, out] of the maps that write back into it


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
    """Where each weight lives, in the tree of llama_jax. Norms are small and whole everywhere."""
    into = dict.fromkeys(("wq", "wk", "wv", "w1", "w3"), INTO)
    layers = into | {"wo": BACK, "w2": BACK, "attention_norm": P(), "ffn_norm": P()}
    tree = {"tok_embeddings": P("model", "data"), "layers": layers, "norm": P(), "output": P("data", "model")}
    return jax.tree.map(lambda spec: NamedSharding(mesh, spec), tree, is_leaf=lambda leaf: isinstance(leaf, P))


def recompute(what: str) -> Any:
    """What a layer's backward pass computes again instead of keeping: none, selective or full.

    Selective is the paper's choice (section 2.4): keep the outputs of linear layers and attention, not the cheap rest.
    """
    if what == "none":
        return lambda layer: layer
    keep = jax.checkpoint_policies
    dear = keep.save_from_both_policies(keep.dots_with_no_batch_dims_saveable, keep.save_only_these_names("attention"))
    return lambda layer: jax.checkpoint(layer, policy=dear if what == "selective" else None, prevent_cse=False)
