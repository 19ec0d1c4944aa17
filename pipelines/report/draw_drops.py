"""What was dropped, drawn: at a glance, and stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from corpus.amounts import of
from pipelines.report.amounts import full, percent, short
from pipelines.report.drops import INSIDE, DropCount, Passage, Totals
from pipelines.report.markup import Html, el

TINTS = 5
"""Neighbouring reasons have different tints; after TINTS of them the tints repeat."""

GLANCE_ROWS = 8

NAMED_PERCENT = 9.0
"""A part of a bar this wide has room for the beginning of its name."""


class Part(NamedTuple):
    """A part of a bar: its size, its class, and what it is."""

    size: float
    kind: str
    label: str


def bar(parts: Sequence[Part], total: float, label: str, kind: str = "bar") -> Html:
    """Parts of a total side by side; the rest of the total is left blank."""
    rects, at = [], 0.0
    for part in parts:
        width = 1000 * max(part.size, 0.0) / total if total else 0.0
        if width:
            shape = el("rect", x=f"{at:.2f}", y=0, width=f"{width:.2f}", height=10, class_=part.kind)
            rects.append(el("g", el("title", part.label), shape))
            at += width
    return el(
        "svg", rects, viewBox="0 0 1000 10", preserveAspectRatio="none", class_=kind, role="img", aria_label=label
    )


def headline(totals: Totals, tokens: int | None) -> Html:
    """The sentence that says how much was kept, and why most was dropped."""
    kept = [
        el("b", full(totals.kept)),
        f" of {of(totals.entered, totals.unit)} kept ({percent(totals.kept, totals.entered)}), ",
    ]
    chars = [el("b", short(totals.chars_kept)), f" of {short(totals.chars_entered)} characters "]
    share = f"({percent(totals.chars_kept, totals.chars_entered)})"
    counted = f", {full(tokens)} tokens." if tokens is not None else "."
    return el("p", kept, chars, share, counted, _most(totals), class_="lead")


def _most(totals: Totals) -> str:
    by_n = max(totals.drops, key=lambda drop: drop.n, default=None)
    by_chars = max(totals.drops, key=lambda drop: drop.chars, default=None)
    sentence = ""
    if by_n and by_n.n:
        sentence = f" Most dropped {totals.unit}s: {by_n.reason} ({percent(by_n.n, totals.entered)})."
    if by_chars and by_chars.chars > 0 and (by_chars != by_n or not by_chars.n):
        reason = f"{INSIDE} at {by_chars.stage}" if by_chars.reason == INSIDE else by_chars.reason
        share = percent(by_chars.chars, totals.chars_entered)
        sentence += f" Most dropped characters: {reason} ({share})."
    return sentence or " Nothing was dropped."


def glance(totals: Totals, rate: float | None) -> list[Html]:
    """Two bars of everything, documents and characters, and below them the largest drops, all in one order."""
    order = largest_first(totals)
    units = _bar_of_all([drop.n for drop in order], order, totals.kept, totals.entered, f"{totals.unit}s")
    chars = _bar_of_all([drop.chars for drop in order], order, totals.chars_kept, totals.chars_entered, "characters")
    key = el("p", _swatch("kept"), "kept", _swatch("dropped t0"), "dropped, one part per reason", class_="key")
    return [el("div", *units, *chars, key, class_="glance"), *([_largest(totals, order, rate)] if order else [])]


def largest_first(totals: Totals) -> list[DropCount]:
    """The drops by the larger of their shares of documents and of characters."""
    return sorted(totals.drops, key=lambda drop: (-share_of(drop, totals), drop.stage, drop.reason))


def share_of(drop: DropCount, totals: Totals) -> float:
    """The larger of a drop's share of documents and of characters (0 to 1)."""
    return max(drop.n / max(totals.entered, 1), drop.chars / max(totals.chars_entered, 1))


def _bar_of_all(sizes: list[int], order: list[DropCount], kept: int, entered: int, unit: str) -> list[Html]:
    parts = [Part(kept, "kept", f"kept: {full(kept)} {unit} ({percent(kept, entered)})")]
    parts += [
        Part(
            size,
            f"dropped t{at % TINTS}",
            f"{drop.stage}, {drop.reason}: {full(size)} {unit} ({percent(size, entered)})",
        )
        for at, (size, drop) in enumerate(zip(sizes, order, strict=True))
    ]
    # Edits may add characters (numbers written out), a drop of less than none: it gets no part of the bar, and the
    # whole is then what was kept and dropped, which is more than what entered.
    total = max(entered, kept + sum(max(size, 0) for size in sizes))
    label = f"{percent(kept, entered)} of {full(entered)} {unit} kept"
    head = el("p", el("span", unit.capitalize()), el("b", f"{percent(kept, entered)} kept"), class_="barhead")
    names = _names(parts, ["kept", *(drop.reason for drop in order)], total)
    return [head, el("div", bar(parts, total, label, "bar all"), names, class_="named")]


def _names(parts: Sequence[Part], names: Sequence[str], total: float) -> list[Html]:
    """The names of the parts that are wide enough for them."""
    spans, at = [], 0.0
    for part, name in zip(parts, names, strict=True):
        width = 100 * max(part.size, 0.0) / total if total else 0.0
        if width >= NAMED_PERCENT:
            style = f"left:{at:.2f}%;width:{width:.2f}%"
            spans.append(el("span", name, style=style, class_=part.kind, aria_hidden="true"))
        at += width
    return spans


def _swatch(kind: str) -> Html:
    return el("i", class_=f"swatch {kind}", aria_hidden="true")


def _largest(totals: Totals, order: list[DropCount], rate: float | None) -> Html:
    rows = order[:GLANCE_ROWS]
    head = _head("Why", f"{totals.unit.capitalize()}s", "", "Characters", "", *(["≈ Tokens"] if rate else []))
    body = el("tbody", [_largest_row(drop, totals, rate) for drop in rows])
    more = len(order) - len(rows)
    caption = el("caption", "The largest drops", f"; {of(more, 'smaller one')} below" if more else "")
    return el("div", el("table", caption, head, body, class_="largest"), class_="wide")


def _largest_row(drop: DropCount, totals: Totals, rate: float | None) -> Html:
    why = el(
        "th", el("code", drop.reason) if drop.reason != INSIDE else INSIDE, el("small", f" {drop.stage}"), scope="row"
    )
    units = [el("td", full(drop.n) if drop.n else "–"), el("td", _share_bar(drop.n, totals.entered))]
    chars = [el("td", _signed(drop.chars)), el("td", _share_bar(drop.chars, totals.chars_entered))]
    return el("tr", why, *units, *chars, *_tokens(drop.chars, rate))


def _share_bar(size: float, total: float) -> list[Html]:
    if size <= 0:
        return []
    label = percent(size, total)
    return [el("span", label, class_="share"), bar([Part(size, "dropped t0", label)], total, label, "bar mini")]


def _signed(chars: int) -> str:
    return f"+{short(-chars)}" if chars < 0 else short(chars)


def _tokens(chars: int, rate: float | None) -> list[Html]:
    """About how many tokens these characters would have been, at the rate of kept documents (characters per token)."""
    return [el("td", short(max(0, chars) / rate))] if rate else []


def _head(*names: str) -> Html:
    return el("thead", el("tr", [el("th", name, scope="col") if name else el("td") for name in names]))


def by_stage(passages: Sequence[Passage], totals: Totals, rate: float | None) -> Html:
    """The funnel: for each stage and unit what entered, what was kept, what was dropped and why."""
    head = _head("Stage and reason", "Number", "Share", "Characters", *(["≈ Tokens"] if rate else []))
    caption = el("caption", "Every stage in order, with everything it dropped")
    # Bars of a unit are drawn to what entered its first stage, so that they shrink from stage to stage: reversed, as
    # the last one put into the dict stays, and that is then the first stage.
    first = {each.unit: each for each in reversed(passages) if each.entered}
    bodies = [_of_passage(each, first.get(each.unit, each), rate) for each in passages]
    return el("div", el("table", caption, head, bodies, class_="stages"), class_="wide")


def _of_passage(each: Passage, first: Passage, rate: float | None) -> Html:
    rows = [_drop_row(drop, each, rate) for drop in each.drops] + [_edit_row(drop, each, rate) for drop in each.edits]
    columns = 5 if rate else 4
    return el("tbody", el("tr", el("th", _stage_head(each, first), colspan=columns, scope="rowgroup")), rows)


def _stage_head(each: Passage, first: Passage) -> list[Html]:
    name = el("b", each.stage)
    if each.entered is None:
        return [el("span", name, f"{each.unit}s removed from kept texts", class_="stagehead")]
    way = (
        f"{full(each.entered)} → {of(each.kept, each.unit)}"
        if each.drops
        else f"{of(each.entered, each.unit)}, all kept"
    )
    parts = [name, el("span", way), el("em", percent(each.kept, each.entered) if each.drops else "")]
    bars = [bar(_parts(each.kept, [drop.n for drop in each.drops], each, each.unit), first.entered or 1, way)]
    if each.chars_entered:
        dropped = [each.chars_entered - each.chars_kept]
        label = f"{short(each.chars_entered)} → {short(each.chars_kept)} characters"
        shares = [Part(each.chars_kept, "kept", label), Part(dropped[0], "dropped t2", label)]
        total = max(first.chars_entered or each.chars_entered, each.chars_kept)
        bars.append(bar(shares, total, label, "bar thin"))
    return [el("span", *parts, class_="stagehead"), *bars]


def _parts(kept: int, dropped: list[int], each: Passage, unit: str) -> list[Part]:
    parts = [Part(kept, "kept", f"{of(kept, unit)} kept")]
    return parts + [
        Part(n, f"dropped t{at % TINTS}", f"{drop.reason}: {full(n)}")
        for at, (n, drop) in enumerate(zip(dropped, each.drops, strict=True))
    ]


def _drop_row(drop: DropCount, each: Passage, rate: float | None) -> Html:
    share = percent(drop.n, each.entered) if each.entered else "–"
    cells = [el("td", full(drop.n)), el("td", share), el("td", short(drop.chars) if drop.chars else "–")]
    return el("tr", el("th", el("code", drop.reason), scope="row"), *cells, *_tokens(drop.chars, rate))


def _edit_row(drop: DropCount, each: Passage, rate: float | None) -> Html:
    name = el("th", el("code", drop.reason), el("small", " edit"), scope="row")
    changed = percent(drop.n, each.entered or 0)
    cells = [el("td", full(drop.n)), el("td", changed), el("td", _signed(drop.chars))]
    return el("tr", name, *cells, *_tokens(drop.chars, rate), class_="edit")
