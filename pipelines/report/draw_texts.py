"""Texts to read: a few kept ones, a few for each reason (duplicates with their originals); and unreadable records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from corpus.amounts import of
from corpus.ledger import BrokenRecord
from pipelines.report.amounts import full
from pipelines.report.gather import TEXT_CHARS, Facts, Text, Why
from pipelines.report.markup import Html, el

UNREADABLE_MOST = 50


def texts(facts: Facts) -> list[Html]:
    """Everything there is to read, each reason in a section that opens and closes."""
    kept = _fold(
        el("b", "kept", class_="keptword"), "", of(facts.manifest["documents"], "document"), facts.kept, {}, "kept"
    )
    order = {stage: at for at, stage in enumerate(("input", "read", *facts.manifest["stages"]))}
    whys = sorted(facts.dropped, key=lambda why: (order.get(why[0], -1), -facts.ledger.count(*why), why))
    return [kept, *(_of_reason(why, facts) for why in whys)]


def _of_reason(why: Why, facts: Facts) -> Html:
    stage, unit, reason = why
    return _fold(el("code", reason), stage, of(facts.ledger.count(*why), unit), facts.dropped[why], facts.originals)


def _fold(
    name: Html, stage: str, amount: str, some: Sequence[Text], originals: Mapping[str, Text], fate: str = "dropped"
) -> Html:
    readable = [text for text in some if text.text]
    count = f"{len(readable)} to read" if readable else "no text stored"
    head = el("summary", name, el("span", f"{stage} · " if stage else "", amount, " · ", count))
    return el("details", head, [_article(text, originals) for text in some], class_="texts", data_fate=fate)


def _article(text: Text, originals: Mapping[str, Text]) -> Html:
    ways = [el("bdi", el("code", text.id))]
    if text.duplicate_of:
        ways += [el("span", " duplicates "), el("bdi", el("code", text.duplicate_of))]
    shown = [_text(text)]
    ways += [el("span", " · ", el("bdi", text.about))] if text.about else []
    original = originals.get(text.duplicate_of)
    if original:
        shown.append(_text(original, "The document that was kept. "))
    return el("article", el("p", *ways, class_="id"), el("div", *shown, class_="pair" if original else None))


def _text(text: Text, before: str = "") -> Html:
    """The text in a box of its own, which scrolls."""
    length = of(text.chars, "character")
    shown = f"The first {full(TEXT_CHARS)} of {length}." if text.chars > len(text.text) else f"{length}."
    box = el("pre", text.text, tabindex=0, role="region", aria_label=f"{before}{text.id}, {length}", dir="auto")
    if not text.text:
        return el("p", "The text of this one was not stored.", class_="note")
    return el("div", box, el("p", before, shown, class_="note"))


def unreadables(rows: Sequence[BrokenRecord]) -> Iterator[Html]:
    """The records that could not be read, and their positions."""
    if not rows:
        return
    head = el("thead", el("tr", [el("th", name, scope="col") for name in ("Position in the dump", "Error")]))
    body = [
        el("tr", el("td", el("bdi", el("code", row.locator))), el("td", el("bdi", row.detail)))
        for row in rows[:UNREADABLE_MOST]
    ]
    more = len(rows) - UNREADABLE_MOST
    caption = f"{of(len(rows), 'record')} could not be read" + (f"; the first {UNREADABLE_MOST}" if more > 0 else "")
    yield el("div", el("table", el("caption", caption), head, el("tbody", body), class_="places"), class_="wide")
