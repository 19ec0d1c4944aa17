from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenizer.permutation import key_of, permute


@given(size=st.integers(1, 3000), seed=st.integers(0, 2**60))
@settings(max_examples=300, deadline=None, database=None)
def test_every_index_goes_to_a_place_of_its_own(size: int, seed: int) -> None:
    places = permute(np.arange(size), np.array(size), key_of(seed))
    assert np.array_equal(np.sort(places), np.arange(size))


@pytest.mark.parametrize("size", [1, 2, 3, 2**16, 2**16 - 1, 2**16 + 1, 250_000])
def test_sizes_at_the_edges(size: int) -> None:
    assert np.array_equal(np.sort(permute(np.arange(size), np.array(size), key_of(1))), np.arange(size))


def test_a_size_beyond_memory() -> None:
    size = 683_593_750_000  # windows of 2048 in 1.4 P tokens
    places = permute(np.arange(100_000), np.array(size), key_of(7))
    assert len(set(places.tolist())) == 100_000
    assert places.max() < size
    assert abs(places.mean() / size - 0.5) < 0.01


def test_sizes_and_keys_may_differ_by_element() -> None:
    size, key = np.array([10, 1000, 10, 1000] * 5), np.arange(20)
    alone = [int(permute(np.array([3]), size[n : n + 1], key[n : n + 1])[0]) for n in range(20)]
    assert permute(np.full(20, 3), size, key).tolist() == alone


def test_keys_give_unrelated_orders() -> None:
    orders = np.array([permute(np.arange(500), np.array(500), key_of(seed)) for seed in range(200)])
    assert abs(np.corrcoef(orders)[np.triu_indices(200, 1)]).max() < 0.25
    counts = np.bincount(orders[:, 0] // 50, minlength=10)  # where index 0 goes: ten bins of 20 expected
    assert ((counts - 20) ** 2 / 20).sum() < 28  # chi-square of 9 degrees, p = 0.001


def test_neighbours_part() -> None:
    places = permute(np.arange(10_000), np.array(10_000), key_of(3)).astype(np.int64)
    steps = np.abs(np.diff(places))
    assert 3100 < steps.mean() < 3600  # a third of the size, as of random places


def test_the_order_stays_what_it_was() -> None:
    """A run resumes years later: these places are part of the format."""
    assert permute(np.arange(8), np.array(8), key_of(1, 2)).tolist() == GOLDEN


GOLDEN = [4, 0, 1, 7, 2, 3, 6, 5]
