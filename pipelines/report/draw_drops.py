"""What was lost, drawn: at a glance, and stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipelines.report.amounts import full, of, percent, short
from pipelines.report.drops import INSIDE, DropCount, Passage, Totals
from pipelines.report.markup import Html, el

TINTS = 5
"""Neighbouring reasons differ in tint; so many, then they repeat."""

GLANCE_ROWS = 8

NAMED_PERCENT = 9.0
"""A part of a bar this wide has room for the beginning of its name."""


class Part(NamedTuple):
    """A part of a bar: its size, its class, and what it is."""

    size: float
    kind: str
    label: str


def bar(parts: Sequence[Part], whole: float, label: str, kind: str = "bar") -> Html:
    """Parts of a whole side by side; what is not there is left blank."""
    rects, at = [], 0.0
    for part in parts:
        width = 1000 * max(part.size, 0.0) / whole if whole else 0.0
        if width:
            shape = el("rect", x=f"{at:.2f}", y=0, width=f"{width:.2f}", height=10, class_=part.kind)
            rects.append(el("g", el("title", part.label), shape))
            at += width
    return el(
        "svg", rects, viewBox="0 0 1000 10", preserveAspectRatio="none", class_=kind, role="img", aria_label=label
    )


def headline(whole: Totals, tokens: int | None) -> Html:
    """The sentence that says how much stayed, and for what most of it went."""
    stay = [
        el("b", full(whole.kept)),
        f" of {of(whole.entered, whole.unit)} stay ({percent(whole.kept, whole.entered)}), ",
    ]
    chars = [el("b", short(whole.chars_kept)), f" of {short(whole.chars_entered)} characters "]
    share = f"({percent(whole.chars_kept, whole.chars_entered)})"
    counted = f", {full(tokens)} tokens." if tokens is not None else "."
    return el("p", stay, chars, share, counted, _most(whole), class_="lead")


def _most(whole: Totals) -> str:
    by_n = max(whole.drops, key=lambda loss: loss.n, default=None)
    by_chars = max(whole.drops, key=lambda loss: loss.chars, default=None)
    said = ""
    if by_n and by_n.n:
        said = f" Most {whole.unit}s went for {by_n.reason} ({percent(by_n.n, whole.entered)})"
        said += "." if by_chars == by_n else ","
    if by_chars and by_chars.chars > 0 and by_chars != by_n:
        way = f"through {INSIDE} at {by_chars.stage}" if by_chars.reason == INSIDE else f"for {by_chars.reason}"
        share = percent(by_chars.chars, whole.chars_entered)
        said += f" most characters {way} ({share})." if said else f" Most characters went {way} ({share})."
    return said or " Nothing was lost."


def glance(whole: Totals, rate: float | None) -> list[Html]:
    """Two bars of everything, documents and characters, and the largest losses under them, all in one order."""
    order = largest_first(whole)
    units = _bar_of_all([loss.n for loss in order], order, whole.kept, whole.entered, f"{whole.unit}s")
    chars = _bar_of_all([loss.chars for loss in order], order, whole.chars_kept, whole.chars_entered, "characters")
    key = el("p", _swatch("kept"), "kept", _swatch("gone t0"), "gone, a part for each reason", class_="key")
    return [el("div", *units, *chars, key, class_="glance"), *([_largest(whole, order, rate)] if order else [])]


def largest_first(whole: Totals) -> list[DropCount]:
    """The losses by the larger of their shares of documents and of characters."""
    return sorted(whole.drops, key=lambda loss: (-share_of(loss, whole), loss.stage, loss.reason))


def share_of(loss: DropCount, whole: Totals) -> float:
    """The larger of a loss's share of documents and of characters (0 to 1)."""
    return max(loss.n / max(whole.entered, 1), loss.chars / max(whole.chars_entered, 1))


def _bar_of_all(sizes: list[int], order: list[DropCount], kept: int, entered: int, unit: str) -> list[Html]:
    parts = [Part(kept, "kept", f"kept: {full(kept)} {unit} ({percent(kept, entered)})")]
    parts += [
        Part(
            size, f"gone t{at % TINTS}", f"{loss.stage}, {loss.reason}: {full(size)} {unit} ({percent(size, entered)})"
        )
        for at, (size, loss) in enumerate(zip(sizes, order, strict=True))
    ]
    whole = max(entered, kept + sum(max(size, 0) for size in sizes))
    label = f"{percent(kept, entered)} of {full(entered)} {unit} kept"
    head = el("p", el("span", unit.capitalize()), el("b", f"{percent(kept, entered)} stay"), class_="barhead")
    names = _names(parts, ["kept", *(loss.reason for loss in order)], whole)
    return [head, el("div", bar(parts, whole, label, "bar whole"), names, class_="named")]


def _names(parts: Sequence[Part], names: Sequence[str], whole: float) -> list[Html]:
    """The names of the parts that are wide enough to bear them."""
    spans, at = [], 0.0
    for part, name in zip(parts, names, strict=True):
        width = 100 * max(part.size, 0.0) / whole if whole else 0.0
        if width >= NAMED_PERCENT:
            style = f"left:{at:.2f}%;width:{width:.2f}%"
            spans.append(el("span", name, style=style, class_=part.kind, aria_hidden="true"))
        at += width
    return spans


def _swatch(kind: str) -> Html:
    return el("i", class_=f"swatch {kind}", aria_hidden="true")


def _largest(whole: Totals, order: list[DropCount], rate: float | None) -> Html:
    rows = order[:GLANCE_ROWS]
    head = _head("Why", f"{whole.unit.capitalize()}s", "", "Characters", "", *(["≈ Tokens"] if rate else []))
    body = el("tbody", [_largest_row(loss, whole, rate) for loss in rows])
    more = len(order) - len(rows)
    caption = el("caption", "The largest losses", f"; {of(more, 'smaller one')} below" if more else "")
    return el("div", el("table", caption, head, body, class_="largest"), class_="wide")


def _largest_row(loss: DropCount, whole: Totals, rate: float | None) -> Html:
    why = el(
        "th", el("code", loss.reason) if loss.reason != INSIDE else INSIDE, el("small", f" {loss.stage}"), scope="row"
    )
    units = [el("td", full(loss.n) if loss.n else "–"), el("td", _share_bar(loss.n, whole.entered))]
    chars = [el("td", _signed(loss.chars)), el("td", _share_bar(loss.chars, whole.chars_entered))]
    return el("tr", why, *units, *chars, *_tokens(loss.chars, rate))


def _share_bar(size: float, whole: float) -> list[Html]:
    if size <= 0:
        return []
    said = percent(size, whole)
    return [el("span", said, class_="share"), bar([Part(size, "gone t0", said)], whole, said, "bar mini")]


def _signed(chars: int) -> str:
    return f"+{short(-chars)}" if chars < 0 else short(chars)


def _tokens(chars: int, rate: float | None) -> list[Html]:
    """About how many tokens so many characters would have been, at the rate of what was kept."""
    return [el("td", short(max(0, chars) / rate))] if rate else []


def _head(*names: str) -> Html:
    return el("thead", el("tr", [el("th", name, scope="col") if name else el("td") for name in names]))


def by_stage(passages: Sequence[Passage], whole: Totals, rate: float | None) -> Html:
    """The funnel: for each stage and unit what entered, what stayed, what went and why."""
    head = _head("Stage and reason", "Number", "Share", "Characters", *(["≈ Tokens"] if rate else []))
    caption = el("caption", "Every stage in its order, with all that went there")
    first = {each.unit: each for each in reversed(passages) if each.entered}
    bodies = [_of_passage(each, first.get(each.unit, each), rate) for each in passages]
    return el("div", el("table", caption, head, bodies, class_="stages"), class_="wide")


def _of_passage(each: Passage, first: Passage, rate: float | None) -> Html:
    rows = [_loss_row(loss, each, rate) for loss in each.drops] + [_edit_row(loss, each, rate) for loss in each.edits]
    columns = 5 if rate else 4
    return el("tbody", el("tr", el("th", _stage_head(each, first), colspan=columns, scope="rowgroup")), rows)


def _stage_head(each: Passage, first: Passage) -> list[Html]:
    name = el("b", each.stage)
    if each.entered is None:
        return [el("span", name, f"{each.unit}s taken out of texts that stayed", class_="stagehead")]
    way = (
        f"{full(each.entered)} → {of(each.kept, each.unit)}"
        if each.drops
        else f"{of(each.entered, each.unit)}, all stay"
    )
    said = [name, el("span", way), el("em", percent(each.kept, each.entered) if each.drops else "")]
    bars = [bar(_parts(each.kept, [loss.n for loss in each.drops], each, each.unit), first.entered or 1, way)]
    if each.chars_entered:
        gone = [each.chars_entered - each.chars_kept]
        told = f"{short(each.chars_entered)} → {short(each.chars_kept)} characters"
        parts = [Part(each.chars_kept, "kept", told), Part(gone[0], "gone t2", told)]
        whole = max(first.chars_entered or each.chars_entered, each.chars_kept)
        bars.append(bar(parts, whole, told, "bar thin"))
    return [el("span", *said, class_="stagehead"), *bars]


def _parts(kept: int, gone: list[int], each: Passage, unit: str) -> list[Part]:
    parts = [Part(kept, "kept", f"{full(kept)} {unit}s stay")]
    return parts + [
        Part(n, f"gone t{at % TINTS}", f"{loss.reason}: {full(n)}")
        for at, (n, loss) in enumerate(zip(gone, each.drops, strict=True))
    ]


def _loss_row(loss: DropCount, each: Passage, rate: float | None) -> Html:
    share = percent(loss.n, each.entered) if each.entered else "–"
    cells = [el("td", full(loss.n)), el("td", share), el("td", short(loss.chars) if loss.chars else "–")]
    return el("tr", el("th", el("code", loss.reason), scope="row"), *cells, *_tokens(loss.chars, rate))


def _edit_row(loss: DropCount, each: Passage, rate: float | None) -> Html:
    name = el("th", el("code", loss.reason), el("small", " edit"), scope="row")
    changed = percent(loss.n, each.entered or 0)
    cells = [el("td", full(loss.n)), el("td", changed), el("td", _signed(loss.chars))]
    return el("tr", name, *cells, *_tokens(loss.chars, rate), class_="edit")
