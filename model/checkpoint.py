"""Checkpoints: folders `step-00000100` that are complete or absent, and the run each belongs to.

A checkpoint is written under a hidden name, flushed to disk, and renamed: a process killed at any moment leaves the
last complete one, and at most a hidden folder that the next run removes. Its run.json, written last, lists the SHA-256
of every file and its own; what does not agree with it is not read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import CorpusError
from model.config import Config, config_of
from model.digests import check, flush, join_parts, write_part
from model.errors import CheckpointError
from model.hugging_face import HuggingFaceWeights
from model.settings import Settings
from model.weights import Array, Weights, shapes, unstack_layers

FORMAT = 2
RUN = "run.json"  # written last into a checkpoint
STATE = "state"
SEAL = "sha256"


@dataclass(frozen=True)
class Run:
    """What a checkpoint belongs to: training resumes from it only with the same config, settings and tokens.

    Args:
        framework: torch or jax.
        config: the architecture.
        settings: the hyperparameters.
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


@dataclass(frozen=True)
class Processes:
    """The processes that share a run's folder.

    Args:
        number: which one this is; 0 names folders and writes logs.
        count: how many there are.
        wait_for_all: returns when each of them has called it.
    """

    number: int
    count: int
    wait_for_all: Callable[[], None]


ALONE = Processes(0, 1, lambda: None)


def write(
    folder: Path, run: Run, step: int, save: Callable[[Path], None], *, keep: int, processes: Processes = ALONE
) -> Path:
    """Writes the checkpoint after `step` steps and removes all but the last `keep`. Every process calls it.

    Args:
        save: writes this process's part of the state; returns when every process has written its own.
    """
    final, hidden = folder / f"step-{step:08}", folder / f".step-{step:08}"
    if processes.number == 0:
        folder.mkdir(parents=True, exist_ok=True)
    save(hidden / STATE)
    write_part(hidden, STATE, processes.number, processes.count)
    processes.wait_for_all()
    if processes.number == 0:
        files = join_parts(hidden, processes.count)
        with open(hidden / RUN, "wb") as file:
            file.write(sealed({"format": FORMAT, "step": step, **run.as_dict(), "files": files}))
            file.flush()
            os.fsync(file.fileno())
        # The order makes a crash harmless: the files' names reach the disk, then the rename, then the name it made.
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


def complete_checkpoints(folder: Path) -> list[Path]:
    """Every complete checkpoint of a run, by step."""
    return sorted(path for path in folder.glob("step-*") if (path / RUN).is_file())


def sealed(fields: Mapping[str, Any]) -> bytes:
    """The bytes of a run.json: its fields, and last the SHA-256 of what they are without it."""
    plain = json.dumps({name: value for name, value in fields.items() if name != SEAL}, indent=1)
    seal = hashlib.sha256(plain.encode()).hexdigest()
    return f'{plain.removesuffix("}").rstrip()},\n "{SEAL}": "{seal}"\n}}\n'.encode()


def describe(checkpoint: Path) -> dict[str, Any]:
    """What run.json of a checkpoint says.

    Raises:
        CheckpointError: it is absent, damaged, or of another format.
    """
    path = checkpoint / RUN
    try:
        data = path.read_bytes()
        description = json.loads(data)
        version = description["format"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError("a checkpoint", f"{type(error).__name__}", str(path), "give a step-* folder") from error
    if version != FORMAT:
        raise CheckpointError(f"checkpoint format {FORMAT}", str(version), str(path), "use the version that wrote it")
    if sealed(description) != data:
        raise CheckpointError("run.json as it was written", "a damaged one", str(path), "use the checkpoint before")
    return dict(description)


def verify(checkpoint: Path, processes: Processes = ALONE) -> None:
    """Compares every file of a checkpoint with the digest in run.json; each process compares its part.

    Raises:
        CheckpointError: a file is missing, is not listed, or has other bytes than were written.
    """
    listed = describe(checkpoint).get("files")
    if not isinstance(listed, dict) or not all(isinstance(digest, str) for digest in listed.values()):
        raise CheckpointError("the digests of all files", repr(listed)[:80], str(checkpoint / RUN))
    check(checkpoint, STATE, listed, processes.number, processes.count)
    processes.wait_for_all()


def resumable(checkpoint: Path, run: Run) -> int:
    """Steps done by a checkpoint that `run` may resume from.

    Raises:
        CheckpointError: it belongs to another run; names the first difference.
    """
    description = describe(checkpoint)
    for name, value in run.as_dict().items():
        if description.get(name) != value:
            do = "train with the same value, or into another --output"
            raise CheckpointError(f"{name} {value}", str(description.get(name)), str(checkpoint), do)
    return int(description["step"])


def read_weights(folder: Path) -> tuple[Config, Weights]:
    """The shape and weights in a folder: a checkpoint of either framework, a run (its last one), or Hugging Face's.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    if (folder / "config.json").is_file():
        loaded = HuggingFaceWeights(folder)
        return loaded.config, loaded
    checkpoint = (complete_checkpoints(folder) or [folder])[-1]
    description = describe(checkpoint)
    try:
        config = config_of({name[7:]: value for name, value in description.items() if name.startswith("config.")})
        read = {"torch": read_torch, "jax": read_jax}[description["framework"]]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError("a run's config and framework", str(error), str(checkpoint / RUN)) from None
    verify(checkpoint)
    return config, read_state(checkpoint, lambda: read(checkpoint / STATE, config))


def tokenizer_of(folder: Path) -> str | None:
    """The digest of the tokenizer that a checkpoint's shards were made with; Hugging Face's folder does not say."""
    if (folder / "config.json").is_file():
        return None
    return str(describe((complete_checkpoints(folder) or [folder])[-1])["tokenizer"])


def read_state(checkpoint: Path, read: Callable[[], Any]) -> Any:
    """What `read` returns; whatever a damaged file makes the libraries raise becomes one line.

    Raises:
        CheckpointError: the state cannot be read.
    """
    try:
        return read()
    except (CorpusError, KeyboardInterrupt, MemoryError):
        raise
    except (Exception, BaseExceptionGroup) as error:  # torch unpickles, orbax parses: a damaged file raises anything
        got = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise CheckpointError(
            "a readable checkpoint", got[:200], str(checkpoint), "delete it to resume from the one before"
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
