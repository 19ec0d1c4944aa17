"""Every rule of a source as rows: reason, measure, number, unit, citation, and the line that states it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from corpus.recipe import ROOT, Cited
from pipelines.engine.stages import Dedup, EachDocument, Score, Source, Stage, Step, numbers_of


class Rule(NamedTuple):
    """One rule with one of its numbers; measure is the pure function with the file and line where it begins."""

    stage: str
    reason: str
    measure: str
    test: str
    number: Cited | None


def rules_of(source: Source, preset: str, recipe: Mapping[str, Cited]) -> Iterator[Rule]:
    """The rules of a source in the order in which they act, with the numbers in force."""
    reader, stages = source.variant(preset)
    for number in reader.limits.values():
        yield Rule("read", reader.unit, _source_line(reader.read), number.name, recipe[number.name])
    if source.prepare:
        yield from _with_numbers("prepare", "", _source_line(source.prepare), _used_nowhere_else(source), recipe)
    for stage in stages:
        yield from _of_stage(stage, recipe)


def _used_nowhere_else(source: Source) -> list[Cited]:
    """The numbers that no reader and no stage of any variant uses: what prepare looks at."""
    ways = [source.variant(preset) for preset in source.recipe.presets]
    used = {number.name for way in ways for number in way.reader.limits.values()}
    used |= {number.name for way in ways for stage in way.stages for number in numbers_of(stage)}
    return [number for name, number in source.recipe.items() if name not in used]


def _of_stage(stage: Stage, recipe: Mapping[str, Cited]) -> Iterator[Rule]:
    if isinstance(stage, Dedup):
        yield from _with_numbers(stage.name, stage.reason, _source_line(stage.keys), list(numbers_of(stage)), recipe)
        return
    if isinstance(stage, Score):
        used = [stage.model, *stage.limits.values()]
        yield from _with_numbers(stage.name, "", _source_line(stage.load), used, recipe)
    if stage.enabled_by:
        yield Rule(stage.name, "", "", "enabled_by", recipe[stage.enabled_by.name])
    for step in stage.steps:
        yield from _of_step(stage, step, recipe)


def _of_step(stage: EachDocument | Score, step: Step, recipe: Mapping[str, Cited]) -> Iterator[Rule]:
    numbers = [*([step.bound] if step.bound else []), *step.limits.values()]
    measure = f"field {step.fields[0]}" if step.function.__name__ == "_the_field" else _source_line(step.function)
    tests = ([step.test] if step.bound else []) + list(step.limits)
    if not numbers:
        yield Rule(stage.name, step.name, measure, "", None)
    for test, number in zip(tests, numbers, strict=True):
        yield Rule(stage.name, step.name, measure, test, recipe[number.name])


def _with_numbers(
    stage: str, reason: str, measure: str, numbers: list[Cited], recipe: Mapping[str, Cited]
) -> Iterator[Rule]:
    if not numbers:
        yield Rule(stage, reason, measure, "", None)
    for number in numbers:
        yield Rule(stage, reason, measure, number.name, recipe[number.name])


def _source_line(function: object) -> str:
    """A function's name and where it begins, as file:line from the project's root; of a builtin only the name."""
    if isinstance(function, partial):
        return _source_line(function.func)
    name = getattr(function, "__qualname__", str(function))
    try:
        path = Path(inspect.getsourcefile(function) or "")  # type: ignore[arg-type]
        line = inspect.getsourcelines(function)[1]  # type: ignore[arg-type]
    except TypeError:
        return name
    return f"{name} ({path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name}:{line})"
