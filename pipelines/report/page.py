"""The page: one HTML file that needs no other, of one build or of several."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.ledger import Ledger
from pipelines.engine.funnel import SWITCHED_OFF
from pipelines.report.amounts import full, percent
from pipelines.report.draw_charts import figure
from pipelines.report.draw_drops import by_stage, glance, headline
from pipelines.report.draw_mixture import mixture, overview
from pipelines.report.draw_recipe import changed, origin, recipe
from pipelines.report.draw_search import SCRIPT_POLICY, script, search_box
from pipelines.report.draw_texts import texts, unreadables
from pipelines.report.drops import passages, totals_of
from pipelines.report.gather import Facts
from pipelines.report.markup import Html, el, join
from pipelines.report.style import STYLE

POLICY = f"default-src 'none'; style-src 'unsafe-inline'; {SCRIPT_POLICY}; base-uri 'none'; form-action 'none'"
"""The browser then refuses anything that a text might try to load or run."""


def page(builds: Sequence[Facts]) -> str:
    """The HTML of a report."""
    title = (
        f"{builds[0].source}: a build of llama-corpus" if len(builds) == 1 else f"{len(builds)} builds of llama-corpus"
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", Html(STYLE)),
    )
    each = [_build(facts, len(builds)) for facts in builds]
    together = _together(builds)
    body = el("body", _top(builds), el("main", [together, each] if len(builds) > 1 else [each, together]), script())
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='en')}\n"


def _top(builds: Sequence[Facts]) -> Html:
    name = builds[0].source if len(builds) == 1 else "The corpus"
    links = [el("a", facts.source, href=f"#{facts.source}") for facts in builds] if len(builds) > 1 else []
    return el("header", el("p", "llama-corpus", class_="brand"), el("h1", name),
              el("nav", links, aria_label="Sources") if links else None, search_box())  # fmt: skip


def _together(builds: Sequence[Facts]) -> Html | None:
    """What concerns all builds: side by side, and the mixture."""
    counted = any(facts.tokens for facts in builds)
    if len(builds) == 1 and not counted:
        return None
    tables = [overview(builds)] if len(builds) > 1 else []
    return el("section", el("h2", "All sources") if tables else el("h2", "In the mixture"), tables, mixture(builds))


def _build(facts: Facts, builds: int) -> Html:
    totals = totals_of(facts.ledger)
    rate = totals.chars_kept / facts.tokens if facts.tokens and totals.chars_kept else None
    name = facts.source if builds > 1 else "What was dropped, and why"
    parts = [
        el("h2", name), _faults(facts), headline(totals, facts.tokens), _notices(facts), glance(totals, rate),
        el("h3", "Stage by stage"), by_stage(passages(facts.ledger), totals, rate), _rate(rate), *_charts(facts),
        el("h3", "Texts to read"), texts(facts), el("h3", "Unreadable"), _broken(facts), _made_with(facts),
    ]  # fmt: skip
    return el("section", parts, id=facts.source)


def _faults(facts: Facts) -> Html | None:
    faults = [el("li", fault) for fault in facts.manifest["faults"]]
    return (
        el("div", el("b", "This build must not be trusted"), el("ul", faults), class_="fault", role="alert")
        if faults
        else None
    )


def _notices(facts: Facts) -> list[Html]:
    """What must be known before the numbers: what was changed, what was switched off."""
    lines = [f"Changed on the command line: {', '.join(changed(facts.manifest))}."] if changed(facts.manifest) else []
    off = _switched_off(facts.ledger)
    lines += [f"Switched off, as no model was given: {', '.join(off)}."] if off else []
    return [el("p", line, class_="notice") for line in lines]


def _switched_off(ledger: Ledger) -> list[str]:
    return sorted(stage for stage, unit, reason in ledger.counts if (unit, reason) == SWITCHED_OFF)


def _rate(rate: float | None) -> Html | None:
    note = f"Dropped tokens are estimated at {rate:.2f} characters per token, as in the kept documents." if rate else ""
    return el("p", note, class_="note") if rate else None


def _charts(facts: Facts) -> list[Html]:
    if not facts.charts:
        return []
    part = "" if facts.read_share > 0.999 else f" Drawn from {percent(facts.read_share, 1)} of the kept documents."
    cut = facts.manifest["recipe"].get("dropped_text_chars", {}).get("value")
    note = (
        "Lengths are those of whole texts. Measures of dropped texts are estimated from those that the build stored"
        + (f", each cut at {full(cut)} characters" if cut else "")
        + "; those of kept texts from a sample. Measures are of texts as they were kept or dropped." + part
    )  # fmt: skip
    figures = [figure(chart) for chart in facts.charts]
    return [el("h3", "Lengths, scores and measures"), el("p", note, class_="note"), el("div", figures, class_="charts")]


def _broken(facts: Facts) -> Html:
    rows = facts.ledger.broken
    return join(unreadables(rows)) if rows else el("p", "Every record of the dump could be read.", class_="note")


def _made_with(facts: Facts) -> list[Html]:
    folded = (
        ("Recipe, with citations", recipe(facts.manifest)),
        ("Inputs, versions and digests", origin(facts.manifest)),
    )
    return [el("h3", "Made with"), *(el("details", el("summary", el("b", name)), inside) for name, inside in folded)]
