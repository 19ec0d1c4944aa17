"""Faults of a Source that are said before anything is read; each planted into the toy source, which has none."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import toy

from corpus.document import Document, Outcome
from corpus.errors import RecipeError
from corpus.mixture import SHARE_UNIT
from corpus.readers.base import Reader
from corpus.recipe import Recipe, cited
from pipelines.engine.build import build
from pipelines.engine.checks import require_sound
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, Score, Source, Step, Table, Variant, drop, edit, transform
from pipelines.sources import find_source, own_names

LEAST = toy.RECIPE.least_chars
OTHER = Recipe("other", least_chars=cited(3, "tests", "chars"))


def count_words(text: str) -> int:
    return len(text.split())


def is_odd(text: str) -> bool:
    return bool(len(text) % 2)


def shortened(text: str, least_chars: int) -> str:
    return text[:least_chars]


def load(path: str) -> Callable[[list[str]], list[dict[str, float]]]:
    raise AssertionError("no check may call a function of the source")


def rank(document: Document, more: int) -> int:
    return more


def to_text(document: Document) -> str:
    return document.text


def toy_with(**changes: Any) -> Source:
    return dataclasses.replace(toy.source(), **changes)


def each(*steps: Any, **more: Any) -> Source:
    return toy_with(stages=(EachDocument("clean", *steps, **more),))


def deduped(**changes: Any) -> Source:
    return toy_with(stages=(dataclasses.replace(toy.EXACT, **changes),))


def reader(**changes: Any) -> Source:
    return toy_with(reader=toy.READER._replace(**changes))


FAULTS: dict[str, tuple[Callable[[], Source], str]] = {
    "name of the source": (
        lambda: toy_with(name="my notes"), "source: expected a name of ASCII letters, digits and _, got 'my notes'"),
    "no recipe": (lambda: toy_with(recipe={}), "toy: recipe: expected a Recipe, got {}"),
    "no reader": (lambda: toy_with(reader=toy.read), "toy: reader: expected a Reader, got <function read"),
    "share, bare": (
        lambda: toy_with(share=1),
        "toy: share: expected a Cited, got 1; write cited(0.5, \"why\", \"percent of training tokens\")"),
    "share in another unit": (
        lambda: toy_with(share=cited(0.05, "a twentieth", "share")),
        "toy: share: expected the unit 'percent of training tokens', got 'share'; 100 is all of training"),
    "share, none": (
        lambda: toy_with(share=cited(0, "", SHARE_UNIT)), "toy: share: expected a positive number of percent, got 0"),
    "share, no number": (
        lambda: toy_with(share=cited("much", "", SHARE_UNIT)),
        "toy: share: expected a positive number of percent, got much"),
    "share without an end": (
        lambda: toy_with(share=cited(float("inf"), "", SHARE_UNIT)),
        "toy: share: expected a positive number of percent, got inf"),
    "one stage, not in a tuple": (
        lambda: toy_with(stages=toy.CLEAN),
        "toy: stages: expected a tuple, got EachDocument("),
    "a step among the stages": (
        lambda: toy_with(stages=(edit("trim", str.strip),)),
        "toy: stages: expected a stage, got the step trim; put it into EachDocument(\"name of the stage\", edit(...))"),
    "a function among the stages": (
        lambda: toy_with(stages=(count_words,)), "toy: stages: expected a stage, got function"),
    "two stages of one name": (
        lambda: toy_with(stages=(toy.CLEAN, EachDocument("clean"))),
        "toy: stages: expected a name for each stage, got 'clean' twice; rename one"),
    "a stage called read": (
        lambda: toy_with(stages=(EachDocument("read"),)),
        "toy: stage read: expected another name, got 'read', which has a meaning of its own"),
    "a function among the steps": (
        lambda: each(str.strip),
        "toy: stage clean: expected a Step, got <method 'strip' of 'str' objects>; a step is made by edit, drop,"),
    "a reason that the ledger uses": (
        lambda: each(drop("kept", is_odd)),
        "toy: stage clean, drop kept: expected another name, got 'kept', which has a meaning of its own"),
    "no reason": (
        lambda: each(drop("", is_odd)), "toy: stage clean, drop : expected a name of ASCII letters, digits and _"),
    "a number bare": (
        lambda: each(drop("too_short", count_words, below=5)),  # type: ignore[arg-type]
        "toy: stage clean, drop too_short, below=: expected a number of the recipe, got 5; state it in the recipe, as"
        " cited(..., citation, unit), and write below=RECIPE.NAME"),
    "a number of no recipe": (
        lambda: each(drop("too_short", count_words, below=cited(5, "tests"))),
        "toy: stage clean, drop too_short, below=: expected a number of the toy recipe, got '5' of "),
    "a number of another recipe": (
        lambda: each(drop("too_short", count_words, below=OTHER.least_chars)),
        "toy: stage clean, drop too_short, below=: expected a number of the toy recipe, got 'least_chars' of "),
    "a switch of another recipe": (
        lambda: each(enabled_by=OTHER.least_chars),
        "toy: stage clean, enabled_by=: expected a number of the toy recipe, got 'least_chars' of "),
    "a limit forgotten": (
        lambda: each(drop("too_short", count_words)),
        "toy: stage clean, drop too_short: expected a limit, or a function that returns a bool, got one that returns"
        " int; compare what count_words measures by one of above=, below=, among=, outside="),
    "a limit on yes and no": (
        lambda: each(drop("odd", is_odd, above=LEAST)),
        "toy: stage clean, drop odd: expected a number to compare, got a function that returns bool; leave above= out"),
    "a limit by another word": (
        lambda: each(drop("too_short", count_words, under=LEAST)),
        "toy: stage clean, drop too_short: expected a function that can be called with (text, under=), got"
        " count_words(text): got an unexpected keyword argument 'under'; what is measured is compared by one of above=,"
        " below=, among=, outside="),
    "a keyword that the function needs": (
        lambda: each(edit("cut", shortened)),
        "toy: stage clean, edit cut: expected a function that can be called with (text), got shortened(text,"
        " least_chars): missing a required argument: 'least_chars'; give least_chars=RECIPE.NAME"),
    "a field that is no tuple": (
        lambda: each(edit("cut", shortened, fields="file")),  # type: ignore[arg-type]
        "toy: stage clean, edit cut, fields: expected a tuple, got 'file'; write (\"name\",) where there is only one"),
    "an edit that measures": (
        lambda: each(edit("words", count_words)),  # type: ignore[arg-type]
        "toy: stage clean, edit words: expected a function that returns the new text, got one that returns int"),
    "a transform that edits": (
        lambda: each(transform("text", to_text)),  # type: ignore[arg-type]
        "toy: stage clean, transform text: expected a function that returns an Outcome, got one that returns str"),
    "no function": (
        lambda: each(Step("edit", "trim", "strip")),  # type: ignore[arg-type]
        "toy: stage clean, edit trim: expected a function, got 'strip'"),
    "a reader without a keyword": (
        lambda: reader(limits={"row_bytes": LEAST}),
        "toy: reader, read: expected a function that can be called with (open_file, split, seen, row_bytes=), got"
        " read(open_file, shard, seen): got an unexpected keyword argument 'row_bytes'"),
    "a reader's bare number": (
        lambda: reader(limits={"row_bytes": 5}), "toy: reader, row_bytes=: expected a number of the recipe, got 5;"),
    "a reader that accepts by the path alone": (
        lambda: reader(accepts=lambda path: True), "toy: reader, accepts: expected a function that can be called with"),
    "parts of two arguments": (
        lambda: reader(parts=lambda file, limits: [""]), "toy: reader, parts: expected a function that can be called"),
    "a companion of none": (
        lambda: reader(companions={"sites": lambda: True}), "toy: reader, companion sites: expected a function that"),
    "a unit of the ledger": (
        lambda: reader(unit="byte"), "toy: reader, unit: expected another name, got 'byte', which has a meaning of"),
    "a dedup of words": (
        lambda: deduped(unit="word"), "toy: stage exact, unit: expected one of document, line, got 'word'"),
    "a dedup that keeps the last": (
        lambda: deduped(keep="last"), "toy: stage exact, keep: expected one of first, none, got 'last'"),
    "a dedup of no scope": (
        lambda: deduped(scope="group:0"), "toy: stage exact, scope: expected one of all, shard, group:N, dump, got"),
    "a dedup's reason": (
        lambda: deduped(reason="entered"), "toy: stage exact, reason: expected another name, got 'entered'"),
    "a dedup by another recipe": (
        lambda: deduped(limits={"least": OTHER.least_chars}), "toy: stage exact, least=: expected a number of the toy"),
    "keys with a keyword": (
        lambda: deduped(fields=("file",)),
        "toy: stage exact, keys: expected a function that can be called with (text, file=), got text_key(text):"),
    "a rank of two arguments": (
        lambda: deduped(rank=rank), "toy: stage exact, rank: expected a function that can be called with (document)"),
    "a model without its limits": (
        lambda: toy_with(stages=(Score("score", load, LEAST, limits={"size": LEAST}),)),
        "toy: stage score, load: expected a function that can be called with (path, size=), got load(path):"),
    "a model of another recipe": (
        lambda: toy_with(stages=(Score("score", load, OTHER.least_chars),)),
        "toy: stage score, model=: expected a number of the toy recipe, got 'least_chars' of "),
    "outputs that are no tuple": (
        lambda: toy_with(stages=(Score("score", load, LEAST, outputs="length"),)),  # type: ignore[arg-type]
        "toy: stage score, outputs: expected a tuple, got 'length'"),
    "a variant of no preset": (
        lambda: toy_with(variants={"strct": Variant(toy.READER, ())}),
        "toy: variants: expected a preset of the toy recipe, got 'strct'; did you mean strict?"),
    "a fault in a variant": (
        lambda: toy_with(variants={"strict": Variant(toy.READER, (EachDocument("input"),))}),
        "toy: stage input: expected another name"),
    "a preparation of one argument": (
        lambda: toy_with(prepare=lambda planned: None), "toy: prepare: expected a function that can be called with"),
    "a side table over the documents": (
        lambda: toy_with(tables={"documents": Table(lambda document: [], pa.schema([]))}),
        "toy: table documents: expected another name"),
    "a side table that is a function": (
        lambda: toy_with(tables={"urls": count_words}), "toy: table urls: expected a Table, got <function count_words"),
    "rows of two arguments": (
        lambda: toy_with(tables={"urls": Table(rank, pa.schema([]))}),  # type: ignore[arg-type]
        "toy: table urls: expected a function that can be called with (document), got rank(document, more):"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_source_is_one_line(name: str) -> None:
    make, said = FAULTS[name]
    with pytest.raises(RecipeError) as caught:
        require_sound(make())
    assert str(caught.value).startswith(said)


def sound_step(document: Document) -> Outcome:
    return Outcome(document)


@pytest.mark.parametrize(
    "source",
    [
        toy.source(),
        toy.source(toy.LINES, toy.EXACT),
        each(drop("too_short", lambda text: len(text), below=LEAST), drop("odd", lambda text: len(text) % 2)),
        each(drop("other", "file", among=toy.RECIPE.keep), transform("same", sound_step)),
        each(edit("cut", shortened, least_chars=LEAST), enabled_by=LEAST),
        deduped(scope="group:3", rank=lambda document: 1),
        toy_with(share=cited(0.5, "tests", SHARE_UNIT), variants={"strict": Variant(toy.READER, ())}),
        toy_with(stages=(Score("score", load, toy.RECIPE.scope, limits={}),)),
        toy_with(reader=Reader("document", toy.READER.accepts, toy.read)),
    ],
    ids=["toy", "dedups", "no annotations", "a field", "a limit", "a group", "a share", "a model", "documents"],
)
def test_what_is_sound_passes(source: Source) -> None:
    require_sound(source)


@pytest.mark.parametrize("name", own_names())
def test_ours_are_sound(name: str) -> None:
    require_sound(find_source(name))


def test_nothing_is_read_and_nothing_written_for_a_source_that_is_not_sound(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(RecipeError, match="stage clean, drop too_short: expected a limit"):
        build(each(drop("too_short", count_words)), [str(tmp_path / "no dump")], str(out))
    assert not out.exists()


def keys(text: str) -> np.ndarray:
    return np.zeros(1, np.uint64)


def test_a_builtin_whose_parameters_python_does_not_know_passes() -> None:
    require_sound(each(drop("empty", dict, below=LEAST)))
    require_sound(toy_with(stages=(Dedup("exact", keys),)))


def test_a_step_has_one_limit() -> None:
    limits = {"above": cited(9, "a test", "chars"), "below": cited(2, "a test", "chars")}
    with pytest.raises(TypeError, match=r"^length: one limit, not above, below$"):
        drop("length", len, **limits)  # type: ignore[arg-type]
