from __future__ import annotations

import pytest

from tokenizer.card import Card, Fertility, fertility, markdown
from tokenizer.encode import Encoder
from tokenizer.sample import Text


def test_fertility_counts_by_source_and_language(encoder: Encoder) -> None:
    texts = [
        Text("github:1", "github", "", "The river froze\n"),
        Text("wikipedia:1", "wikipedia", "en", "early that winter"),
        Text("wikipedia:2", "wikipedia", "uk", "\U0001f9ff"),
        Text("wikipedia:3", "wikipedia", "en", "The river"),
    ]
    rows = fertility(texts, encoder, lambda text: text.id.endswith("1"))
    tokens = [len(encoder.encode(text.text)) for text in texts]
    assert rows == [
        Fertility("github", "", 1, 1, 16, 16, 3, tokens[0], 0),  # the line break is a byte, but no unknown character
        Fertility("wikipedia", "en", 2, 1, 26, 26, 5, tokens[1] + tokens[3], 0),
        Fertility("wikipedia", "uk", 1, 0, 4, 1, 1, tokens[2], 4),
    ]
    assert rows[1].tokens_per_word == (tokens[1] + tokens[3]) / 5
    assert rows[2].byte_share == pytest.approx(4 / tokens[2])


def test_markdown_shows_every_part() -> None:
    row = Fertility("books", "", 3, 1, 1000, 900, 200, 250, 5)
    shown = markdown(Card("ab12", {"vocab_size": 32_000}, 10, 1234, "cd34", {"books": 5000}, {"books": 0.25}, [row]))
    assert "Model SHA-256 `ab12`." in shown
    assert "Trained on 10 lines, 1,234 bytes; SHA-256 of the lines `cd34`." in shown
    assert "| books | 5,000 | 25.0000% |" in shown
    assert "| books | - | 3 | 1 | 1.250 | 4.000 | 2.0000% |" in shown
    assert "| vocab_size | `32000` |" in shown
