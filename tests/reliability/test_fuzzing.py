"""Documents put together from pieces of markup come out of every filter as promised; one that errs is found."""

from __future__ import annotations

import pytest

from corpus.document import Document, Outcome
from reliability.fuzzing import fault, fuzz
from reliability.kinds import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_come_out_as_promised(language: str) -> None:
    assert fuzz(language, 40) >= 40


def outcome(text: str) -> Outcome:
    return Outcome(Document("d", text, "s"))


def test_what_is_wrong_is_said() -> None:
    texts = iter(("a", "b"))
    assert fault("pages", lambda _text: outcome(next(texts)), "x") == "another outcome the second time"
    assert fault("wikitext", lambda _text: outcome("a\x01"), "x").startswith("marks in the text")
    assert fault("pages", lambda _text: outcome("a" * 20_000), "x") == "20000 characters of 1"
    assert "surrogates" in fault("pages", lambda _text: outcome("\ud800"), "x")
    assert fault("pages", lambda _text: outcome(str(1 / 0)), "x").startswith("ZeroDivisionError")
    assert fault("pages", outcome, "x") == ""
