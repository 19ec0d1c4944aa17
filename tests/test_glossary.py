"""docs/glossary.md: every term once, each in one sentence, and the words that a user meets in output among them."""

from __future__ import annotations

import re

from conftest import ROOT

from corpus.document import FAILED, UNREADABLE

ROW = re.compile(r"^\| (?!term \|)(?!-)(.+?) \| (.+?) \|$", re.MULTILINE)
TERMS = {
    "dump", "shard", "document", "line", "stage", "step", "measure", "limit", "reason", "pass", "run", "mask", "ledger",
    "manifest", "recipe", "preset", "mixture", "share", "epochs", "shingle", "signature", "band", "coverage",
    "perplexity", "head", "middle", "tail", "piece", "BOS", "EOS", "window", "duplicate", "worker", "filter",
    "threshold", "fingerprint", "funnel", "cited", "report", "checkpoint",
}  # fmt: skip


def rows() -> list[tuple[str, str]]:
    return ROW.findall((ROOT / "docs" / "glossary.md").read_text())


def test_each_term_stands_once() -> None:
    terms = [term.strip("`") for names, _meaning in rows() for term in names.split(", ")]
    assert sorted(terms) == sorted(set(terms))
    assert sorted({*TERMS, UNREADABLE, FAILED} - set(terms)) == []


def test_each_meaning_is_one_sentence() -> None:
    assert len(rows()) > 50
    wrong = [names for names, meaning in rows() if not re.fullmatch(r"[A-Z0-9`].*[A-Za-z0-9)}`]\.", meaning)]
    wrong += [names for names, meaning in rows() if re.search(r"[.!?] [A-Z]", meaning)]
    assert wrong == []
