"""One optimizer step in PyTorch, on one process or on a mesh of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.distributed.tensor.parallel import loss_parallel
from torch.nn import functional as F  # noqa: N812

from model.checkpoint import ALONE, Processes
from model.config import Config
from model.settings import ParallelConfig, Settings, microbatches
from model.torch import state as state_torch
from model.torch.llama import CrossEntropy, Llama, next_piece_loss
from model.torch.parallel import join_processes, parallelize
from model.weights import Array


class TorchTrainer:
    """A model, its optimizer and their mesh.

    Args:
        config: the architecture.
        settings: the hyperparameters.
        parallel_config: how the run uses its devices.
        value: the weight of that name to start from, float32.
    """

    def __init__(
        self, config: Config, settings: Settings, parallel_config: ParallelConfig, value: Callable[[str], Array]
    ) -> None:
        if parallel_config.deterministic:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS asks for this to sum in one order
            torch.use_deterministic_algorithms(True)
        self.settings = settings
        self.mesh = join_processes(config, parallel_config, settings.compute)
        self.device = (
            torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
        )
        self.rank, self.world = (
            (0, 1) if self.mesh is None else (self.mesh["data"].get_local_rank(), self.mesh["data"].size())
        )
        self.processes = (
            ALONE
            if self.mesh is None
            else Processes(distributed.get_rank(), distributed.get_world_size(), distributed.barrier)
        )
        self.chief = self.processes.number == 0
        self.devices = 1 if self.mesh is None else self.mesh.size()
        self.device_name = torch.cuda.get_device_name() if self.device.type == "cuda" else "cpu"
        self.passes = microbatches(settings, parallel_config, self.world)
        self.model = start(config, settings, parallel_config, self.mesh, self.device, value)
        self.optimizer = adamw(self.model, settings)
        self.cross_entropy = split_cross_entropy if parallel_config.model_parallel > 1 else CrossEntropy.apply

    def ones(self, side: int) -> Tensor:
        """A square matrix of ones, on the run's device and in its type."""
        return torch.ones(side, side, device=self.device, dtype=getattr(torch, self.settings.compute))

    def step(self, rows: Array, lr: float) -> tuple[Tensor, Tensor]:
        """Trains on this process's rows [batch / world, T + 1]: the batch's mean loss in nats, and gradient norm."""
        # Gradient accumulation: backward() adds to the gradients of earlier passes; losses / passes sum to the mean.
        total = torch.zeros((), device=self.device)
        for part in torch.from_numpy(rows.astype(np.int64)).to(self.device).chunk(self.passes):
            with loss_parallel() if self.cross_entropy is split_cross_entropy else nullcontext():
                loss = next_piece_loss(self.model, part, self.cross_entropy) / self.passes
                loss.backward()
            total += gather(loss.detach())
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.mesh is not None:
            distributed.all_reduce(total, group=self.mesh["data"].get_group())
        return total / self.world, gather(norm)

    def state(self) -> dict[str, Any]:
        """Weights, moments and random state: this process's part."""
        weights, moments = get_state_dict(self.model, self.optimizer)
        return {"weights": weights, "moments": moments, "random": torch.get_rng_state()}

    def save(self, folder: Path) -> None:
        """Writes every process's part into one folder, readable on any mesh."""
        state_torch.save(self.state(), folder)

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote, on this or another mesh."""
        state = self.state()
        state_torch.load(state, folder)
        torch.set_rng_state(state["random"])
        set_state_dict(self.model, self.optimizer, model_state_dict=state["weights"], optim_state_dict=state["moments"])


def start(
    config: Config,
    settings: Settings,
    parallel_config: ParallelConfig,
    mesh: DeviceMesh | None,
    device: torch.device,
    value: Callable[[str], Array],
) -> Llama:
    """The model with its initial weights. It is split before it gets memory: no process ever holds all of it."""
    with torch.device("meta"):
        model = Llama(config, getattr(torch, settings.compute))
    parallelize(model, mesh, parallel_config)
    model.to_empty(device=device)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            full = torch.tensor(value(name), device=device)
            if isinstance(weight, DTensor):
                full = distribute_tensor(full, weight.device_mesh, weight.placements, src_data_rank=None)
            weight.copy_(full)
    return model


def split_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of logits [N, V] that are split by pieces over the model axis, without gathering them."""
    return F.cross_entropy(logits.float(), targets)


def adamw(model: Llama, settings: Settings) -> torch.optim.AdamW:
    """AdamW with weight decay on matrices, none on norms."""
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    norms = [weight for weight in model.parameters() if weight.ndim == 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": norms, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.peak_lr, betas=settings.betas, eps=settings.eps, fused=True)


def gather(value: Tensor) -> Tensor:
    """A value of the full mesh, given this process's part of it."""
    return value.full_tensor() if isinstance(value, DTensor) else value
