"""Megatron's indexed dataset, and the windows of its GPTDataset."""

from __future__ import annotations

import numpy as np
import pytest
from tools.expected import EOS, tokens
from tools.page import run

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore")]


def test_megatron() -> None:
    opened = run("megatron")
    for name, source in (("one", "github"), ("mixed", "mixture")):
        dataset = opened[name]
        assert [row.tolist() for row in dataset[:]] == tokens(source)
        assert dataset.document_indices.tolist() == list(range(len(dataset) + 1))
        assert dataset.index.dtype == np.uint16


def test_gpt_dataset() -> None:
    opened = run("gpt_dataset")
    train, valid = opened["train"], opened["valid"]
    assert len(train) >= 200
    assert len(valid) >= 4
    assert opened["window"]["tokens"].tolist()[1:] == opened["window"]["labels"].tolist()[:-1]
    documents, pieces = "\n".join(f" {words(one)} " for one in tokens("mixture")), 0
    for number in range(200):
        ids = train[number]["tokens"].numpy()
        for part in np.split(ids, np.flatnonzero(ids == EOS) + 1):
            assert not len(part) or f" {words(part.tolist())} " in documents
            pieces += 1
    assert pieces > 200  # a document ends within some window
    positions = train[0]["position_ids"][np.flatnonzero(train[0]["tokens"][:-1].numpy() == EOS) + 1]
    assert set(positions.tolist()) <= {0}


def words(ids: list[int]) -> str:
    return " ".join(map(str, ids))
