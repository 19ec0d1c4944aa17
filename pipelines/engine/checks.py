"""What is refused of a Source before anything is read: names, numbers and functions that cannot be what was meant.

Each of these faults would otherwise show late (in the ledger row of every document, or when a dump was read to its
end) or not at all. The checks look at names, types and signatures; they call no function of the source.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from corpus.document import FAILED, KEPT, UNREADABLE
from corpus.errors import RecipeError
from corpus.ledger import BYTE, ENTERED, KEPT_ROW, NOTE
from corpus.mixture import SHARE_UNIT
from corpus.readers.base import Reader
from corpus.recipe import Cited, Recipe, Value, admits, nearest, shown
from corpus.writers import LINE
from pipelines.engine.dedup.base import DedupStage
from pipelines.engine.dedup.keys import KEEPS, SCOPES, Dedup
from pipelines.engine.stages import EachDocument, Score, Source, Step, Table, Variant

STAGES_TAKEN = ("input", "read", "prepare", "mixture")
"""What the ledger and `corpus rules` call by these names is no stage of a source."""
REASONS_TAKEN = (KEPT, ENTERED, KEPT_ROW, UNREADABLE, FAILED)
UNITS_TAKEN = (NOTE, BYTE)
TABLES_TAKEN = ("documents", "dropped", "unreadable", "scored")
UNITS_OF_DEDUP = ("document", LINE)
_TESTS = "above=, below=, among=, outside="
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)

# What a function of each kind of step cannot be annotated to return; an annotation may be left out.
_NO_TEXT = ("int", "float", "bool", "None")
_NO_OUTCOME = (*_NO_TEXT, "str")
_NO_ANSWER = ("int", "float", "str", "None")


def require_sound(source: Source) -> None:
    """Check a source: its names, its share, its reader, stages and tables, and those of its variants.

    Raises:
        RecipeError: the first fault, where it stands, and what to do.
    """
    _require_name(source.name, (), "source")
    _require(source.recipe, Recipe, f"{source.name}: recipe")
    _check_share(source)
    unknown = [preset for preset in source.variants if preset not in source.recipe.presets]
    if unknown:
        do = nearest(unknown[0], source.recipe.presets)
        raise RecipeError(f"a preset of the {source.name} recipe", repr(unknown[0]), f"{source.name}: variants", do)
    for variant in (Variant(source.reader, source.stages), *source.variants.values()):
        _check_reader(variant.reader, source)
        _check_stages(variant.stages, source)
    if source.prepare is not None:
        _require_call(source.prepare, ("planned", "shards"), (), f"{source.name}: prepare")
    for name, table in source.tables.items():
        where = f"{source.name}: table {name}"
        _require_name(name, TABLES_TAKEN, where)
        _require(table, Table, where)
        _require_call(table.rows, ("document",), (), where)


def _check_share(source: Source) -> None:
    where = f"{source.name}: share"
    if source.share is None:
        return
    _require(source.share, Cited, where, f'write cited(0.5, "why", "{SHARE_UNIT}")')
    value = source.share.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise RecipeError("a positive number of percent", shown(value), where)
    if source.share.unit != SHARE_UNIT:
        do = "100 is all of training, as in the paper's Table 1"
        raise RecipeError(f"the unit {SHARE_UNIT!r}", repr(source.share.unit), where, do)


def _check_reader(reader: Reader, source: Source) -> None:
    where = f"{source.name}: reader"
    _require(reader, Reader, where)
    _require_name(reader.unit, UNITS_TAKEN, f"{where}, unit")
    _require_numbers(reader.limits, source, where)
    _require_call(reader.accepts, ("path", "head"), (), f"{where}, accepts")
    _require_call(reader.read, ("open_file", "split", "seen"), reader.limits, f"{where}, read")
    _require_call(reader.parts, ("file", "open_file", "limits"), (), f"{where}, parts")
    for name, accepts in reader.companions.items():
        _require_call(accepts, ("path", "head"), (), f"{where}, companion {name}")


def _check_stages(stages: Iterable[object], source: Source) -> None:
    _require(stages, tuple, f"{source.name}: stages", "write (stage,) where there is only one")
    names: list[str] = []
    for stage in stages:
        if isinstance(stage, Step):
            do = f'put it into EachDocument("name of the stage", {stage.kind}(...))'
            raise RecipeError("a stage", f"the step {stage.name}", f"{source.name}: stages", do)
        if not isinstance(stage, EachDocument | Score | DedupStage):
            raise RecipeError("a stage", type(stage).__name__, f"{source.name}: stages")
        where = f"{source.name}: stage {stage.name}"
        _require_name(stage.name, STAGES_TAKEN, where)
        if stage.name in names:
            raise RecipeError("a name for each stage", f"{stage.name!r} twice", f"{source.name}: stages", "rename one")
        names.append(stage.name)
        _check_stage(stage, source, where)


def _check_stage(stage: EachDocument | Score | DedupStage, source: Source, where: str) -> None:
    if stage.enabled_by is not None:
        _require_numbers({"enabled_by": stage.enabled_by}, source, where)
    if isinstance(stage, DedupStage):
        _check_dedup(stage, source, where)
        return
    if isinstance(stage, Score):
        _require_numbers({"model": stage.model, **stage.limits}, source, where)
        _require_words(stage.fields, f"{where}, fields")
        _require_words(stage.outputs, f"{where}, outputs")
        _require_call(stage.load, ("path",), stage.limits, f"{where}, load")
        _require_call(stage.locate, ("name",), (), f"{where}, locate")
    _require(stage.steps, tuple, f"{where}, steps", "write (step,) where there is only one")
    for step in stage.steps:
        _require(step, Step, where, "a step is made by edit, drop, drop_lines or transform")
        _check_step(step, source, f"{where}, {step.kind} {step.name}")


def _check_step(step: Step, source: Source, where: str) -> None:
    _require_name(step.name, REASONS_TAKEN, where)
    _require_numbers(step.limits, source, where)
    if step.bound is not None:
        _require_numbers({step.test: step.bound}, source, where)
    _require_words(step.fields, f"{where}, fields")
    takes = ("document",) if step.kind == "transform" else ("text",)
    _require_call(step.function, takes, [*step.fields, *step.limits], where, step.kind.startswith("drop"))
    _require_returned(step, where)


def _require_returned(step: Step, where: str) -> None:
    """That a step's function returns what the step makes use of, as far as its annotation says."""
    returned = _returned_type(step.function)
    if step.kind == "edit" and returned in _NO_TEXT:
        raise RecipeError("a function that returns the new text", f"one that returns {returned}", where)
    if step.kind == "transform" and returned in _NO_OUTCOME:
        raise RecipeError("a function that returns an Outcome", f"one that returns {returned}", where)
    if step.kind in ("edit", "transform"):
        return
    if step.bound is None and returned in _NO_ANSWER:
        do = f"compare what {_name(step.function)} measures by one of {_TESTS}"
        raise RecipeError("a limit, or a function that returns a bool", f"one that returns {returned}", where, do)
    if step.bound is not None and returned == "bool":
        do = f"leave {step.test}= out"
        raise RecipeError("a number to compare", f"a function that returns {returned}", where, do)


def _check_dedup(stage: DedupStage, source: Source, where: str) -> None:
    _require_name(stage.reason, REASONS_TAKEN, f"{where}, reason")
    if stage.unit not in UNITS_OF_DEDUP:
        raise RecipeError(f"one of {', '.join(UNITS_OF_DEDUP)}", repr(stage.unit), f"{where}, unit")
    _require_numbers(stage.limits, source, where)
    if not isinstance(stage, Dedup):
        return
    _require_words(stage.fields, f"{where}, fields")
    _require_call(stage.keys, ("text",), [*stage.fields, *stage.limits], f"{where}, keys")
    if stage.rank is not None:
        _require_call(stage.rank, ("document",), (), f"{where}, rank")
    for name, choice, words in (("keep", stage.keep, KEEPS), ("scope", stage.scope, SCOPES)):
        if isinstance(choice, Cited):
            _require_numbers({name: choice}, source, where)
        chosen: Value = choice.value if isinstance(choice, Cited) else choice
        if not admits(words, str(chosen)):
            raise RecipeError(f"one of {', '.join(words)}", repr(chosen), f"{where}, {name}")


def _require(value: object, kind: type, where: str, do: str = "") -> None:
    if not isinstance(value, kind):
        raise RecipeError(f"a {kind.__name__}", f"{value!r}"[:80], where, do)


def _require_name(name: object, taken: tuple[str, ...], where: str) -> None:
    """That a name can be one of a file, of a ledger's row and of a graph's node, and means nothing else there."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise RecipeError("a name of ASCII letters, digits and _", repr(name), where)
    if name in taken:
        raise RecipeError("another name", f"{name!r}, which has a meaning of its own", where)


def _require_words(words: object, where: str) -> None:
    _require(words, tuple, where, 'write ("name",) where there is only one')


def _require_numbers(numbers: Mapping[str, object], source: Source, where: str) -> None:
    """That numbers are those of the source's own recipe, which presets and `--set` change by name."""
    for keyword, number in numbers.items():
        if not isinstance(number, Cited):
            do = f"state it in the recipe, as cited(..., citation, unit), and write {keyword}=RECIPE.NAME"
            raise RecipeError("a number of the recipe", repr(number), f"{where}, {keyword}=", do)
        if source.recipe.get(number.name) != number:
            stated = f"{number.name or shown(number.value)!r} of {number.where}"
            do = f"state it in the recipe, and write {keyword}=RECIPE.NAME"
            raise RecipeError(f"a number of the {source.name} recipe", stated, f"{where}, {keyword}=", do)


def _require_call(
    function: Any, arguments: tuple[str, ...], keywords: Iterable[str], where: str, measures: bool = False
) -> None:
    """That a function can be called with these arguments and keywords; measures: its step compares what it returns."""
    if not callable(function):
        raise RecipeError("a function", f"{function!r}"[:80], where)
    signature = _signature(function)
    if signature is None:
        return
    words = list(keywords)
    try:
        signature.bind(*arguments, **dict.fromkeys(words))
    except TypeError as error:
        call = ", ".join([*arguments, *(f"{word}=" for word in words)])
        bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
        got = f"{_name(function)}({', '.join(map(str, bare))}): {error}"
        do = _advice(signature, words, measures)
        raise RecipeError(f"a function that can be called with ({call})", got, where, do) from None


def _advice(signature: inspect.Signature, words: list[str], measures: bool) -> str:
    """What to do about the first keyword that a function does not take, or the first that it needs."""
    parameters = signature.parameters
    if unknown := [word for word in words if word not in parameters]:
        return f"what is measured is compared by one of {_TESTS}" if measures else nearest(unknown[0], [*parameters])
    needed = [name for name, parameter in list(parameters.items()) if parameter.default is inspect.Parameter.empty]
    missing = [name for name in needed[1:] if name not in words]
    return f"give {missing[0]}=RECIPE.NAME" if missing else ""


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    """A function's parameters; None where Python does not know them, as of some builtins."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _returned_type(function: Callable[..., Any]) -> str:
    """The name of what a function is annotated to return; empty where nothing says it."""
    signature = _signature(function)
    returned = signature.return_annotation if signature else inspect.Signature.empty
    if returned is inspect.Signature.empty:
        return ""
    return returned if isinstance(returned, str) else getattr(returned, "__name__", str(returned))


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", type(function).__name__)
