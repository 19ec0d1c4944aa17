from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from corpus.errors import UsageError
from model.config import Config
from model.evaluate.scoring import Model, fit, pad, perplexities, score_jax, score_torch
from model.torch.llama import Llama
from model.weights import Array


@pytest.fixture(scope="module", params=["torch", "jax"])
def model(request: pytest.FixtureRequest, config: Config, weights: dict[str, Array]) -> Model:
    return Model(config, {"torch": score_torch, "jax": score_jax}[request.param](config, weights), rows=2)


def by_hand(config: Config, weights: dict[str, Array], context: list[int], completion: list[int]) -> float:
    """log P(completion | context), one piece at a time, without padding or batches."""
    llama = Llama(config)
    llama.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    total = 0.0
    with torch.no_grad():
        for at, piece in enumerate(completion):
            logits = llama(torch.tensor([context + completion[:at]]))[0, -1]
            total += float(torch.log_softmax(logits, -1)[piece])
    return total


def test_likelihood_is_the_product_of_each_next_piece(model: Model, config: Config, weights: dict[str, Array]) -> None:
    texts = [([1, 5, 9], [7]), ([1], [3, 4, 5, 6]), ([1, 2, 3, 4, 5, 6, 7], [8, 9])]
    expected = [by_hand(config, weights, context, completion) for context, completion in texts]
    assert model.completions(texts) == pytest.approx(expected, abs=1e-4)


def test_a_long_context_loses_its_oldest_pieces() -> None:
    assert fit([1, 2, 3], [4, 5], room=5) == [1, 2, 3, 4, 5]
    assert fit([1, 2, 3], [4, 5], room=4) == [2, 3, 4, 5]
    assert fit([1, 2, 3], [4, 5], room=3) == [3, 4, 5]
    with pytest.raises(UsageError, match="a completion under 2 pieces, got 2"):
        fit([1, 2, 3], [4, 5], room=2)


@pytest.mark.parametrize(("longest", "width"), [(1, 65), (64, 65), (65, 129)])
def test_rows_are_padded_to_few_widths(longest: int, width: int) -> None:
    found = pad([[9] * longest, [7]])
    assert found.shape == (2, width)
    assert found[0].sum() == 9 * longest
    assert found[1].tolist() == [7] + [0] * (width - 1)


def test_perplexity_is_told_by_source() -> None:
    def log_shares(rows: Array) -> Array:
        return np.log(np.where(rows[:, 1:] == 1, 0.5, 0.125).astype(np.float32))

    def windows() -> Iterator[tuple[str, Array]]:
        yield "books", np.array([[0, 1, 1]] * 3)
        yield "c4", np.array([[0, 2, 2]])
        yield "books", np.array([[0, 1, 2]])

    found = list(perplexities(Model(Config(8, 2, 1), log_shares, rows=2), windows()))
    books = math.exp(-(7 * math.log(0.5) + math.log(0.125)) / 8)
    assert [(source, pieces) for source, _, pieces in found] == [("books", 8), ("c4", 2)]
    assert [perplexity for _, perplexity, _ in found] == pytest.approx([books, 8.0])
