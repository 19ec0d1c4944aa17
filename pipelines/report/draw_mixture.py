"""The builds side by side, and the mixture they make against Table 1 of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from corpus.mixture import EPOCHS, TRAINING_TOKENS, table_shares
from pipelines.report.amounts import full, percent, short
from pipelines.report.draw_drops import Part, bar, largest_first, share_of
from pipelines.report.drops import INSIDE, Totals, totals_of
from pipelines.report.gather import Facts
from pipelines.report.markup import Child, Html, el


class Row(NamedTuple):
    """A row of a table: its label, its cells, and its class."""

    label: Child
    cells: Sequence[Child]
    kind: str = ""


def overview(builds: Sequence[Facts]) -> Html:
    """One row per build: what was kept, and the largest drop."""
    names = ["Source", "In the dump", "Documents", "Kept", "Characters", "Tokens", "Largest drop"]
    rows = [_build_row(facts, totals_of(facts.ledger)) for facts in builds]
    return _table("What each source had, and how much of it was kept", names, rows, "overview")


def _build_row(facts: Facts, totals: Totals) -> Row:
    share = percent(totals.kept, totals.entered)
    kept = [
        el("span", share, class_="share"),
        bar([Part(totals.kept, "kept", share)], totals.entered, share, "bar mini"),
    ]
    tokens = short(facts.tokens) if facts.tokens is not None else "–"
    link = el("a", facts.source, href=f"#{facts.source}")
    cells = [
        f"{full(totals.entered)} {totals.unit}s",
        full(totals.kept),
        kept,
        short(totals.chars_kept),
        tokens,
        _largest(totals),
    ]
    return Row(link, cells)


def _largest(totals: Totals) -> list[Html | str]:
    first = next(iter(largest_first(totals)), None)
    if first is None:
        return ["–"]
    name = first.reason if first.reason == INSIDE else el("code", first.reason)
    return [el("span", name, class_="why"), el("small", f" {percent(share_of(first, totals), 1)}")]


def mixture(builds: Sequence[Facts]) -> Html:
    """Table 1 against these builds: shares, and how often training would see each source."""
    tokens = {facts.source: facts.tokens for facts in builds if facts.tokens}
    chars = {facts.source: totals_of(facts.ledger).chars_kept for facts in builds}
    unit = "tokens" if tokens else "characters"
    names = [
        "Source",
        "Share in Table 1",
        f"Share of the {unit} here",
        "Tokens",
        "Epochs over 1.4 T",
        "Epochs in the paper",
    ]
    sources = [*table_shares(), *sorted(set(chars) - set(table_shares()))]
    rows = [_mix_row(name, tokens or chars, tokens, name in chars) for name in sources]
    label = "The mixture against Table 1 of the paper; epochs are of the sources here, their shares scaled to 100 %"
    return _table(label, names, rows, "mixture")


def _mix_row(name: str, at_hand: Mapping[str, int], tokens: Mapping[str, int], here: bool) -> Row:
    total = sum(at_hand.values())
    of_table, of_these = table_shares().get(name), at_hand[name] / total if total and name in at_hand else None
    label = el("a", name, href=f"#{name}") if here else name
    counted = full(tokens[name]) if name in tokens else "–"
    paper = str(EPOCHS[name].value) if name in EPOCHS else "–"
    cells = [_share(of_table, "paper"), _share(of_these, "kept"), counted, _epochs(name, tokens), paper]
    return Row(label, cells, "" if here else "absent")


def _epochs(name: str, tokens: Mapping[str, int]) -> str:
    """How often training over the paper's tokens sees a source, where only those here are mixed."""
    shares, wanted = table_shares(), TRAINING_TOKENS.value
    if name not in tokens or name not in shares or not isinstance(wanted, int):
        return "–"
    epochs = wanted * shares[name] / sum(shares.get(source, 0.0) for source in tokens) / tokens[name]
    return f"{epochs:.2f}" if epochs < 1000 else short(epochs)


def _share(share: float | None, kind: str) -> list[Html] | str:
    if share is None:
        return "–"
    label = percent(share, 1.0)
    return [el("span", label, class_="share"), bar([Part(share, kind, label)], 1.0, label, "bar mini")]


def _table(caption: str, names: Sequence[str], rows: Sequence[Row], kind: str) -> Html:
    """A table whose rows become cards on a phone, where every cell says its own name."""
    head = el("thead", el("tr", [el("th", name, scope="col") for name in names]))
    body = [
        el("tr", el("th", row.label, scope="row"),
           [el("td", cell, data_label=name) for name, cell in zip(names[1:], row.cells, strict=True)],
           class_=row.kind or None)
        for row in rows
    ]  # fmt: skip
    return el(
        "div", el("table", el("caption", caption), head, el("tbody", body), class_=f"cards {kind}"), class_="wide"
    )
