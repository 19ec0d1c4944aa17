"""Grain on ArrayRecord."""

from __future__ import annotations

import pytest
from tools.expected import flat, tokens, windows
from tools.page import run

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]


def test_grain() -> None:
    opened = run("grain")
    documents, shuffled = opened["documents"], opened["shuffled"]
    assert [documents[number].tolist() for number in range(len(documents))] == tokens("mixture")
    read = [shuffled[number].tolist() for number in range(len(shuffled))]
    assert sorted(read) == sorted(tokens("mixture"))
    assert read != tokens("mixture")
    rows = [one["tokens"].tolist() for one in opened["packed"]]
    assert rows[: len(flat("mixture")) // 64] == windows(flat("mixture"), 64)
    assert opened["batch"]["tokens"].tolist() == rows[:8]
