"""Histograms and counts of words, drawn: kept documents below, dropped ones on top, limits as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpus.amounts import units
from pipelines.report.amounts import full, percent, plain, short
from pipelines.report.draw_drops import Part, bar
from pipelines.report.gather import Chart, Words
from pipelines.report.histogram import Axis, Histogram
from pipelines.report.markup import Html, el
from pipelines.report.measures import Limit

HEIGHT = 100.0


def figure(chart: Chart) -> Html:
    """One chart with its caption."""
    name = "Length of documents" if chart.kind == "length" else el("code", chart.name)
    unit = chart.unit.replace("chars", "characters")
    head = el("figcaption", el("b", name), el("span", _about(chart, unit)))
    drawn = _words(chart.drawn) if isinstance(chart.drawn, Words) else _histogram(chart.drawn, unit)
    return el("figure", head, drawn)


def _about(chart: Chart, unit: str) -> str:
    if isinstance(chart.drawn, Words):
        return "a field of scored documents" if chart.kind == "score" else "of texts as they were dropped or kept"
    medians = ((chart.drawn.kept_median, "kept"), (chart.drawn.dropped_median, "dropped"))
    known = ", ".join(f"{plain(median)} {what}" for median, what in medians if median is not None)
    return f"{unit}{'; ' if unit else ''}median {known}"


def _histogram(drawn: Histogram, unit: str) -> list[Html]:
    most = max(kept + dropped for kept, dropped in zip(drawn.kept, drawn.dropped, strict=True)) or 1.0
    bars = el("svg", list(_bars(drawn, most, unit)), viewBox=f"0 0 1000 {HEIGHT:g}", preserveAspectRatio="none",
              role="img", aria_label=_spoken(drawn, unit))  # fmt: skip
    lines = _limits(drawn.axis, drawn.limits)
    top = el("p", f"{short(most)} {units(most, 'document')}", class_="most", aria_hidden="true")
    return [top, el("div", bars, lines, class_="plot"), _ticks(drawn.axis), *_legend(drawn.limits)]


def _bars(drawn: Histogram, most: float, unit: str) -> Iterator[Html]:
    edges = drawn.axis.edges
    for at, (kept, dropped) in enumerate(zip(drawn.kept, drawn.dropped, strict=True)):
        if kept or dropped:
            left, right = (1000 * at / (len(edges) - 1) for at in (at, at + 1))
            low, high = HEIGHT * kept / most, HEIGHT * dropped / most
            label = f"{plain(edges[at])} to {plain(edges[at + 1])} {unit}: {short(kept)} kept, {short(dropped)} dropped"
            yield el("g", el("title", label), _rect(left, right, HEIGHT - low, low, "kept"),
                     _rect(left, right, HEIGHT - low - high, high, "dropped t0"))  # fmt: skip


def _rect(left: float, right: float, top: float, height: float, kind: str) -> Html | None:
    """A bar, high enough to be visible; None for 0."""
    if not height:
        return None
    tall = max(height, 0.7)
    size = {"x": f"{left + 1.5:.1f}", "width": f"{right - left - 3:.1f}", "height": f"{tall:.2f}"}
    return el("rect", y=f"{top + height - tall:.2f}", class_=kind, **size)


def _spoken(drawn: Histogram, unit: str) -> str:
    kept, dropped = sum(drawn.kept), sum(drawn.dropped)
    return (
        f"Histogram from {plain(drawn.axis.edges[0])} to {plain(drawn.axis.edges[-1])} {unit}: "
        f"{short(kept)} {units(kept, 'document')} kept, {short(dropped)} dropped"
    )


def _limits(axis: Axis, limits: Sequence[Limit]) -> list[Html]:
    """A line at each limit; the side that is dropped is shaded."""
    drawn = []
    for limit in limits:
        at = 100 * axis.position(float(limit.value))  # type: ignore[arg-type]
        if limit.test in ("above", "below"):
            side = f"left:{at:.2f}%;right:0" if limit.test == "above" else f"left:0;width:{at:.2f}%"
            drawn.append(el("i", class_="side", style=side))
        drawn.append(el("i", class_="limit", style=f"left:{at:.2f}%"))
    return drawn


def _ticks(axis: Axis) -> Html:
    marks = []
    for value in axis.ticks():
        at = axis.position(value)
        end = " first" if at < 0.02 else " last" if at > 0.98 else ""
        marks.append(el("span", plain(value), style=f"left:{100 * at:.2f}%", class_=f"tick{end}"))
    return el("div", marks, class_="ticks", aria_hidden="true")


def _legend(limits: Sequence[Limit]) -> list[Html]:
    """The limits in words, one line each."""
    signs = {"above": "> ", "below": "< "}
    return [
        el("p", el("i", class_="dash", aria_hidden="true"), el("code", limit.reason), f" {signs.get(limit.test, '')}"
           f"{plain(float(limit.value))}", class_="limits")  # type: ignore[arg-type]
        for limit in limits
    ]  # fmt: skip


def _words(drawn: Words) -> Html:
    """One row per word, with a bar of the documents kept and dropped."""
    most = max(kept + dropped for _word, kept, dropped in drawn.rows)
    rows = [_word_row(word, kept, dropped, most, drawn) for word, kept, dropped in drawn.rows]
    head = el("thead", el("tr", el("th", "Value", scope="col"), el("th", "Kept and dropped", scope="col"),
                          el("th", "Kept", scope="col"), el("th", "Dropped", scope="col")))  # fmt: skip
    listed = ", ".join(drawn.listed)
    rule = {"outside": f"Only these are kept: {listed}.", "among": f"These are dropped: {listed}."}.get(drawn.test, "")
    return el("div", el("table", el("caption", rule), head, el("tbody", rows), class_="words"), class_="wide")


def _word_row(word: str, kept: float, dropped: float, most: float, drawn: Words) -> Html:
    label = f"{full(kept)} kept, {full(dropped)} dropped"
    parts = [Part(kept, "kept", label), Part(dropped, "dropped t0", label)]
    name = el("b", word) if drawn.test == "outside" and word in drawn.listed else word or "(none)"
    cells = [
        el("td", bar(parts, most, label)),
        el("td", short(kept) if kept else "–"),
        el("td", short(dropped) if dropped else "–"),
    ]
    return el("tr", el("th", el("bdi", name), scope="row", title=percent(kept, kept + dropped)), *cells)
