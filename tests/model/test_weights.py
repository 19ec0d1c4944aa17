from __future__ import annotations

import numpy as np
import pytest

from model.config import Config
from model.weights import Array, initial, shapes, stack_layers, starting_value, unstack_layers


def test_layers_stack_for_jax_and_come_back(config: Config, weights: dict[str, Array]) -> None:
    tree = stack_layers(weights.__getitem__, config)
    assert tree["layers"]["w1"].shape == (config.layers, config.dim, config.ffn_dim)
    assert np.array_equal(tree["layers"]["wq"][2], weights["layers.2.attention.wq.weight"].T)
    back = unstack_layers(tree)
    assert set(back) == set(weights)
    assert all(np.array_equal(back[name], weights[name]) for name in weights)


def test_starting_weights_depend_on_seed_and_name_alone(config: Config, weights: dict[str, Array]) -> None:
    again, other = initial(config, seed=7), initial(config, seed=8)
    wide = Config(config.dim, config.heads, config.layers + 1, vocab_size=500)
    name, twin = "layers.1.attention.wq.weight", "layers.1.attention.wk.weight"
    assert np.array_equal(again[name], weights[name])
    assert not np.array_equal(other[name], weights[name])
    assert not np.array_equal(weights[twin], weights[name])
    assert np.array_equal(starting_value(name, shapes(wide)[name], wide, 7), weights[name])


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("output.weight", 0.0, 0.02),
        ("layers.0.attention.wq.weight", 0.0, 0.02),
        ("layers.0.attention.wo.weight", 0.0, 0.02 / 6**0.5),
        ("layers.0.feed_forward.w2.weight", 0.0, 0.02 / 6**0.5),
        ("norm.weight", 1.0, 0.0),
        ("layers.2.ffn_norm.weight", 1.0, 0.0),
    ],
)
def test_starting_weights_are_of_their_size(weights: dict[str, Array], name: str, mean: float, std: float) -> None:
    assert weights[name].dtype == np.float32
    assert weights[name].mean() == pytest.approx(mean, abs=0.002)
    assert weights[name].std() == pytest.approx(std, rel=0.05)
