"""Runs of keys and drop lists as bytes: what travels between two passes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from filters.duplicates import DropList, KeyRun, Positions
from pipelines.engine import files
from pipelines.engine.files import Blob, BlobFile


def pack_run(run: KeyRun) -> bytes:
    """A run as bytes; positions as 32 bits where they fit."""
    columns: dict[str, pa.Array] = {"key": pa.array(run.keys), "position": pa.array(_narrow(run.positions))}
    if len(run.ranks):
        columns["rank"] = pa.array(run.ranks)
    if run.ids is not None:
        columns["id"] = run.ids
    return pack_table(columns)


def unpack_run(data: bytes) -> KeyRun:
    """The run that `pack_run` wrote."""
    table = unpack_table(data)
    ranks = table["rank"] if "rank" in table else np.zeros(0, np.uint64)
    return KeyRun(_array(table["key"]), _array(ranks), _array(table["position"]).astype(np.int64), table.get("id"))


def pack_drops(drops: DropList) -> bytes:
    """A drop list as bytes; the duplicates may be fewer than the positions: they belong to the first of them."""
    columns: dict[str, pa.Array] = {"position": pa.array(drops.positions)}
    blank = len(drops.positions) - len(drops.duplicate_of_shards)
    for name, known in (("shard", drops.duplicate_of_shards), ("duplicate_of", drops.duplicate_of_positions)):
        columns[name] = pa.array(np.concatenate([known, np.full(blank, -1, np.int64)]))
    if drops.duplicate_of_ids is not None:
        columns["id"] = drops.duplicate_of_ids
    return pack_table(columns)


def unpack_drops(data: bytes) -> DropList:
    """The drop list that `pack_drops` wrote; shard and position of the duplicate are -1 where none was noted."""
    table = unpack_table(data)
    shards, positions = _array(table["shard"]), _array(table["duplicate_of"])
    return DropList(_array(table["position"]), shards, positions, table.get("id"))


def write_drops(path: str, drops: Mapping[int, DropList], inline: bool) -> Iterator[tuple[int, Blob]]:
    """Write drop lists, by shard, into one file; (shard, blob) of each, once the file is there."""
    with files.create_scratch(path) as file:
        out = BlobFile(path, file)
        written = [(shard, out.add(pack_drops(here))) for shard, here in drops.items()]
    for shard, blob in written:
        yield shard, blob.inline() if inline else blob


def trim_duplicates(drops: DropList, most: int) -> DropList:
    """A drop list with the duplicates of its first `most` positions only."""
    return drops._replace(
        duplicate_of_shards=drops.duplicate_of_shards[:most], duplicate_of_positions=drops.duplicate_of_positions[:most]
    )


def _narrow(positions: Positions) -> np.ndarray:
    fits = not len(positions) or int(positions.max()) < 2**32
    return positions.astype(np.uint32) if fits else positions


def _array(column: pa.Array | np.ndarray) -> np.ndarray:
    return column if isinstance(column, np.ndarray) else column.to_numpy(zero_copy_only=False)


def pack_table(columns: dict[str, pa.Array]) -> bytes:
    """Columns of one length as bytes."""
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def unpack_table(data: bytes) -> dict[str, pa.Array]:
    """The columns that `pack_table` wrote, by name."""
    with pa.ipc.open_stream(data) as stream:
        batch = stream.read_next_batch()
    return dict(zip(batch.schema.names, batch.columns, strict=True))
