"""What became of a document, in lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from corpus.amounts import of
from corpus.columns import METADATA, SCORED, STATED
from corpus.document import Document
from pipelines.report.amounts import full
from pipelines.report.found import Found
from pipelines.report.measures import Limit, known_source, rules_in

SHOWN_CHARS = 1500
"""Characters of a text that are shown where not all of it is asked for."""

EXCERPT_CHARS = 60
"""Characters on each side of a word that was searched for."""


def told(found: Found, whole: bool = False) -> Iterator[str]:
    """Everything about one row: what became of it, why, what is known of it, and its text.

    Args:
        whole: all of the text that is stored, not its beginning alone.
    """
    if found.kind == "unreadable":
        yield from _unreadable(found, whole)
        return
    yield _fate(found)
    if found.kind == "dropped":
        yield from (f"  {line}" for line in measured(found))
    yield from (f"  {name}: {value}" for name, value in _known(found.row))
    yield from _text(found, whole)


def _fate(found: Found) -> str:
    row = found.row
    if found.kind == "documents":
        return f"kept: {found.path}"
    duplicate_of = f", duplicate of {row['duplicate_of']}" if row["duplicate_of"] else ""
    return f"dropped at {row['stage']} ({row['unit']}): {row['reason']}{duplicate_of}: {found.path}"


def _unreadable(found: Found, whole: bool) -> Iterator[str]:
    row = found.row
    yield f"{row['reason']} at {row['stage']}: {row['detail']}: {found.path}"
    if whole and row["bytes"]:
        yield bytes(row["bytes"]).decode("utf-8", "backslashreplace")


def _known(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The id, what is stated of a document, its scores, and its length."""
    yield "id", row["id"]
    yield from ((name, row[name]) for name in STATED if row.get(name))
    yield from ((name, f"{row[name]:.6g}") for name in SCORED if row.get(name) is not None)
    yield from orjson.loads(row[METADATA] or "{}").items()
    yield "length", of(row.get("chars", len(row["text"])), "character")


def _text(found: Found, whole: bool) -> Iterator[str]:
    text, chars = found.row["text"], found.row.get("chars", len(found.row["text"]))
    if not text and chars:
        yield "  text: not stored of this one, as of most that a reason drops"
        return
    shown = text if whole else text[:SHOWN_CHARS]
    if len(shown) < chars:
        stored = "" if len(text) == chars else f"; {full(len(text))} are stored"
        more = "; --text shows all that is stored" if len(shown) < len(text) else ""
        yield f"  text: the first {full(len(shown))} characters{stored}{more}"
    if shown:
        yield shown


def measured(found: Found) -> Iterator[str]:
    """What the rule measured that dropped a document, against its limit, where that can be told."""
    row, manifest = found.row, found.build.manifest
    source = known_source(manifest["source"])
    if source is None:
        return
    rules, about = rules_in(source, manifest), (row["stage"], row["reason"])
    fields = {name: row[name] for name in (*STATED, *SCORED) if row.get(name) is not None}
    fields |= orjson.loads(row[METADATA] or "{}")
    for name, limits in rules.limits.items():
        yield from (
            _against(name, fields[name], "", one)
            for one in limits
            if (one.stage, one.reason) == about and name in fields
        )
    for measure in rules.measures:
        if (measure.limit.stage, measure.limit.reason) != about:
            continue
        if measure.name == "length":
            yield _against(measure.name, row["chars"], measure.unit, measure.limit)
        elif len(row["text"]) == row["chars"] and row["chars"]:
            stated = {name: str(value) for name, value in fields.items()}
            value = measure.of(Document(row["id"], row["text"], manifest["source"], stated))
            yield _against(measure.name, value, measure.unit, measure.limit)


def _against(name: str, value: Any, unit: str, limit: Limit) -> str:
    kept = {"below": "dropped below", "above": "dropped above", "outside": "kept are", "among": "dropped are"}
    bound = ", ".join(map(str, limit.value)) if isinstance(limit.value, tuple) else _number(limit.value)
    return f"measured: {name} {_number(value)}{f' {unit}' if unit else ''}; {kept.get(limit.test, 'limit')} {bound}"


def _number(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def listed(found: Found, words: Sequence[str]) -> Iterator[str]:
    """One row among several that have some words: what became of it, and the place of the first word."""
    title = found.row["title"] or found.row["url"] or ""
    yield f"{found.row['id']}: {_fate(found)}{f' ({title})' if title else ''}"
    text = found.row["text"]
    at = text.lower().find(words[0].lower())
    if at >= 0:
        yield f"  ... {' '.join(text[max(0, at - EXCERPT_CHARS) : at + EXCERPT_CHARS].split())} ..."
