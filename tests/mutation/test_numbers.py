"""The planting of faults in cited numbers: which are planted, and that one which nothing shows would survive."""

from __future__ import annotations

import ast
import copy

import pytest
from conftest import ROOT
from guards.imports import Module, read_modules

from mutation.numbers import affected_by, mutants, survives
from pipelines.sources import find_source


@pytest.fixture(scope="module")
def source() -> Module:
    find_source("stackexchange")
    return read_modules(ROOT)["pipelines.sources.stackexchange.source"]


def test_each_part_of_each_number_is_changed(source: Module) -> None:
    told = [
        told.partition(" ")[2] for _part, told, _tree in mutants(source) if f":{line_of(source, 'sites=')} " in told
    ]
    assert told == [
        "value 280", "value 2", "value 29", "value 27", "citation 'another source'", "unit 'bushels'", "basis 'peer'",
    ]  # fmt: skip


def line_of(module: Module, start: str) -> int:
    lines = module.path.read_text().splitlines()
    return next(at for at, line in enumerate(lines, 1) if line.strip().startswith(start))


def test_a_change_that_shows_is_found_and_one_that_does_not_survives(source: Module) -> None:
    affected = affected_by(source)
    assert affected == [("stackexchange", "paper"), ("stackexchange", "redpajama")]
    (planted,) = [tree for _part, told, tree in mutants(source) if "value 280" in told]
    assert not survives(source, planted, affected)
    assert survives(source, copy.deepcopy(source.tree), affected)
    assert survives(source, planted, [])
    assert ast.dump(source.tree) == ast.dump(ast.parse(source.path.read_text()))
