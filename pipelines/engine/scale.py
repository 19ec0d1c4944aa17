"""What a line dedup takes, before it runs: elements, bytes, memory and CPU time, from the size of a dump.

A model of the engine's own law (pipelines/engine/dedup): so many runs per shard and bucket, so many rows in a run, one
drop list per bucket and shard that has any. What it cannot know of a text, its lines and how many repeat, is given as a
`Text`; what a machine takes per row or byte was measured (`RECIPE`; benchmarks/web/simulator.py compares).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from corpus.recipe import Recipe, Value, cited
from pipelines.engine.shards import bucket_bits

_HERE = "measured by benchmarks/web/simulator.py on generated web text"

RECIPE = Recipe(
    "scale",
    floor_ns=cited(14.4, f"{_HERE}: read and hashed in a bare loop, when the others were measured", "ns per byte"),
    text_ns=cited(35.5, f"{_HERE}: both passes, without keys", "ns per byte of text"),
    again_ns=cited(4.0, f"{_HERE}: written and read once more, for the dedup of ids", "ns per byte of text"),
    shard_ms=cited(10.0, f"{_HERE}: files opened, sealed and counted", "ms per shard and pass"),
    row_ns=cited(180.0, f"{_HERE}: a key gathered, packed and sent", "ns per row"),
    run_us=cited(60.0, f"{_HERE}: packed, coded, loaded and unpacked", "us per run"),
    decide_ns=cited(260.0, f"{_HERE}: sorted in memory", "ns per row"),
    cut_ns=cited(300.0, "measured by benchmarks/web/dump_scale.py: through local disk", "ns per row"),
    drop_list_us=cited(70.0, f"{_HERE}: packed, coded, loaded and unpacked", "us per drop list"),
    base_mb=cited(290.0, f"{_HERE}: interpreter, Beam and Arrow", "MB"),
    gather_row_bytes=cited(130.0, f"{_HERE}: of the rows that wait for a run", "bytes of memory per row"),
    sort_times=cited(5.0, f"{_HERE}: a part's rows, sorted and joined", "bytes of memory per byte of rows"),
)

_KEY, _RANK, _STEP, _RUN_HEAD, _LIST_HEAD, _ELEMENT = 8, 4, 2, 34, 68, 24
"""Bytes of a row's key, rank and step, and of a run, a drop list and an element beside their rows."""
_NOTED = 5
"""Bytes of a duplicate that a drop list names."""
_ROW = 24
"""Bytes of a row in memory: key, shard and position."""


class Text(NamedTuple):
    """What is known of a dump's text, as shares of 0 to 1 and bytes.

    line_bytes is the mean length of a line with its newline; document_lines the mean number of a document's lines.
    empty: the share of lines without text; hot: the share of lines that are one of `hot_keys` texts, each as frequent
    as by Zipf's law with exponent `skew` (0: equally); copied: the share of lines that repeat otherwise, each in a few
    places of the dump. packed: input bytes per byte of text. id_bytes: the length of a document's id.
    """

    line_bytes: float
    document_lines: float
    packed: float
    empty: float = 0.0
    hot: float = 0.25
    hot_keys: int = 1000
    skew: float = 0.0
    copied: float = 0.0
    id_bytes: float = 40.0


class Forecast(NamedTuple):
    """What a line dedup takes: bits of the buckets, rows, elements and bytes that travel, bytes of the work folder,
    bytes on the disk of a worker that decides, memory of a worker in MB, CPU seconds."""

    bits: int
    rows: float
    elements: float
    sent_bytes: float
    work_bytes: float
    disk_bytes: float
    memory_mb: float
    cpu_seconds: float


def forecast(
    text_bytes: float,
    shards: int,
    text: Text,
    values: Mapping[str, Value],
    ranked: bool = False,
    ids_before: bool = False,
) -> Forecast:
    """What a dump of so many bytes of text, in so many equal shards, takes.

    Args:
        text_bytes: all of its text.
        shards: how many splits it is read in.
        values: the numbers of the build in force (`pipelines.engine.plan.BUILD`), and of RECIPE.
        ranked: one copy of each line is kept, so that ranks travel.
        ids_before: a dedup of ids, of which hardly any repeats, comes before that of lines.
    """
    bits = bucket_bits(shards, int(text_bytes * text.packed), values)
    lines = text_bytes / text.line_bytes / shards
    runs = max(1, math.ceil(lines / (_number(values, "run_bytes") / _ROW)))
    rows = runs * _rows_of_run(lines / runs, text, 1 if ranked else 2)
    sent_runs = runs * buckets_with_any(rows / runs, 2**bits)
    # A bucket drops, of a shard, the copies that no run dropped alone: hot lines, and those copied elsewhere.
    dropped = rows - lines * (1 - text.empty - text.hot - text.copied)
    lists = buckets_with_any(dropped, 2**bits)
    noted = min(dropped, lists * _number(values, "duplicate_of_lines"))
    step = _step_bytes(bits, rows / runs)
    run_bytes = rows * (_KEY + step + _RANK * ranked) + sent_runs * (_RUN_HEAD + _ELEMENT)
    list_bytes = dropped * _STEP + noted * _NOTED + lists * (_LIST_HEAD + _ELEMENT)
    bucket_rows = shards * rows / 2**bits
    is_cut = bucket_rows * _ROW > _number(values, "bucket_bytes")
    in_memory = min(bucket_rows * _ROW, _number(values, "bucket_bytes"))
    documents = lines / text.document_lines
    work = text_bytes / shards + documents * 2 * (text.id_bytes + _ROW) + run_bytes + list_bytes
    seconds = _cpu_seconds(text_bytes / shards, rows, sent_runs, lists, is_cut, values)
    elements, travelled = sent_runs + lists, run_bytes + list_bytes
    if ids_before:
        id_runs = buckets_with_any(documents, 2**bits)
        id_bytes = documents * (_KEY + _step_bytes(bits, documents)) + id_runs * (_RUN_HEAD + _ELEMENT)
        work += text_bytes / shards + documents * (text.id_bytes + _ROW) + id_bytes
        seconds += _cpu_seconds_of_ids(text_bytes / shards, documents, id_runs, values)
        elements, travelled = elements + id_runs, travelled + id_bytes
    return Forecast(
        bits, shards * rows, shards * elements, shards * travelled, shards * work,
        bucket_rows * (_KEY + 2 * _RANK) * is_cut,
        _number(values, "base_mb")
        + max(lines / runs * _number(values, "gather_row_bytes"), in_memory * _number(values, "sort_times")) / 1e6,
        shards * seconds,
    )  # fmt: skip


def _cpu_seconds(
    text_bytes: float, rows: float, runs: float, lists: float, is_cut: bool, values: Mapping[str, Value]
) -> float:
    """CPU time of one shard, and of what its rows cost the buckets."""
    per_row = sum(_number(values, name) for name in ("row_ns", "decide_ns")) + is_cut * _number(values, "cut_ns")
    nanoseconds = text_bytes * _number(values, "text_ns") + rows * per_row
    microseconds = runs * _number(values, "run_us") + lists * _number(values, "drop_list_us")
    return nanoseconds / 1e9 + microseconds / 1e6 + 2 * _number(values, "shard_ms") / 1e3


def _cpu_seconds_of_ids(text_bytes: float, rows: float, runs: float, values: Mapping[str, Value]) -> float:
    """CPU time of one shard in the pass before a dedup of ids, and of what its rows cost the buckets."""
    nanoseconds = text_bytes * _number(values, "again_ns")
    nanoseconds += rows * (_number(values, "row_ns") + _number(values, "decide_ns"))
    return nanoseconds / 1e9 + runs * _number(values, "run_us") / 1e6 + _number(values, "shard_ms") / 1e3


def _rows_of_run(lines: float, text: Text, most: int) -> float:
    """Rows that a run of so many lines sends: of a hot line at most `most`, of all others each."""
    often = 1 / np.arange(1, text.hot_keys + 1) ** text.skew
    expected = lines * text.hot * often / often.sum()  # Poisson: how often each hot line stands in the run
    once = 1 - np.exp(-expected)
    twice = once - expected * np.exp(-expected)
    return float(lines * (1 - text.empty - text.hot) + once.sum() + (most > 1) * twice.sum())


def buckets_with_any(rows: float, buckets: int) -> float:
    """How many buckets get one of so many rows."""
    return buckets * (1 - math.exp(-max(0.0, rows) / buckets))


def _step_bytes(bits: int, rows: float) -> int:
    """Bytes of the step from a row's position to the next: the longest of a run's decides."""
    longest = 2**bits * math.log(max(2.0, rows))
    return 1 if longest < 2**8 else 2


def _number(values: Mapping[str, Value], name: str) -> float:
    return float(values[name])  # type: ignore[arg-type]
