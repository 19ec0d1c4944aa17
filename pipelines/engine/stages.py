"""What a source is made of: a reader, a recipe, and a tuple of named stages.

Three kinds of stages:

- EachDocument: ordered steps, each of which edits a text, drops lines of it, or drops the document;
- Score: a model gives every document a number (or a word), which later steps may use;
- DedupStage: documents or lines are dropped on account of others; its kinds lie in `dedup/`: Dedup (equal keys), Near.

A step is a pure function and the numbers of the recipe it is called with; `corpus rules` prints exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions

from corpus.document import KEPT, Document, Outcome
from corpus.readers.base import Reader
from corpus.recipe import Cited, Recipe, Value
from pipelines.engine.dedup.base import DedupStage

DOCUMENT_ID = "document_id"
"""The field that stands for a document's id."""

Values = Mapping[str, Value]
Bound = Callable[[Document], Outcome]


@dataclass(frozen=True)
class Step:
    """One rule on a document.

    kind is edit, drop, drop_lines or transform; name is the reason in the ledger. function is pure and takes the
    text (transform: the Document), with the named fields of the document and the limits as keywords.
    test compares what the function measured with bound; without one, the measure itself says whether to drop.
    """

    kind: str
    name: str
    function: Callable[..., Any]
    fields: tuple[str, ...] = ()
    limits: Mapping[str, Cited] = field(default_factory=dict)
    test: str = ""
    bound: Cited | None = None


def edit(name: str, function: Callable[..., str], *, fields: tuple[str, ...] = (), **limits: Cited) -> Step:
    """A step that changes the text: function(text, **fields, **limits) -> text."""
    return Step("edit", name, function, fields, limits)


def drop(
    reason: str, measure: Callable[..., Any] | str, *, fields: tuple[str, ...] = (), above: Cited | None = None,
    below: Cited | None = None, among: Cited | None = None, outside: Cited | None = None, **limits: Cited,
) -> Step:  # fmt: skip
    """A step that drops the document when its measure is above, below, among or outside the limit, or just true.

    measure is a function(text, **fields, **limits), or the name of a field that meta or scores hold.
    """
    return _measured("drop", reason, measure, fields, above, below, among, outside, limits)


def drop_lines(
    reason: str, measure: Callable[..., Any], *, fields: tuple[str, ...] = (), above: Cited | None = None,
    below: Cited | None = None, among: Cited | None = None, outside: Cited | None = None, **limits: Cited,
) -> Step:  # fmt: skip
    """A step that drops every line whose measure is above, below, among or outside the limit, or just true."""
    return _measured("drop_lines", reason, measure, fields, above, below, among, outside, limits)


def transform(name: str, function: Callable[..., Outcome], **limits: Cited) -> Step:
    """The general step: function(Document, **limits) -> Outcome, for rules that only make sense together."""
    return Step("transform", name, function, (), limits)


def _measured(
    kind: str, reason: str, measure: Callable[..., Any] | str, fields: tuple[str, ...], above: Cited | None,
    below: Cited | None, among: Cited | None, outside: Cited | None, limits: Mapping[str, Cited],
) -> Step:  # fmt: skip
    bounds = {"above": above, "below": below, "among": among, "outside": outside}
    stated = {test: bound for test, bound in bounds.items() if bound is not None}
    if len(stated) > 1:
        raise TypeError(f"{reason}: one limit, not {', '.join(stated)}")
    if isinstance(measure, str):
        fields, measure = (measure,), _the_field
    test, bound = next(iter(stated.items()), ("", None))
    return Step(kind, reason, measure, fields, limits, test, bound)


def _the_field(text: str, **field_values: Any) -> Any:
    (value,) = field_values.values()
    return value


@dataclass(frozen=True)
class EachDocument:
    """Steps on one document after another, in order; the first that drops it ends its way."""

    name: str
    steps: tuple[Step, ...]
    enabled_by: Cited | None = None

    def __init__(self, name: str, *steps: Step, enabled_by: Cited | None = None) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "enabled_by", enabled_by)

    def numbers(self) -> Iterator[Cited]:
        """Every number of the recipe that the stage uses beside those of its steps."""
        yield from _stated(self.enabled_by)


@dataclass(frozen=True)
class Score:
    """A model reads every text and writes numbers to its scores, words to its meta.

    load(path of the model, **limits) is called once per process; the result is called with a list of texts (and, for
    each field in fields, a list of its values) and returns one mapping per text, with the fields in outputs; a document
    that has them already (`--from-scored`) is not scored again. steps then see the scored document. locate turns
    what the recipe names into the path of a file or folder, or raises ModelError.
    """

    name: str
    load: Callable[..., Callable[..., list[dict[str, Any]]]]
    model: Cited
    steps: tuple[Step, ...] = ()
    fields: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    limits: Mapping[str, Cited] = field(default_factory=dict)
    locate: Callable[[str], Any] = str
    enabled_by: Cited | None = None

    def numbers(self) -> Iterator[Cited]:
        """Every number of the recipe that the stage uses beside those of its steps."""
        yield from self.limits.values()
        yield from _stated(self.model, self.enabled_by)


def _stated(*numbers: Cited | None) -> Iterator[Cited]:
    return (number for number in numbers if number is not None)


Stage = EachDocument | Score | DedupStage


@dataclass(frozen=True)
class Table:
    """A side table of a source: f(Document as it was read) -> rows, written beside the documents."""

    rows: Callable[[Document], list[tuple[Any, ...]]]
    schema: pa.Schema


class Origin(NamedTuple):
    """Something that is no file and can be asked for the documents of a source: a public table.

    files(numbers in force, options of Beam, run) are the files that stand for it, made where they are not there and
    run says that what costs may run. query(numbers in force) is what it is asked.
    """

    files: Callable[[Values, PipelineOptions, bool], list[str]]
    query: Callable[[Values], str]


class Variant(NamedTuple):
    """Another way to build a source, chosen by a preset: its own reader and stages."""

    reader: Reader
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Source:
    """One source of the corpus.

    prepare(planned, shards) may look at the whole dump before it is read (which sites are largest, which licence a file
    has) and gives each shard what it needs. tables are written beside the documents. variants are other readers and
    stages, by preset. origins are inputs that are no files (a public table), by the word that --input takes for them.
    share is its part of the mixture, in the unit of LLaMA's Table 1 (corpus/mixture.py): percent of training tokens,
    rescaled with those of the sources it is mixed with.
    """

    name: str
    reader: Reader
    recipe: Recipe
    stages: tuple[Stage, ...]
    prepare: Callable[..., Any] | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    share: Cited | None = None

    def variant(self, preset: str) -> Variant:
        """The reader and stages that a preset builds with."""
        return self.variants.get(preset, Variant(self.reader, self.stages))


def valued(limits: Mapping[str, Cited], values: Values) -> dict[str, Value]:
    """The limits of a step by keyword, with the values in force."""
    return {keyword: values[number.name] for keyword, number in limits.items()}


def choice(number: str | Cited, values: Values) -> str:
    """A choice of a stage: a fixed word, or the one in force in the recipe."""
    return number if isinstance(number, str) else str(values[number.name])


def in_force(stages: tuple[Stage, ...], values: Values) -> tuple[Stage, ...]:
    """The stages that the recipe's switches leave on."""
    return tuple(
        stage for stage in stages if stage.enabled_by is None or values[stage.enabled_by.name] not in (False, "off")
    )


def bind(step: Step, values: Values) -> Bound:
    """A step with its numbers filled in: Document -> Outcome."""
    limits = valued(step.limits, values)
    if step.kind == "transform":
        return _transforming(step.function, limits)
    measure = _measure(step.function, step.fields, limits)
    # What is known before the first document is decided here, once: the function that is left calls the step alone.
    if step.kind == "edit":
        return lambda document: Outcome(document._replace(text=measure(document, document.text)))
    faulty = _test(step.test, values[step.bound.name] if step.bound else None)
    if step.kind == "drop":
        return lambda document: Outcome(document, step.name if faulty(measure(document, document.text)) else KEPT)
    return _dropping_lines(step.name, measure, faulty)


def _transforming(function: Callable[..., Outcome], limits: Mapping[str, Value]) -> Bound:
    # Without limits the function itself, as a lambda would be one more call per document.
    return (lambda document: function(document, **limits)) if limits else function


def _measure(
    function: Callable[..., Any], fields: tuple[str, ...], limits: Mapping[str, Value]
) -> Callable[[Document, str], Any]:
    if fields:
        return lambda document, text: function(text, **field_values(document, fields), **limits)
    if limits:
        return lambda document, text: function(text, **limits)
    return lambda document, text: function(text)


def field_values(document: Document, names: tuple[str, ...]) -> dict[str, Any]:
    """Fields of a document by name, from its scores or its meta, or its id; "" where it has none."""
    return {
        name: document.id if name == DOCUMENT_ID else document.scores.get(name, document.meta.get(name, ""))
        for name in names
    }


def _test(test: str, limit: Any) -> Callable[[Any], bool]:
    tests: dict[str, Callable[[Any], bool]] = {
        "": bool,
        "above": lambda measured: bool(measured > limit),
        "below": lambda measured: bool(measured < limit),
        "among": lambda measured: measured in limit,
        "outside": lambda measured: measured not in limit,
    }
    return tests[test]


def _dropping_lines(reason: str, measure: Callable[[Document, str], Any], faulty: Callable[[Any], bool]) -> Bound:
    def outcome(document: Document) -> Outcome:
        lines = document.text.split("\n")
        kept = [line for line in lines if not faulty(measure(document, line))]
        dropped = len(lines) - len(kept)
        if not dropped:
            return Outcome(document)
        text = "\n".join(kept)
        return Outcome(document._replace(text=text), lines={reason: (dropped, len(document.text) - len(text))})

    return outcome


def functions_of(stage: Stage) -> list[Callable[..., Any]]:
    """Every function that a stage calls on its documents, its steps' included."""
    if isinstance(stage, DedupStage):
        return list(stage.functions())
    own = [value for value in vars(stage).values() if callable(value)]
    return [*own, *(step.function for step in stage.steps)]


def numbers_of(stage: Stage) -> Iterator[Cited]:
    """Every number of the recipe that a stage and its steps use."""
    for step in stage.steps:
        yield from step.limits.values()
        if step.bound:
            yield step.bound
    yield from stage.numbers()
