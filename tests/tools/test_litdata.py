"""litdata's StreamingDataset with its TokensLoader."""

from __future__ import annotations

import pytest
from tools.expected import flat, windows
from tools.page import run

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]


def test_litdata() -> None:
    opened = run("litdata")
    one, mixed, shuffled = (opened[name] for name in ("one", "mixed", "shuffled"))
    assert [one[number].tolist() for number in range(len(one))] == windows(flat("github"), 65)
    assert [mixed[number].tolist() for number in range(len(mixed))] == windows(flat("mixture"), 65)
    assert sorted(row.tolist() for row in shuffled) == sorted(windows(flat("mixture"), 65))
    assert opened["batch"].shape == (4, 65)
