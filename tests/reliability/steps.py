"""Every step of every source as a function of a text: what a hostile document meets in a build, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from corpus.document import Document
from corpus.readers.arxiv.project import LatexProject
from corpus.readers.stackexchange.posts import Posts
from corpus.readers.wikipedia.names import WikiNames
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, Source, bind
from pipelines.sources import find_source, names

PATHS = ("src/main.py", "src/main.c", "web/page.html", "lib/unit.pas", "doc/notes.md")
"""Files in each way of writing comments."""
_HTML = {"content_type": "text/html", "url": "http://example.org/", "date": "2022-01-01T00:00:00Z"}


class Step(NamedTuple):
    """A step of a source, or what a stage or a side table asks of each document; run takes a text through it."""

    source: str
    name: str
    run: Callable[[str], object]


def steps() -> list[Step]:
    """The steps of all sources, in every preset; those that need a model of the user's are left out."""
    found: dict[tuple[str, str], Step] = {}
    for name in names():
        source = find_source(name)
        for preset in source.recipe.presets:
            for step in _steps(source, preset):
                found.setdefault((step.source, step.name), step)
    return list(found.values())


def _steps(source: Source, preset: str) -> Iterator[Step]:
    values = {name: number.value for name, number in source.recipe.resolve(preset).items()}
    for kind, make in documents_of(source.name):
        for stage in source.variant(preset).stages:
            for step in stage.steps if isinstance(stage, EachDocument) else ():
                yield Step(source.name, f"{step.name} {kind}".strip(), partial(_take, bind(step, values), make))
            if isinstance(stage, Dedup):
                yield Step(source.name, f"{stage.name} {kind}".strip(), partial(_keys, stage, make))
        for name, table in source.tables.items():
            yield Step(source.name, f"{name} {kind}".strip(), partial(_take, table.rows, make))


def _take(function: Callable[[Document], object], make: Callable[[str], Document], text: str) -> object:
    return function(make(text))


def _keys(stage: Dedup, make: Callable[[str], Document], text: str) -> object:
    document = make(text)
    fields = {name: document.meta.get(name, "") for name in stage.fields}
    return stage.keys(text, **fields)


def documents_of(source: str) -> Iterator[tuple[str, Callable[[str], Document]]]:
    """How a text becomes a document of a source, as its reader would hand it on; several where its kind matters."""
    if source == "github":
        for path in PATHS:
            yield path.rpartition(".")[2], partial(_plain, source, {"path": path})
    elif source == "stackexchange":
        yield "", _question
    elif source == "arxiv":
        yield "", _paper
    elif source == "wikipedia":
        yield from ((language, partial(_article, language)) for language in ("en", "fr", "it"))
    else:
        yield "", partial(_plain, source, _HTML)


def _plain(source: str, meta: Mapping[str, str], text: str) -> Document:
    return Document("d", text, source, meta)


def _question(text: str) -> Document:
    return Document("q", text, "stackexchange", payload=Posts(text[:1000], (text,)))


def _paper(text: str) -> Document:
    return Document("p", text, "arxiv", {"main": "main.tex"}, payload=LatexProject({"other.tex": "Other words.\n"}))


def _article(language: str, text: str) -> Document:
    payload = WikiNames(frozenset({"file"}), frozenset({"category"}))
    return Document("a", text, "wikipedia", {"language": language, "title": "T", "page_id": "1"}, payload=payload)
