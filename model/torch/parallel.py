"""LLaMA over many GPUs in PyTorch: tensor and sequence parallelism, recomputation, compilation, sharded weights.

The mesh has two axes, the same two as in JAX: `data` splits the batch and the weights (FSDP2), `model` splits each
layer. All is applied to a model on the meta device (no memory yet), in the order of `parallelize`, as each step wraps
the one before it.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import torch
from torch import distributed, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import Replicate, Shard
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    PrepareModuleInput,
    RowwiseParallel,
    SequenceParallel,
    parallelize_module,
)
from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

from corpus.errors import UsageError
from model.config import Config
from model.settings import ParallelConfig
from model.torch.llama import Llama

ATEN = torch.ops.aten
EXPENSIVE = {  # to compute, and small to keep: the products with weights, and attention
    ATEN.mm.default,
    ATEN._scaled_dot_product_flash_attention.default,
    ATEN._scaled_dot_product_efficient_attention.default,
    ATEN._scaled_dot_product_cudnn_attention.default,
    ATEN._scaled_dot_product_flash_attention_for_cpu.default,
}


def join_processes(config: Config, parallel_config: ParallelConfig, compute: str = "bfloat16") -> DeviceMesh | None:
    """The mesh [data, model] over the processes that torchrun started, or None for a single process.

    Raises:
        UsageError: the processes, heads or positions do not divide over the model axis.
    """
    world, model = int(os.environ.get("WORLD_SIZE", "1")), parallel_config.model_parallel
    where = "--model-parallel"
    if world % model:
        raise UsageError("a divisor of the number of processes", f"{model} of {world}", where, "start with torchrun")
    if config.heads % model or config.context % model or config.vocab_size % model:
        raise UsageError("a divisor of heads, context and vocabulary", str(model), where)
    if model > 1 and parallel_config.compile and compute != "bfloat16":
        # In torch 2.13 a compiled layer does not wait for the gathered stream, unless a cast comes between them.
        raise UsageError("--compute bfloat16 with --compile and --model-parallel", compute, "--compute")
    if world == 1:
        return None
    kind = "cuda" if torch.cuda.is_available() else "cpu"
    if kind == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    mesh = init_device_mesh(kind, (world // model, model), mesh_dim_names=("data", "model"))
    if world > model > 1:
        # The gradient's norm is then one sum over both axes, in one order, so that it is equal in every process.
        mesh._flatten("data_model")
    return mesh


def parallelize(model: Llama, mesh: DeviceMesh | None, parallel_config: ParallelConfig) -> None:
    """Applies, in place, tensor parallelism, recomputation, compilation and sharded weights."""
    if mesh is not None and mesh["model"].size() > 1:
        split_layers(model, mesh["model"])
    for layer in model.layers:
        recompute(layer, parallel_config.recompute)
        if parallel_config.compile:
            layer.forward = torch.compile(layer.forward, fullgraph=True)
    if mesh is not None and mesh["data"].size() > 1:
        shard_weights(model, mesh["data"])


def split_layers(model: Llama, mesh: DeviceMesh) -> None:
    """Tensor parallelism inside the halves of a layer, sequence parallelism between them (Korthikanti et al. 2022).

    Heads and feed-forward columns are split. Between the halves the stream is split by position, so that norms and
    sums run on one part each. Each half gathers the positions (all-gather) and scatters its sums (reduce-scatter):
    together the traffic of one all-reduce.
    """
    replicated, by_position = Replicate(), Shard(1)  # of the stream [B, T, D]
    outer = {
        "tok_embeddings": RowwiseParallel(input_layouts=replicated, output_layouts=by_position),
        "norm": SequenceParallel(),
        "output": ColwiseParallel(input_layouts=by_position, output_layouts=Shard(-1), use_local_output=False),
    }
    inner = {
        "attention_norm": SequenceParallel(),
        "attention": PrepareModuleInput(  # of x, rope, cache and start only x is split
            input_layouts=(by_position, None, None, None), desired_input_layouts=(replicated, None, None, None)
        ),
        "attention.wo": RowwiseParallel(output_layouts=by_position),
        "ffn_norm": SequenceParallel(),
        "feed_forward": PrepareModuleInput(input_layouts=(by_position,), desired_input_layouts=(replicated,)),
        "feed_forward.w2": RowwiseParallel(output_layouts=by_position),
    }
    columns = ("attention.wq", "attention.wk", "attention.wv", "feed_forward.w1", "feed_forward.w3")
    inner |= {name: ColwiseParallel() for name in columns}
    parallelize_module(model, mesh, outer)
    for layer in model.layers:
        parallelize_module(layer, mesh, inner)


def keep_expensive(context: object, operation: object, *args: object, **kwargs: object) -> CheckpointPolicy:
    """The paper's choice (section 2.4): keep the outputs of linear layers, recompute the rest, which is cheap."""
    return CheckpointPolicy.MUST_SAVE if operation in EXPENSIVE else CheckpointPolicy.PREFER_RECOMPUTE


def recompute(layer: nn.Module, what: str) -> None:
    """Makes a layer's backward pass recompute activations instead of keeping them: none, selective or full."""
    if what == "none":
        return
    extra: dict[str, Any] = (
        {"context_fn": partial(create_selective_checkpoint_contexts, keep_expensive)} if what == "selective" else {}
    )
    layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False, **extra)


def shard_weights(model: Llama, mesh: DeviceMesh) -> None:
    """FSDP2: each process keeps a part of every weight and of its moments; a layer's weights are gathered for its turn.

    They are gathered in the compute type, while the layer before computes; gradients are summed in float32.
    """
    policy = MixedPrecisionPolicy(param_dtype=model.compute, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for layer in model.layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
