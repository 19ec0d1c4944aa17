"""The rules of every source and preset, as golden files; and that no cited number is left out of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conftest import ROOT
from guards import golden_rules
from guards.imports import cited_calls, read_modules

from corpus.recipe import Cited, cited
from pipelines.engine import rules
from pipelines.engine.rules import Rule, rules_of
from pipelines.engine.stages import EachDocument, Source, edit
from pipelines.sources import find_source

DEEP = cited(7, "a number that no recipe changes", "chars")


def shortened(text: str) -> str:
    return text[: DEEP.value]


@pytest.mark.parametrize(("name", "preset"), golden_rules.recipes())
def test_rules_are_those_of_the_golden_file(name: str, preset: str) -> None:
    assert golden_rules.text(name, preset) == golden_rules.path(name, preset).read_text("utf-8"), "make golden-rules"


def test_every_golden_file_is_of_a_recipe() -> None:
    assert set(golden_rules.FOLDER.iterdir()) == {golden_rules.path(*recipe) for recipe in golden_rules.recipes()}


def test_every_cited_number_is_in_a_golden_file() -> None:
    all_rules = [rule for recipe in golden_rules.recipes() for rule in golden_rules.rules(*recipe)]
    listed = {rule.number.where for rule in all_rules if rule.number}
    calls = [(module.path, call) for module in read_modules(ROOT).values() for call in cited_calls(module)]
    assert len(calls) > 150
    missing = [where for path, call in calls if not (where := _lines_of(path, call)) & listed]
    assert missing == []


def _lines_of(path: Path, call: ast.Call) -> set[str]:
    lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
    return {f"{path.relative_to(ROOT).as_posix()}:{line}" for line in lines}


def test_a_constant_that_a_step_reaches_is_a_rule_of_its_stage() -> None:
    github = find_source("github")
    source = Source("x", github.reader, github.recipe, (EachDocument("short", edit("cut", shortened)),))
    found = [rule for rule in rules_of(source, "paper", github.recipe) if rule.stage == "short"]
    assert found[0] == Rule("short", "cut", rules._source_line(shortened), "", None)
    number = found[1].number
    assert isinstance(number, Cited)
    assert (found[1].test, number.value, number.unit, number.where) == ("deep", 7, "chars", DEEP.where)
    assert len(found) == 2
