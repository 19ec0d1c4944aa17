"""A torch state on disk: one file per process, readable on any mesh, through torch.distributed.checkpoint.

That library keeps what is no tensor as pickles, and a pickle may call any function. Here its table of contents is read
by an unpickler that knows the classes of such a table and no others, and its values by torch's own for weights alone.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.default_planner import DefaultLoadPlanner
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.metadata import Metadata, StorageMeta
from torch.distributed.checkpoint.planner import ReadItem
from torch.distributed.checkpoint.state_dict_loader import load as load_state
from torch.distributed.checkpoint.state_dict_saver import save as save_state

from model.errors import CheckpointError

TABLE = ".metadata"
_CLASSES = {
    "torch": ("Size", *sorted(name for name, value in vars(torch).items() if isinstance(value, torch.dtype))),
    "torch.serialization": ("_get_layout",),
    "torch.distributed.checkpoint.metadata": (
        "BytesStorageMetadata", "ChunkStorageMetadata", "Metadata", "MetadataIndex", "StorageMeta", "TensorProperties",
        "TensorStorageMetadata", "_MEM_FORMAT_ENCODING",
    ),
    "torch.distributed.checkpoint.filesystem": ("_StorageInfo",),
    "pathlib": ("PosixPath", "PurePosixPath"),
    "collections": ("OrderedDict",),
}  # fmt: skip
"""All that a table of contents holds beside numbers, strings, lists, tuples and dicts; none does anything."""
_OPCODES = frozenset({
    "PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET", "STACK_GLOBAL", "REDUCE", "NEWOBJ", "BUILD",
    "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "SHORT_BINUNICODE", "BINUNICODE",
    "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "APPEND", "APPENDS", "SETITEM",
    "SETITEMS",
})  # fmt: skip
"""The instructions by which Python writes such a table; others could ask for memory without holding any data."""


@contextmanager
def silence_single_process() -> Iterator[None]:
    """Silences torch's warning that the process group is not initialised, which is so with one process."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        yield


def save(state: dict[str, Any], folder: Path) -> None:
    """Writes this process's part of a state; returns when every process has written its own."""
    with silence_single_process():
        save_state(state, checkpoint_id=folder)


def load(state: dict[str, Any], folder: Path) -> None:
    """Fills a state, this process's part of it, from what `save` wrote on this or another mesh.

    Raises:
        CheckpointError: the files are damaged.
    """
    do = "delete it to go on from the one before"
    try:
        with silence_single_process():
            load_state(state, storage_reader=StateReader(folder), planner=ValuePlanner())
    except pickle.UnpicklingError as error:
        raise CheckpointError("a checkpoint of torch", str(error), str(folder.parent), do) from None
    except CheckpointException as error:  # not an Exception: it would pass every other handler
        first = next(iter(error.failures.values()))[0]
        got = f"{type(first).__name__}: {next(iter(str(first).splitlines()), '')}"
        raise CheckpointError("a readable checkpoint", got[:200], str(folder.parent), do) from error


class ValuePlanner(DefaultLoadPlanner):
    """Reads values that are no tensors (the optimizer's numbers) without running what a pickle asks for."""

    def load_bytes(self, read_item: ReadItem, value: io.BytesIO) -> None:
        plain = torch.load(value, map_location="cpu", weights_only=True)
        packed = io.BytesIO()
        torch.save(plain, packed)  # the same value, safe by now: torch's own method puts it where it belongs
        packed.seek(0)
        super().load_bytes(read_item, packed)


class StateReader(FileSystemReader):
    """Reads a state's files, its table of contents without running what a pickle asks for.

    Raises:
        pickle.UnpicklingError: the table is damaged, or asks for something else than its entries.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.table = read_table((folder / TABLE).read_bytes())

    def read_metadata(self, *arguments: Any, **options: Any) -> Metadata:
        return replace(self.table, storage_meta=StorageMeta(load_id=self.load_id))


def read_table(data: bytes) -> Metadata:
    """The table of contents of a state.

    Raises:
        pickle.UnpicklingError: it is none, or asks for something else than its entries.
    """
    try:
        unknown = next((code.name for code, _, _ in pickletools.genops(data) if code.name not in _OPCODES), "")
        table = None if unknown else TableReader(io.BytesIO(data)).load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # what stands in it is not known, nor what Python's classes do with that
        raise pickle.UnpicklingError(f"no table of contents: {type(error).__name__}: {error}") from None
    if unknown:
        raise pickle.UnpicklingError(f"no table of contents: the instruction {unknown}")
    if not isinstance(table, Metadata):
        raise pickle.UnpicklingError(f"no table of contents: a {type(table).__name__}")
    for place in table.storage_data.values():
        if Path(place.relative_path).name != place.relative_path:
            raise pickle.UnpicklingError(f"a table of contents that names a file elsewhere: {place.relative_path}")
    return table


class TableReader(pickle.Unpickler):
    """Reads a pickled table of contents; a name of any other class or function ends it."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if global_name not in _CLASSES.get(module_name, ()):
            raise pickle.UnpicklingError(f"a table of contents that asks for {module_name}.{global_name}")
        return super().find_class(module_name, global_name)
