"""torchtitan's text dataset on JSON lines of a mixture, with the exported tokenizer."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from tools.expected import tokens
from tools.page import run

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]


def test_torchtitan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    opened = run("torchtitan")
    read = list(opened["dataset"])
    inputs = [token for one in tokens("mixture") for token in one[:-1]]  # a target never is of the next document
    labels = [token for one in tokens("mixture") for token in one[1:]]
    assert [token for window, _ in read for token in window["input"].tolist()] == inputs[: len(read) * 64]
    assert [token for _, window in read for token in window.tolist()] == labels[: len(read) * 64]
    assert len(read) == len(inputs) // 64


def test_torchtitan_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    first, second = run("torchtitan")["dataset"], run("torchtitan")["dataset"]
    stream = iter(first)
    list(islice(stream, 5))
    second.load_state_dict(first.state_dict())
    assert [one[0]["input"].tolist() for one in islice(stream, 5)] == [
        one[0]["input"].tolist() for one in islice(iter(second), 5)
    ]
