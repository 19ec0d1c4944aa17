"""pipelines/engine/scale.py: the forecast is the law of the buckets, and grows with a dump as a dedup does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy

from filters.duplicates import KeyRun
from pipelines.engine.dedup.wire import sent_runs, unpack
from pipelines.engine.passes import run_pass
from pipelines.engine.plan import BUILD, plan_build
from pipelines.engine.scale import RECIPE, Text, forecast

VALUES = {name: number.value for name, number in (BUILD.resolve() | RECIPE.resolve()).items()}
WEB = Text(line_bytes=63, document_lines=162, packed=0.5)
WET = 130e6


@pytest.mark.parametrize("dumps", [1, 5])
def test_the_cost_per_byte_and_per_line_of_dumps_is_that_of_ten_gigabytes(dumps: int) -> None:
    small = forecast(77 * WET, 77, WEB, VALUES)
    large = forecast(dumps * 90_000 * WET, dumps * 90_000, WEB, VALUES)
    grown = dumps * 90_000 / 77
    assert 1 < large.cpu_seconds / small.cpu_seconds / grown < 1.2
    assert large.sent_bytes / large.rows < 14
    assert large.memory_mb < 1000
    assert large.disk_bytes > 0 == small.disk_bytes
    assert large.bits == 8


def test_ranks_cost_four_bytes_of_a_row() -> None:
    """Without hot lines, of which one row travels instead of two."""
    both = [forecast(77 * WET, 77, WEB._replace(hot=0.0), VALUES, ranked) for ranked in (False, True)]
    assert both[1].rows == both[0].rows
    assert both[1].sent_bytes - both[0].sent_bytes == pytest.approx(4 * both[0].rows)


def test_the_dedup_of_ids_sends_a_row_per_document_and_writes_the_text_once_more() -> None:
    alone, both = (forecast(77 * WET, 77, WEB, VALUES, ids_before=ids) for ids in (False, True))
    documents = 77 * WET / 63 / 162
    assert both.rows == alone.rows
    assert both.elements - alone.elements == pytest.approx(77 * 64)
    assert 10 * documents <= both.sent_bytes - alone.sent_bytes < 11 * documents
    assert both.work_bytes - alone.work_bytes == pytest.approx(77 * WET, rel=0.02)
    assert 1.05 < both.cpu_seconds / alone.cpu_seconds < 1.2


@pytest.mark.parametrize("skew", [0.0, 1.0], ids=["all as frequent", "by Zipf's law"])
def test_rows_of_hot_lines_are_those_that_a_gatherer_sends(skew: float, tmp_path: Path) -> None:
    """A shard of 4,000 lines, half of them among 300 texts: rows and runs counted, and forecast."""
    dice = np.random.default_rng(6)
    often = 1 / np.arange(1, 301) ** skew
    hot = dice.choice(300, 2000, p=often / often.sum())
    lines = [line for at, menu in enumerate(hot) for line in (f"hot line {menu}", f"line {at:07d}")]
    text = "\n\n".join("\n".join(lines[at : at + 2]) for at in range(0, 4000, 2))
    planned = plan_build(
        toy.source(toy.LINES), [toy.write(tmp_path / "dump", a=text)], str(tmp_path), "paper", {}, "", False, True
    )
    done = run_pass(replace(planned.plan, bits=2), 0, planned.shards[0])
    runs = [unpack(KeyRun, data) for _bucket, (_path, _offset, _length, data) in sent_runs(done.runs, True)]
    values = {**VALUES, "buckets_least": 4, "blob_input_bytes": 1}
    said = forecast(len(text), 1, Text(len(text) / 4000, 2, 1, hot=0.5, hot_keys=300, skew=skew), values)
    assert said.bits == 2
    assert len(runs) == 4
    assert said.rows == pytest.approx(sum(len(run.keys) for run in runs), rel=0.02)


@pytest.mark.parametrize(
    "name", ["text_ns", "row_ns", "decide_ns", "cut_ns", "run_us", "drop_list_us", "again_ns", "shard_ms"]
)
def test_each_cost_counts_in_proportion(name: str) -> None:
    cost = VALUES[name]
    assert isinstance(cost, int | float)
    none, once, twice = (
        forecast(90_000 * WET, 90_000, WEB, {**VALUES, name: times * cost}, ids_before=True).cpu_seconds
        for times in (0, 1, 2)
    )
    assert none < once
    assert twice - once == pytest.approx(once - none)
