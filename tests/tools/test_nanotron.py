"""nanotron's Nanoset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tools.expected import flat, windows
from tools.page import run

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]


def test_nanotron() -> None:
    opened = run("nanotron")
    known = {tuple(row) for row in windows(flat("mixture"), 65)}
    read = [tuple(opened["mixed"][number]["input_ids"].tolist()) for number in range(100)]
    assert set(read) <= known
    assert len(set(read)) == 100
    of = {tuple(row): name for name in ("books", "github") for row in windows_of_shards(name)}
    weighted = [of[tuple(opened["weighted"][number]["input_ids"].tolist())] for number in range(100)]
    assert 65 <= weighted.count("books") <= 85


def windows_of_shards(name: str) -> list[list[int]]:
    """Windows of 32 ids of each file of datatrove, as its index and sizes say."""
    found = []
    for path in sorted(Path("DATATROVE", name).glob("*.ds")):
        found += windows(np.fromfile(path, "<u2").tolist(), 32)
    assert {token for row in found for token in row} <= set(flat(name))
    return found
