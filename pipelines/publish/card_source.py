"""The section of a card about one source: inputs, recipe, funnel, terms, and a few texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from corpus.amounts import of
from corpus.errors import UsageError
from corpus.ledger import NOTE, Ledger
from corpus.recipe import Cited
from corpus.stores.addresses import is_local
from corpus.visible import visible
from pipelines.engine.funnel import SWITCHED_OFF
from pipelines.engine.plan import numbers
from pipelines.publish.facts import Facts, Sample
from pipelines.publish.markdown import address, block, code, items, link, table, words
from pipelines.publish.origins import Origin
from pipelines.publish.shareable import shared_text
from pipelines.publish.terms import Terms
from pipelines.report.amounts import full, stated
from pipelines.report.drops import DropCount, Passage, passages
from pipelines.sources import find_source

INPUTS_MOST, REASONS_MOST, VALUES_MOST = 20, 12, 12
SAMPLE_CHARS, SAMPLE_LINES = 240, 6
"""What is shown; the rest is in provenance/."""


def source_section(facts: Facts) -> str:
    """All about a source, under a heading of its own."""
    kept = f"{of(facts.documents, 'document')}, {of(facts.chars, 'character')}, {of(facts.bytes, 'byte')} of Parquet"
    parts = [
        f"### {facts.source}",
        f"{facts.terms.what} {kept} in `data/{facts.source}/`.".strip(),
        *_counts("By language", facts.languages, code),
        *([f"Dates: from {facts.dates[0]} to {facts.dates[1]}."] if facts.dates[0] else []),
        "#### Where it comes from",
        _inputs(facts),
        "#### Recipe",
        _recipe(facts),
        "#### What was kept, and why the rest was dropped",
        _funnel(facts.ledger),
        "#### Terms",
        terms_section(facts.terms),
        *licence_counts(facts),
        "#### A few texts",
        *(_sample(one) for one in facts.samples),
    ]
    return "\n\n".join(parts)


def licence_counts(facts: Facts) -> list[str]:
    """Documents by the licence that they state, each with its address where it is one of the source's terms."""
    return _counts("Documents by the column `licence`", facts.licences, facts.terms.licence_link)


def _counts(title: str, counts: Counter[str], show: Callable[[str], str]) -> list[str]:
    """Documents by a value, the most frequent first; nothing where no document states one."""
    if not any(counts.keys() - {""}):
        return []
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{show(value) if value else 'not stated'} {n:,}" for value, n in ordered[:VALUES_MOST]]
    others = ordered[VALUES_MOST:]
    more = [f"{len(others):,} others {sum(n for _, n in others):,}"] if others else []
    return [f"{title}: {', '.join(shown + more)}."]


def _inputs(facts: Facts) -> str:
    """The files of the dump; those that turned out to be of another kind were not read, and have no digest."""
    inputs = facts.manifest["inputs"]
    read = [one for one in inputs if one.get("digest")]
    size = sum(one.get("size", 0) for one in read)
    head = (
        f"Published by {link(*facts.terms.publisher)}. {of(len(read), 'file')}, {of(size, 'byte')}, "
        f"{'was' if len(read) == 1 else 'were'} read; the digest is SHA-256, or what a store states of its file."
    )
    rows = [_input(one, facts.origins) for one in inputs[:INPUTS_MOST]]
    more = len(inputs) - len(rows)
    rest = f"\n\nand {more:,} more, in `provenance/{facts.source}.json`." if more else ""
    columns = ("file", "bytes", "digest", "fetched from")[: 4 if facts.origins else 3]
    return f"{head}\n\n{table(columns, [row[: len(columns)] for row in rows], numbers=[1])}{rest}"


def _input(one: Mapping[str, Any], origins: Mapping[str, Origin]) -> tuple[str, ...]:
    """A file of the dump: its name, size, digest, and where it was fetched."""
    digest, name = one.get("digest"), one["name"] if is_local(one["path"]) else shared_text(one["path"])
    origin = origins.get(digest or "")
    fetched = f"{address(shared_text(origin.url))}, {origin.date}" if origin else ""
    return code(name), full(one.get("size", 0)), code(digest) if digest else "not read: not of this source", fetched


def _recipe(facts: Facts) -> str:
    preset, file = facts.manifest["preset"], f"provenance/{facts.source}.json"
    text = f"Preset `{preset}`. All numbers, each with where it comes from, are in `{file}`."
    rows = [
        (code(name), _value(value), _value(default), words(unit))
        for name, value, default, unit in changed(facts.manifest)
    ]
    if not rows:
        return f"{text} None differs from the preset's."
    return f"{text} These differ from the preset's:\n\n{table(('number', 'here', 'in the preset', 'unit'), rows)}"


def changed(manifest: Mapping[str, Any]) -> list[tuple[str, Any, Any, str]]:
    """The numbers that the command line changed: name, value, the preset's value (None where unknown), and unit."""
    try:
        known: Mapping[str, Cited] = numbers(find_source(manifest["source"]), manifest["preset"], {})
    except UsageError:  # somebody else's source, which is not installed here
        known = {}
    rows = []
    for name, number in sorted(manifest["recipe"].items()):
        default = known[name].value if name in known else None
        if number["citation"] == "--set" and _value(default) != _value(number["value"]):
            rows.append((name, number["value"], default, number["unit"]))
    return rows


def _value(value: Any) -> str:
    return "not known" if value is None else code(shared_text(stated(value)))


def _funnel(ledger: Ledger) -> str:
    rows = [row for each in passages(ledger) for row in _passage(each)]
    head = ("stage", "unit", "entered", "kept", "share", "dropped, and why; or changed")
    off = [stage for stage, unit, reason in ledger.counts if (unit, reason) == SWITCHED_OFF]
    note = f"\n\nSwitched off, as no model was given: {', '.join(map(code, off))}." if off else ""
    return f"{table(head, rows, numbers=[2, 3, 4])}{note}"


def _passage(each: Passage) -> Iterator[tuple[str, ...]]:
    reasons = _reasons(each.drops)
    if each.unit == NOTE:
        yield code(each.stage), NOTE, "", "", "", f"kept: {reasons}"
    elif each.entered is None:
        yield code(each.stage), each.unit, "", "", "", reasons
    else:
        share = f"{each.kept / each.entered:.1%}" if each.entered else ""
        yield code(each.stage), each.unit, full(each.entered), full(each.kept), share, reasons
    for edit in each.edits:
        changed_texts = f"{code(edit.reason)} in {of(edit.n, 'document')}, {of(edit.chars, 'character')} less"
        yield code(each.stage), "edit", "", "", "", changed_texts


def _reasons(drops: tuple[DropCount, ...]) -> str:
    shown = [f"{code(drop.reason)} {drop.n:,}" for drop in drops[:REASONS_MOST]]
    others = drops[REASONS_MOST:]
    return ", ".join(shown + ([f"{len(others)} others {sum(drop.n for drop in others):,}"] if others else []))


def terms_section(terms: Terms) -> str:
    """Licences with their addresses, what they ask, and what is not known."""
    licences = ", ".join(link(one.name, one.url) for one in terms.licences) or "not recorded"
    return f"{licences}.\n\n{items([*terms.asks, *terms.limits])}"


def _sample(one: Sample) -> str:
    """The beginning of a text, under what its columns say of it."""
    text = "\n".join(visible(one.text).strip("\n").splitlines()[:SAMPLE_LINES])[:SAMPLE_CHARS].strip("\n")
    shown = {name: address(value) if name == "url" else words(value) for name, value in one.stated.items()}
    head = ", ".join([code(one.id), *(f"{name} {value}" for name, value in shown.items())])
    cut = f" (its beginning; {of(len(one.text), 'character')})" if len(text) < len(one.text.strip()) else ""
    return f"{head}{cut}:\n\n{block(text, 'text')}"
