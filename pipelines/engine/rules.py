"""Every rule of a source as rows: reason, measure, number, unit, citation, and the line that states it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from corpus.code import reached_by
from corpus.recipe import ROOT, Cited
from pipelines.engine.dedup.base import DedupStage
from pipelines.engine.stages import EachDocument, Score, Source, Stage, Step, functions_of, numbers_of


class Rule(NamedTuple):
    """One rule with one of its numbers; measure is the pure function with the file and line where it begins."""

    stage: str
    reason: str
    measure: str
    test: str
    number: Cited | None


def rules_of(source: Source, preset: str, recipe: Mapping[str, Cited]) -> Iterator[Rule]:
    """The rules of a source in the order in which they act, with the numbers in force.

    After the rules of the reader and of each stage stand the constants of the code that they reach, each listed once;
    the source's share of the mixture comes last.
    """
    reader, stages = source.variant(preset)
    listed: set[str] = set()
    for number in reader.limits.values():
        yield Rule("read", reader.unit, _source_line(reader.read), number.name, recipe[number.name])
    yield from _constants("read", [reader.read, reader.parts, reader.accepts, *reader.companions.values()], listed)
    if source.prepare:
        yield from _with_numbers("prepare", "", _source_line(source.prepare), _used_nowhere_else(source), recipe)
        yield from _constants("prepare", [source.prepare], listed)
    for stage in stages:
        yield from _of_stage(stage, recipe)
        yield from _constants(stage.name, functions_of(stage), listed)
    for name, table in source.tables.items():
        yield from _constants(name, [table.rows], listed)
    if source.share:
        yield Rule("mixture", "", "", "share", source.share)


def _constants(stage: str, functions: Iterable[Callable[..., Any]], listed: set[str]) -> Iterator[Rule]:
    """The constants that functions reach and that are not listed yet."""
    for place, number in constants_of(functions).items():
        if place not in listed:
            listed.add(place)
            yield Rule(stage, "", place.partition(":")[0], number.name, number)


def constants_of(functions: Iterable[Callable[..., Any]]) -> dict[str, Cited]:
    """The cited constants of modules that functions reach, by `module:NAME`; a number's name is that in lower case."""
    found = {}
    # The same walk over syntax trees that fingerprints use: so what is printed is what a change makes stale.
    for place in sorted(reached_by(functions).definitions):
        module, _, variable = place.partition(":")
        number = getattr(sys.modules.get(module), variable, None)
        if isinstance(number, Cited):
            found[place] = replace(number, name=variable.strip("_").lower())
    return found


def _used_nowhere_else(source: Source) -> list[Cited]:
    """The numbers that no reader and no stage of any variant uses: what prepare looks at."""
    # A number counts as used if the reader or a stage of any preset takes it; what is left is read by `prepare`.
    ways = [source.variant(preset) for preset in source.recipe.presets]
    used = {number.name for way in ways for number in way.reader.limits.values()}
    used |= {number.name for way in ways for stage in way.stages for number in numbers_of(stage)}
    return [number for name, number in source.recipe.items() if name not in used]


def _of_stage(stage: Stage, recipe: Mapping[str, Cited]) -> Iterator[Rule]:
    if isinstance(stage, DedupStage):
        yield from _with_numbers(stage.name, stage.reason, _source_line(stage.measure), list(numbers_of(stage)), recipe)
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
