"""The whole way of a document through a source's steps, as one function: what a worker's time is spent on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from corpus.document import Document, Outcome
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, bind, in_force
from pipelines.sources import find_source
from reliability.steps import documents_of

Ask = Callable[[Document], Any]


class Chain:
    """The steps of a source in a preset, with what its side tables and dedups ask of each document."""

    def __init__(self, source: str, preset: str = "paper", settings: Mapping[str, str] | None = None) -> None:
        found = find_source(source)
        values = {name: number.value for name, number in found.recipe.resolve(preset, settings).items()}
        self._tables = [table.rows for table in found.tables.values()]
        self._links: list[Ask] = []
        for stage in in_force(found.variant(preset).stages, values):
            if isinstance(stage, EachDocument):
                self._links += [bind(step, values) for step in stage.steps]
            elif isinstance(stage, Dedup):
                self._links.append(partial(_keys, stage))

    def __call__(self, document: Document) -> Outcome:
        """What becomes of a document: as its last step left it, or the step that dropped it."""
        for rows in self._tables:
            rows(document)
        outcome = Outcome(document)
        for link in self._links:
            answer = link(outcome.document)
            outcome = answer if isinstance(answer, Outcome) else outcome
            if outcome.reason:
                break
        return outcome


def _keys(stage: Dedup, document: Document) -> Any:
    fields = {name: document.meta.get(name, "") for name in stage.fields}
    return stage.keys(document.text, **fields)


def chains(
    source: str, preset: str = "paper", settings: Mapping[str, str] | None = None
) -> dict[str, Callable[[str], Outcome]]:
    """For each kind of document of a source, a function that takes a text through all its steps."""
    chain = Chain(source, preset, settings)
    return {kind: partial(_run, chain, make) for kind, make in documents_of(source)}


def _run(chain: Chain, make: Callable[[str], Document], text: str) -> Outcome:
    return chain(make(text))
