"""What a source's rules measure, so that a report can measure it again and draw the limits in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from corpus.document import Document
from corpus.errors import UsageError
from corpus.recipe import Value
from pipelines.engine.stages import EachDocument, Score, Source, Stage, Step, field_values, in_force, valued
from pipelines.sources import find_source


class Limit(NamedTuple):
    """A limit of the recipe: documents above, below, among or outside it are dropped for the reason."""

    value: Value
    test: str
    stage: str
    reason: str

    def broken_by(self, measured: float) -> bool:
        """Whether a number is on the side that is dropped."""
        assert isinstance(self.value, int | float)
        return measured > self.value if self.test == "above" else measured < self.value


class Measure(NamedTuple):
    """A pure function of texts, with the limit that its value is compared with."""

    name: str
    unit: str
    limit: Limit
    fields: tuple[str, ...]
    function: Callable[..., Any]
    keywords: Mapping[str, Value]

    def of(self, document: Document) -> Any:
        """The value for a document."""
        return self.function(document.text, **field_values(document, self.fields), **self.keywords)


class Rules(NamedTuple):
    """What a report draws of a source's rules: measures of texts, and limits on fields that scores and meta hold."""

    measures: tuple[Measure, ...] = ()
    limits: Mapping[str, tuple[Limit, ...]] = {}


def known_source(name: str) -> Source | None:
    """The source of that name; None where it is not installed here."""
    try:
        return find_source(name)
    except UsageError:
        return None


def rules_in(source: Source, manifest: Mapping[str, Any]) -> Rules:
    """The rules that made a build, with the numbers in force in it; none where the source has changed since."""
    values = {name: _value(number["value"]) for name, number in manifest["recipe"].items()}
    try:
        stages = stages_of(source, values, manifest["stages"])
        measured = [measure for stage in stages for step in stage.steps for measure in _of_step(stage, step, values)]
        on_fields = [limit for stage in stages for step in stage.steps for limit in _on_fields(stage, step, values)]
    except KeyError:  # a number that the recipe did not have when this was built
        return Rules()
    limits: dict[str, tuple[Limit, ...]] = {}
    for field, limit in on_fields:
        limits[field] = (*limits.get(field, ()), limit)
    return Rules(tuple(measured), limits)


def _value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value


def stages_of(source: Source, values: Mapping[str, Value], names: list[str]) -> tuple[Stage, ...]:
    """The stages of the variant of a source that has them by these names; none where no variant has."""
    for stages in (source.stages, *(variant.stages for variant in source.variants.values())):
        try:
            forced = in_force(stages, values)
        except KeyError:
            continue
        # A build that stopped early has the first stages only.
        if [stage.name for stage in forced][: len(names)] == names:
            return forced[: len(names)]
    return ()


def _of_step(stage: Stage, step: Step, values: Mapping[str, Value]) -> Iterator[Measure]:
    """The measure of a step; none of one that stops counting at its limit, or reads a field."""
    bound = step.bound
    if step.kind != "drop" or bound is None or step.function.__name__ == "_the_field":
        return
    if isinstance(stage, EachDocument) and bound.name not in {number.name for number in step.limits.values()}:
        limit = Limit(values[bound.name], step.test, stage.name, step.name)
        name = "length" if step.function is len else step.function.__name__
        yield Measure(name, bound.unit, limit, step.fields, step.function, valued(step.limits, values))


def _on_fields(stage: Stage, step: Step, values: Mapping[str, Value]) -> Iterator[tuple[str, Limit]]:
    """The limits on fields: of a step that drops by one, or of a transform by those whose unit is a field's name."""
    if step.bound and step.function.__name__ == "_the_field":
        yield step.fields[0], Limit(values[step.bound.name], step.test, stage.name, step.name)
    elif step.kind == "transform" and isinstance(stage, Score):
        for keyword, number in step.limits.items():
            if number.unit in stage.outputs:
                yield number.unit, Limit(values[number.name], "", stage.name, keyword)
