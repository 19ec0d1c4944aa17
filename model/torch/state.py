"""A torch state on disk: one file a process, readable on any mesh, through torch.distributed.checkpoint."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict_loader import load as load_state
from torch.distributed.checkpoint.state_dict_saver import save as save_state

from model.errors import CheckpointError


@contextmanager
def alone() -> Iterator[None]:
    """Silences the warning that a process without others is a process without others."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        yield


def save(state: dict[str, Any], folder: Path) -> None:
    """Writes this process's part of a state; returns when every process has written its own."""
    with alone():
        save_state(state, checkpoint_id=folder)


def load(state: dict[str, Any], folder: Path) -> None:
    """Fills a state, this process's part of it, from what `save` wrote on this or another mesh.

    Raises:
        CheckpointError: the files are damaged.
    """
    try:
        with alone():
            load_state(state, checkpoint_id=folder)
    except CheckpointException as error:  # not an Exception: it would pass every other handler
        first = next(iter(error.failures.values()))[0]
        got = f"{type(first).__name__}: {str(first).splitlines()[0]}"
        do = "delete it to go on from the one before"
        raise CheckpointError("a readable checkpoint", got[:200], str(folder.parent), do) from error
