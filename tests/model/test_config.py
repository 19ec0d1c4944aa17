from __future__ import annotations

import pytest
import torch

from corpus.errors import UsageError
from model.config import SIZES, Config, named
from model.torch.llama import Llama
from model.weights import shapes


@pytest.mark.parametrize("name", SIZES)
def test_count_of_parameters_is_that_of_the_built_module(name: str) -> None:
    config = SIZES[name].config
    with torch.device("meta"):
        model = Llama(config)
    assert sum(weight.numel() for weight in model.parameters()) == config.parameters()
    assert {key: tuple(weight.shape) for key, weight in model.state_dict().items()} == shapes(config)


@pytest.mark.parametrize(
    ("name", "billions", "ffn"),
    [("7B", 6.7, 11_008), ("13B", 13.0, 13_824), ("33B", 32.5, 17_920), ("65B", 65.2, 22_016)],
)
def test_sizes_are_those_of_the_paper(name: str, billions: float, ffn: int) -> None:
    config = SIZES[name].config
    assert config.parameters() // 10**8 / 10 == billions  # cut, not rounded: 65.29 is printed as 65.2
    assert config.ffn_dim == ffn


@pytest.mark.parametrize(("name", "millions"), [("1B", 1_000), ("125M", 125), ("20M", 20)])
def test_small_sizes_deserve_their_names(name: str, millions: int) -> None:
    assert SIZES[name].config.parameters() / 1e6 == pytest.approx(millions, rel=0.07)


def test_65b_does_the_paper_s_work_for_a_token() -> None:
    # 380 tokens/s/GPU at about 47 % of 312 TFLOP/s: the paper's own speed, by our count of operations.
    assert 380 * SIZES["65B"].config.flops_per_token(2_048) / 312e12 == pytest.approx(0.48, abs=0.01)


def test_a_named_size_takes_another_vocabulary_and_context() -> None:
    size = named("debug", vocab_size=99, context=16)
    assert (size.config.vocab_size, size.config.context) == (99, 16)
    assert named("debug").config == SIZES["debug"].config


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: named("8B"), "--size: expected a size: 7B, 13B, 33B, 65B, 1B, 125M, 20M, debug, got '8B'"),
        (lambda: Config(10, 3, 1), "config: expected heads of an even width, got dim 10 over 3 heads"),
        (lambda: Config(9, 3, 1), "config: expected heads of an even width, got dim 9 over 3 heads"),
    ],
    ids=["unknown size", "heads do not divide", "odd heads"],
)
def test_a_shape_that_cannot_be_is_refused(make: object, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()  # type: ignore[operator]
    assert str(caught.value) == line
