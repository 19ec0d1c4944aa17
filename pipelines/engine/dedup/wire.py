"""Runs of hashes and decisions on them as bytes: what travels between two passes."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa

from filters.duplicates import Decision, Positions, Run


def run_bytes(run: Run) -> bytes:
    """A run as bytes; positions as 32 bits where they fit."""
    columns: dict[str, pa.Array] = {"key": pa.array(run.keys), "position": pa.array(_narrow(run.positions))}
    if len(run.ranks):
        columns["rank"] = pa.array(run.ranks)
    if run.ids is not None:
        columns["id"] = run.ids
    return table_bytes(columns)


def run_of(data: bytes) -> Run:
    """The run that `run_bytes` wrote."""
    table = table_of(data)
    ranks = table["rank"] if "rank" in table else np.zeros(0, np.uint64)
    return Run(_array(table["key"]), _array(ranks), _array(table["position"]).astype(np.int64), table.get("id"))


def decision_bytes(decision: Decision) -> bytes:
    """What goes in one shard as bytes; twins may be fewer than positions: they belong to the first of them."""
    columns: dict[str, pa.Array] = {"position": pa.array(decision.positions)}
    blank = len(decision.positions) - len(decision.twin_shards)
    for name, twins in (("shard", decision.twin_shards), ("twin", decision.twin_positions)):
        columns[name] = pa.array(np.concatenate([twins, np.full(blank, -1, np.int64)]))
    if decision.twin_ids is not None:
        columns["id"] = decision.twin_ids
    return table_bytes(columns)


def decision_of(data: bytes) -> Decision:
    """The decision that `decision_bytes` wrote; twin shard -1 where no twin was noted."""
    table = table_of(data)
    return Decision(_array(table["position"]), _array(table["shard"]), _array(table["twin"]), table.get("id"))


def _narrow(positions: Positions) -> np.ndarray:
    fits = not len(positions) or int(positions.max()) < 2**32
    return positions.astype(np.uint32) if fits else positions


def _array(column: pa.Array | np.ndarray) -> np.ndarray:
    return column if isinstance(column, np.ndarray) else column.to_numpy(zero_copy_only=False)


def table_bytes(columns: dict[str, pa.Array]) -> bytes:
    """Columns of one length as bytes."""
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def table_of(data: bytes) -> dict[str, pa.Array]:
    """The columns that `table_bytes` wrote, by name."""
    with pa.ipc.open_stream(data) as stream:
        batch = stream.read_next_batch()
    return dict(zip(batch.schema.names, batch.columns, strict=True))
