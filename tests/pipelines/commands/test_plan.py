"""`corpus plan`: what a build will take, in the same proportion as the numbers that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.recipe import Cited
from pipelines.cli import main
from pipelines.demo import github
from pipelines.engine import costs
from pipelines.engine.costs import COSTS, DUMPS, PRICES, STAGES, Takes, takes
from pipelines.engine.plan import BUILD
from pipelines.engine.scale import RECIPE
from pipelines.sources import find_source, names

VALUES = {name: number.value for name, number in (BUILD.resolve() | RECIPE.resolve()).items()}
CORES = 100


def test_every_source_of_the_paper_has_costs_and_a_dump() -> None:
    assert set(COSTS) == set(DUMPS) == set(names())


@pytest.mark.parametrize("source", sorted(COSTS))
def test_a_dump_ten_times_as_large_takes_ten_times_as_much(source: str) -> None:
    small, large = (takes(source, size, VALUES) for size in (1e12, 1e13))
    for name in ("core_hours", "elements", "sent_bytes", "work_bytes", "output_bytes"):
        assert getattr(large, name) / getattr(small, name) == pytest.approx(10, rel=0.02), name
    assert large.memory_mb == small.memory_mb


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("cpu_ns", "core_hours"), ("work", "work_bytes"), ("sent", "sent_bytes"), ("output", "output_bytes"),
        ("memory_mb", "memory_mb"), ("dedups", "elements"),
    ],
)  # fmt: skip
def test_each_measured_number_counts_in_proportion(number: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = takes("github", 1e12, VALUES)
    monkeypatch.setitem(COSTS, "github", twice(COSTS["github"], number))
    after = takes("github", 1e12, VALUES)
    assert getattr(after, field) == pytest.approx(2 * getattr(before, field))
    assert {name for name in Takes._fields if getattr(before, name) != getattr(after, name)} == {field}


def test_stages_that_are_left_out_take_no_time() -> None:
    names_of = [name.removesuffix("_ns") for name in STAGES["commoncrawl"] if name.endswith("_ns")]
    stages = {stage.name for stage in find_source("commoncrawl").stages}
    assert set(names_of) <= stages
    left = [takes("commoncrawl", 1e12, VALUES, without=names_of[at:]).core_hours for at in range(len(names_of) + 1)]
    assert 0 < left[0] < left[1] < left[2] < left[3] == takes("commoncrawl", 1e12, VALUES).core_hours
    memory = [takes("commoncrawl", 1e12, VALUES, without=some).memory_mb for some in ((), ["perplexity"], ["language"])]
    assert memory[0] == memory[2] == memory[1] + STAGES["commoncrawl"].perplexity_mb.value
    assert takes("github", 1e12, VALUES, without=["exact"]) == takes("github", 1e12, VALUES)


def test_elements_by_hand() -> None:
    """Each of 14,902 shards sends a run to each of 256 buckets, and gets a drop list back."""
    assert takes("github", 1e12, VALUES).elements == pytest.approx(2 * 256 * 14_902)


def test_few_documents_meet_in_few_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    before = takes("books", 1e12, VALUES)
    monkeypatch.setitem(COSTS, "books", twice(COSTS["books"], "documents"))
    assert before.elements < takes("books", 1e12, VALUES).elements <= 2 * before.elements


@pytest.mark.parametrize("number", ["core_hour", "memory_hour", "core_memory", "shuffled", "stored", "start"])
def test_each_price_counts(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    took = takes("github", 1e12, VALUES)
    before = took.dollars(CORES), took.seconds(CORES)
    monkeypatch.setattr(costs, "PRICES", twice(PRICES, number))
    after = took.dollars(CORES), took.seconds(CORES)
    assert [one > other for one, other in zip(after, before, strict=True)] == [number != "start", number == "start"]


def test_dollars_by_hand() -> None:
    took = Takes(0, 1, core_hours=85, elements=0, sent_bytes=1e12, work_bytes=72e12, output_bytes=0, memory_mb=1)
    assert took.hours(CORES) == pytest.approx(1)
    per_core, kept = 0.056 + 3.75 * 0.003557, 72_000 / 24 / 30 * 0.02
    assert took.dollars(CORES) == pytest.approx(CORES * per_core + 1000 * 0.011 + kept)
    assert took.seconds(CORES) == pytest.approx(3 + 85 / 0.85 * 3600)  # one shard, one core


def twice(recipe: Mapping[str, Cited], number: str) -> Any:
    return {**recipe, number: replace(recipe[number], value=2 * float(recipe[number].value))}  # type: ignore[arg-type]


def test_table_1_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--scale", "--cores", "2000"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert "hours on 2,000 cores" in head
    assert [row.split()[0] for row in rows] == [*DUMPS, "all"]
    assert "26.0 TB" in rows[0]


def test_a_dump_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    github.write(tmp_path)
    assert main(["plan", "github", "--input", str(tmp_path), "--cores", "4"]) == 0
    said = capsys.readouterr().out
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert said.startswith(f"github: {len(list(tmp_path.iterdir()))} files, {size / 1000:.3g} KB; 1 shard")
    assert "3 s on 4 cores" in said


@pytest.mark.parametrize("words", [["plan"], ["plan", "github"], ["plan", "github", "--input", "x", "--scale"]])
def test_one_of_both_is_asked_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "expected SOURCE and --input, or --scale" in capsys.readouterr().err
