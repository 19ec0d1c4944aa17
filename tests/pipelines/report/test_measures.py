"""The measures and limits of real sources, found again from a manifest."""

from __future__ import annotations

from typing import Any

import toy

from corpus.document import Document
from pipelines.engine.plan import numbers
from pipelines.engine.stages import in_force
from pipelines.report.measures import Limit, Rules, rules_in
from pipelines.sources import find_source


def manifest_of(name: str, preset: str = "paper") -> dict[str, Any]:
    """What a build of that source would write of its recipe and stages."""
    source = find_source(name)
    recipe = numbers(source, preset, {})
    values = {each: number.value for each, number in recipe.items()}
    stages = [stage.name for stage in in_force(source.variant(preset).stages, values)]
    told = {each: {"value": list(v) if isinstance(v, tuple) else v} for each, v in values.items()}
    return {"recipe": told, "stages": stages}


def test_measures_are_those_with_a_limit_of_their_own() -> None:
    rules = rules_in(find_source("github"), manifest_of("github"))
    found = {
        measure.limit.reason: (measure.name, measure.limit.test, measure.limit.value) for measure in rules.measures
    }
    assert found["line_too_long"] == ("longest_line_chars", "above", 1000)
    assert found["too_few_alphanumerics"] == ("alphanumeric_share", "below", 0.25)
    assert "vendored" not in found  # true or false has no histogram
    document = Document("github:1", "abc\nabcdef", "github", {"path": "a.py"})
    assert {measure.name: measure.of(document) for measure in rules.measures}["longest_line_chars"] == 6


def test_limits_on_scores_are_those_of_drops_and_of_judges() -> None:
    rules = rules_in(find_source("commoncrawl"), manifest_of("commoncrawl"))
    assert rules.limits["language_score"] == (Limit(0.5, "below", "language", "language_uncertain"),)
    assert [(limit.reason, limit.value) for limit in rules.limits["percentile"]] == [
        ("head_percentile", 30), ("tail_percentile", 60),
    ]  # fmt: skip


def test_a_preset_with_other_stages_is_told_by_their_names() -> None:
    rules = rules_in(find_source("c4"), manifest_of("c4", "rebuild"))
    assert [measure.limit.reason for measure in rules.measures] == ["page_too_long"]
    assert "too_few_sentences" not in {measure.limit.reason for measure in rules.measures}  # counts up to its limit


def test_a_source_that_has_changed_since_has_no_rules() -> None:
    manifest = {"recipe": {}, "stages": ["clean"]}
    assert rules_in(toy.source(), manifest) == Rules()
    assert rules_in(toy.source(), manifest_of("github")) == Rules()


def test_which_side_of_a_limit_goes() -> None:
    above, below = Limit(3, "above", "s", "r"), Limit(3, "below", "s", "r")
    assert [above.broken_by(value) for value in (2, 3, 4)] == [False, False, True]
    assert [below.broken_by(value) for value in (2, 3, 4)] == [True, False, False]
