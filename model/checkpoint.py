"""Checkpoints: folders `step-00000100` that are whole or absent, and the run each belongs to.

A checkpoint is written under a hidden name, flushed to disk, and renamed: a process killed at any moment leaves the
last whole one, and at most a hidden rest that the next run removes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.config import Config
from model.errors import CheckpointError, LlamaError
from model.hugging_face import HuggingFaceWeights
from model.settings import Settings
from model.weights import Array, Weights, shapes, unstack_layers

FORMAT = 1
RUN = "run.json"  # written last into a checkpoint
STATE = "state"


@dataclass(frozen=True)
class Run:
    """What a checkpoint belongs to: it goes on only under the same config, settings and tokens.

    Args:
        framework: torch or jax.
        config: the shape.
        settings: what decides the numbers.
        mixture: digest of the mixture's manifest.
        tokenizer: digest of the tokenizer that made the shards.
    """

    framework: str
    config: Config
    settings: Settings
    mixture: str
    tokenizer: str

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, nested ones by `config.dim`."""
        flat: dict[str, Any] = {"framework": self.framework, "mixture": self.mixture, "tokenizer": self.tokenizer}
        flat |= {f"config.{name}": value for name, value in self.config.as_dict().items()}
        return flat | {f"settings.{name}": value for name, value in self.settings.as_dict().items()}


def write(folder: Path, run: Run, step: int, save: Callable[[Path], None], *, chief: bool, keep: int) -> Path:
    """Writes the checkpoint after `step` steps and removes all but the last `keep`. Every process calls it.

    Args:
        save: writes this process's part of the state; returns when every process has written its own.
        chief: whether this process names the folder.
    """
    final, hidden = folder / f"step-{step:08}", folder / f".step-{step:08}"
    if chief:
        folder.mkdir(parents=True, exist_ok=True)
    save(hidden / STATE)
    if chief:
        with open(hidden / RUN, "w") as file:
            json.dump({"format": FORMAT, "step": step, **run.as_dict()}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        flush(hidden)
        os.replace(hidden, final)
        flush(folder)
        for old in complete_checkpoints(folder)[:-keep]:
            shutil.rmtree(old)
    return final


def clear_rests(folder: Path) -> None:
    """Removes what processes killed while writing left behind; before any process of a run writes."""
    for rest in folder.glob(".step-*"):
        shutil.rmtree(rest)


def flush(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def complete_checkpoints(folder: Path) -> list[Path]:
    """Every whole checkpoint of a run, by step."""
    return sorted(path for path in folder.glob("step-*") if (path / RUN).is_file())


def describe(checkpoint: Path) -> dict[str, Any]:
    """What run.json of a checkpoint says.

    Raises:
        CheckpointError: it is absent, damaged, or of another format.
    """
    path = checkpoint / RUN
    try:
        found = json.loads(path.read_text())
        version = found["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError("a checkpoint", f"{type(error).__name__}", str(path), "give a step-* folder") from error
    if version != FORMAT:
        raise CheckpointError(f"checkpoint format {FORMAT}", str(version), str(path), "use the version that wrote it")
    return dict(found)


def resumable(checkpoint: Path, run: Run) -> int:
    """Steps done by a checkpoint that `run` may go on from.

    Raises:
        CheckpointError: it belongs to another run; names the first difference.
    """
    found = describe(checkpoint)
    for name, value in run.as_dict().items():
        if found.get(name) != value:
            do = "train with the same, or into another --output"
            raise CheckpointError(f"{name} {value}", str(found.get(name)), str(checkpoint), do)
    return int(found["step"])


def read_weights(folder: Path) -> tuple[Config, Weights]:
    """The shape and weights in a folder: a checkpoint of either framework, a run (its last one), or Hugging Face's.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    if (folder / "config.json").is_file():
        loaded = HuggingFaceWeights(folder)
        return loaded.config, loaded
    checkpoint = (complete_checkpoints(folder) or [folder])[-1]
    found = describe(checkpoint)
    config = Config(**{name[7:]: value for name, value in found.items() if name.startswith("config.")})
    read = {"torch": read_torch, "jax": read_jax}[found["framework"]]
    return config, opened(checkpoint, lambda: read(checkpoint / STATE, config))


def tokenizer_of(folder: Path) -> str | None:
    """The digest of the tokenizer that a checkpoint's shards were made with; Hugging Face's folder does not say."""
    if (folder / "config.json").is_file():
        return None
    return str(describe((complete_checkpoints(folder) or [folder])[-1])["tokenizer"])


def opened(checkpoint: Path, read: Callable[[], Any]) -> Any:
    """What `read` returns; whatever a damaged file makes the libraries raise becomes one line.

    Raises:
        CheckpointError: the state cannot be read.
    """
    try:
        return read()
    except (LlamaError, KeyboardInterrupt, MemoryError):
        raise
    except (Exception, BaseExceptionGroup) as error:  # torch unpickles, orbax parses: a damaged file raises anything
        got = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise CheckpointError(
            "a readable checkpoint", got[:200], str(checkpoint), "delete it to go on from the one before"
        ) from error


def read_torch(state: Path, config: Config) -> dict[str, Array]:
    """The weights alone of a torch state, in this process."""
    import torch

    from model.torch import state as state_torch

    weights = {name: torch.empty(shape) for name, shape in shapes(config).items()}
    state_torch.load({"weights": weights}, state)
    return {name: weight.numpy() for name, weight in weights.items()}


def read_jax(state: Path, config: Config) -> Mapping[str, Array]:
    """The weights alone of a JAX state, on this process's first device."""
    import jax
    from orbax.checkpoint import StandardCheckpointer

    from model.weights import stack_layers

    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    sizes = shapes(config)
    tree = stack_layers(lambda name: np.empty(sizes[name], np.float32), config)
    wanted = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here), tree)
    with StandardCheckpointer() as reader:
        return unstack_layers(reader.restore((state / "weights").absolute(), wanted))
