from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812
from torch.utils._python_dispatch import TorchDispatchMode

from model.config import Config
from model.torch.llama import (
    CrossEntropy,
    Llama,
    RMSNorm,
    choose,
    empty_cache,
    generate,
    next_piece_loss,
    rope_table,
    rotate,
)
from model.weights import Array


@pytest.fixture(scope="module")
def model(config: Config, weights: dict[str, Array]) -> Llama:
    built = Llama(config)
    built.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    return built


@pytest.fixture(scope="module")
def pieces(rows: Array) -> torch.Tensor:
    return torch.from_numpy(rows.astype(np.int64))


class Operations(TorchDispatchMode):
    """Keeps the name of every operation and the size of its largest output."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[str, int] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        out = func(*args, **(kwargs or {}))
        for value in out if isinstance(out, tuple) else (out,):
            if isinstance(value, torch.Tensor):
                name = func.__name__
                self.sizes[name] = max(self.sizes.get(name, 0), value.numel())
        return out


def test_attention_stores_no_weights(model: Llama, pieces: torch.Tensor) -> None:
    rows, length = 2, 257
    with Operations() as seen:
        layer = model.layers[0].attention
        x = torch.ones(rows, length, model.config.dim, requires_grad=True)
        layer(x, (torch.ones(length, 6), torch.zeros(length, 6))).sum().backward()
    assert "_scaled_dot_product_flash_attention_for_cpu.default" in seen.sizes
    assert max(seen.sizes.values()) < rows * model.config.heads * length * length


def test_a_piece_sees_only_those_before_it(model: Llama, pieces: torch.Tensor) -> None:
    changed = pieces.clone()
    changed[:, 100] = (changed[:, 100] + 1) % model.config.vocab_size
    with torch.no_grad():
        before, after = model(pieces), model(changed)
    assert torch.equal(before[:, :100], after[:, :100])
    assert (before[:, 100:] != after[:, 100:]).any(-1).all()


def test_the_cache_changes_nothing(model: Llama, pieces: torch.Tensor) -> None:
    with torch.no_grad():
        whole = model(pieces[:, :40])
        cache = empty_cache(model, 2, 40)
        first = model(pieces[:, :30], cache)
        rest = [model(pieces[:, at : at + 1], cache, at) for at in range(30, 40)]
    assert (torch.cat((first, *rest), 1) - whole).abs().max() < 1e-6


def test_norm_computes_in_float32_and_keeps_the_stream_s_type() -> None:
    x = torch.full((1, 4096), 300.0, dtype=torch.bfloat16)  # squares sum to 3.7e8: far past bfloat16's 8 bits
    out = RMSNorm(4096, 1e-6)(x)
    assert out.dtype == torch.bfloat16
    assert torch.equal(out, torch.ones_like(x))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16], ids=str)
def test_compiled_and_complex_turns_agree(kind: torch.dtype, config: Config) -> None:
    x = torch.randn(2, 9, config.heads, config.head_dim, generator=torch.Generator().manual_seed(0)).to(kind)
    rope = rope_table(5, 9, config, x.device)
    code = []

    def keep(graph: torch.fx.GraphModule, _: object) -> torch.fx.GraphModule:
        code.append(graph.code)
        return graph

    turned, same = rotate(x, rope), torch.compile(rotate, backend=keep, fullgraph=True)(x, rope)
    assert "complex" not in code[0]
    assert turned.dtype == same.dtype == kind
    torch.testing.assert_close(turned, same)  # products may be fused with sums


def test_bfloat16_follows_float32(config: Config, weights: dict[str, Array], pieces: torch.Tensor) -> None:
    twin = Llama(config, torch.bfloat16)
    twin.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    logits = twin(pieces)
    assert logits.dtype == torch.bfloat16
    assert twin.output.weight.dtype == torch.float32
    model = Llama(config)
    model.load_state_dict(twin.state_dict())
    assert (logits.float() - model(pieces)).abs().max() < 0.02


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("scale", [1.0, 300.0], ids=["ordinary", "one share underflows"])
def test_loss_and_gradient_are_torch_s(kind: torch.dtype, scale: float) -> None:
    draws = torch.Generator().manual_seed(0)
    logits = (torch.randn(50, 99, generator=draws) * scale).to(kind).requires_grad_()
    targets = torch.randint(99, (50,), generator=draws)
    twin = logits.detach().clone().requires_grad_()
    loss, expected = CrossEntropy.apply(logits, targets), F.cross_entropy(twin.float(), targets)
    (3 * loss).backward()
    (3 * expected).backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert logits.grad is not None
    assert logits.grad.dtype == kind
    assert (logits.grad - twin.grad).abs().max() <= (1e-4 if kind == torch.bfloat16 else 1e-7)


def test_an_untrained_model_knows_nothing(model: Llama, pieces: torch.Tensor) -> None:
    assert next_piece_loss(model, pieces).item() == pytest.approx(np.log(model.config.vocab_size), rel=0.01)


def test_nucleus_holds_the_fewest_pieces_that_reach_it() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).expand(4000, 4)
    draws = torch.Generator().manual_seed(0)
    drawn = {p: set(choose(logits, 1.0, p, draws)[:, 0].tolist()) for p in (0.4, 0.5, 0.6, 0.9, 1.0)}
    assert drawn == {0.4: {0}, 0.5: {0}, 0.6: {0, 1}, 0.9: {0, 1, 2}, 1.0: {0, 1, 2, 3}}


def test_sampling_repeats_with_its_seed(model: Llama, pieces: torch.Tensor) -> None:
    drawn = [
        generate(model, pieces[:, :5], 20, temperature=1.0, top_p=0.9, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(drawn[0][:, :5], pieces[:, :5])
