"""litgpt's LitData module, and a model of litgpt that learns from it."""

from __future__ import annotations

import pytest
from tools.expected import flat, windows
from tools.page import run

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]


def test_litgpt() -> None:
    opened = run("litgpt")
    assert len(opened["losses"]) == 20
    assert sum(opened["losses"][-5:]) / 5 < opened["losses"][0] - 1
    read = [row.tolist() for batch in opened["data"].train_dataloader() for row in batch]
    assert len(read) == len(windows(flat("mixture"), 65)) // 4 * 4  # whole batches
    assert {tuple(row) for row in read} <= {tuple(row) for row in windows(flat("mixture"), 65)}
