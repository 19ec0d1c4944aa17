"""MosaicML's StreamingDataset."""

from __future__ import annotations

import pytest
from tools.expected import tokens
from tools.page import run

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]


def test_mosaicml() -> None:
    opened = run("mosaicml")
    one, mixed, shuffled = (opened[name] for name in ("one", "mixed", "shuffled"))
    assert [one[number]["tokens"].tolist() for number in range(len(one))] == tokens("github")
    assert {sample["source"] for sample in one} == {"github"}
    assert [mixed[number]["tokens"].tolist() for number in range(len(mixed))] == tokens("mixture")
    read = [sample["tokens"].tolist() for sample in shuffled]
    assert sorted(read) == sorted(tokens("mixture"))
    assert read != tokens("mixture")
    assert all(sample["locator"].startswith(sample["source"]) for sample in shuffled)
