"""One optimizer step in JAX, on one device or on a mesh of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jax.experimental.multihost_utils import sync_global_devices
from jax.sharding import Mesh, NamedSharding
from orbax.checkpoint import StandardCheckpointer

from model.checkpoint import Processes
from model.config import Config
from model.jax.llama import next_piece_loss
from model.jax.parallel import ROWS, STREAM, lay_mesh, placements, recompute
from model.settings import ParallelConfig, Settings, microbatches
from model.weights import Array, stack_layers


class JaxTrainer:
    """Weights, moments and their mesh.

    Args:
        config: the architecture.
        settings: the hyperparameters.
        parallel_config: how the run uses its devices.
        value: the weight of that name to start from, float32.
    """

    def __init__(
        self, config: Config, settings: Settings, parallel_config: ParallelConfig, value: Callable[[str], Array]
    ) -> None:
        self.settings = settings
        self.mesh = lay_mesh(config, parallel_config)
        self.rank, self.world = jax.process_index(), jax.process_count()
        self.chief = self.rank == 0
        self.processes = Processes(self.rank, self.world, partial(sync_global_devices, "checkpoint"))
        self.devices, self.device_name = self.mesh.size, self.mesh.devices.flat[0].device_kind
        self.passes = microbatches(settings, parallel_config, self.mesh.shape["data"])
        self.optimizer = adamw(settings)
        self.weights = start(config, self.mesh, value)
        self.moments = jax.jit(self.optimizer.init, out_shardings=self.moment_placements())(self.weights)
        self.update = jax.jit(
            partial(
                step, optimizer=self.optimizer, loss=self.loss(config, settings, parallel_config), clip=settings.clip
            ),
            donate_argnums=(0, 1),  # the new weights and moments reuse the memory of the old
        )

    def moment_placements(self) -> Any:
        """The moments are split as their weights are; the step counter is replicated."""
        shapes = jax.eval_shape(self.optimizer.init, self.weights)
        replicated = NamedSharding(self.mesh, jax.sharding.PartitionSpec())
        return optax.tree.map_params(
            self.optimizer,
            lambda _, where: where,
            shapes,
            placements(self.mesh),
            transform_non_params=lambda _: replicated,
        )

    def loss(self, config: Config, settings: Settings, parallel_config: ParallelConfig) -> Any:
        """The loss of rows [B, T + 1], with the stream split over the mesh."""
        place = NamedSharding(self.mesh, STREAM)
        return partial(
            next_piece_loss,
            config=config,
            compute=jnp.dtype(settings.compute),
            remat=recompute(parallel_config.recompute),
            place=lambda x: lax.with_sharding_constraint(x, place),
        )

    def ones(self, side: int) -> jax.Array:
        """A square matrix of ones, on the run's devices and in its type."""
        return jnp.ones((side, side), self.settings.compute)

    def step(self, rows: Array, lr: float) -> tuple[jax.Array, jax.Array]:
        """Trains on this process's rows [batch / world, T + 1]: the batch's mean loss in nats, and gradient norm."""
        parts = rows.reshape(self.passes, -1, rows.shape[1])  # [passes, B, T + 1]
        where = NamedSharding(self.mesh, jax.sharding.PartitionSpec(None, *ROWS))
        batch = jax.make_array_from_process_local_data(where, parts)
        self.weights, self.moments, loss, norm = self.update(self.weights, self.moments, batch, lr)
        return loss, norm

    def save(self, folder: Path) -> None:
        """Writes every process's part into one folder, readable on any mesh. (No random state: none is used.)"""
        with StandardCheckpointer() as writer:
            writer.save((folder / "weights").absolute(), self.weights)
            writer.save((folder / "moments").absolute(), self.moments)

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote, on this or another mesh."""
        with StandardCheckpointer() as reader:
            self.weights = reader.restore((folder / "weights").absolute(), specs(self.weights))
            self.moments = reader.restore((folder / "moments").absolute(), specs(self.moments))


def specs(tree: Any) -> Any:
    """The shapes, types and shardings of a tree's arrays, without their values."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding), tree)


def start(config: Config, mesh: Mesh, value: Callable[[str], Array]) -> Any:
    """The initial weights, split over the mesh; each device is given its part alone."""
    return jax.tree.map(
        lambda leaf, where: jax.make_array_from_callback(leaf.shape, where, leaf.__getitem__),
        stack_layers(value, config),
        placements(mesh),
    )


def adamw(settings: Settings) -> optax.GradientTransformation:
    """AdamW without the learning rate (an argument of each step), with decay on matrices, none on norms."""

    def is_matrix(path: Any, _: Any) -> bool:
        return "norm" not in jax.tree_util.keystr(path)

    return optax.chain(
        optax.scale_by_adam(*settings.betas, settings.eps),
        optax.add_decayed_weights(settings.weight_decay, partial(jax.tree_util.tree_map_with_path, is_matrix)),
        optax.scale(-1.0),
    )


def step(
    weights: Any, moments: Any, batch: jax.Array, lr: float, *, optimizer: Any, loss: Any, clip: float
) -> tuple[Any, Any, jax.Array, jax.Array]:
    """One step over batch [passes, B, T + 1]: gradients are summed over the passes, clipped, and applied."""

    def add(total: Any, rows: jax.Array) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, jax.value_and_grad(loss)(weights, rows)), None

    zero = (jnp.zeros(()), jax.tree.map(jnp.zeros_like, weights))
    mean, gradient = jax.tree.map(lambda sums: sums / len(batch), lax.scan(add, zero, batch)[0])
    norm = optax.tree.norm(gradient)
    gradient = jax.tree.map(lambda g: g * jnp.minimum(1.0, clip / norm), gradient)
    updates, moments = optimizer.update(gradient, moments, weights)
    weights = jax.tree.map(lambda weight, change: weight + lr * change, weights, updates)
    return weights, moments, mean, norm
