from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.config import Config
from model.jax.llama import (
    BLOCK,
    attend,
    causal_attention,
    choose,
    forward,
    generate,
    linear,
    next_piece_loss,
    rms_norm,
)
from model.jax.parallel import recompute
from model.weights import Array, stack_layers


@pytest.fixture(scope="module")
def tree(config: Config, weights: dict[str, Array]) -> dict[str, Any]:
    return stack_layers(weights.__getitem__, config)


def equations(jaxpr: Any) -> Iterator[Any]:
    """Every operation of a traced function, those of inner functions too."""
    for equation in jaxpr.eqns:
        yield equation
        for value in jax.tree.leaves(equation.params, is_leaf=lambda leaf: hasattr(leaf, "jaxpr")):
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                yield from equations(inner)


def heads(length: int) -> list[jax.Array]:
    draws = np.random.default_rng(0)
    return [jnp.asarray(draws.standard_normal((1, length, 2, 4)), jnp.float32) for _ in range(3)]


@pytest.mark.parametrize(("compute", "error"), [("float32", 1e-5), ("bfloat16", 1e-2)])
def test_the_gradient_of_a_product_is_jax_s_own(compute: str, error: float) -> None:
    draws = np.random.default_rng(0)
    x, weight, dy = (jnp.asarray(draws.standard_normal(shape), jnp.float32) for shape in ((3, 5, 4), (4, 6), (3, 5, 6)))
    x, dy = x.astype(compute), dy.astype(compute)
    (y, back), (same, plain) = jax.vjp(linear, x, weight), jax.vjp(lambda x, w: x @ w.astype(x.dtype), x, weight)
    assert np.array_equal(y, same)
    for ours, theirs in zip(back(dy), plain(dy), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.asarray(ours, np.float32) == pytest.approx(np.asarray(theirs, np.float32), rel=error, abs=error)


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_blocks_are_full_attention(length: int) -> None:
    q, k, v = heads(length)
    assert np.abs(np.asarray(causal_attention(q, k, v) - attend(q, k, v, 0))).max() < 1e-6


def test_attention_stores_no_weights_and_skips_masked_blocks() -> None:
    length = 4 * BLOCK
    q, k, v = heads(length)
    traced = jax.make_jaxpr(jax.grad(lambda q, k, v: causal_attention(q, k, v).sum(), (0, 1, 2)))(q, k, v)
    sizes = [value.aval.size for equation in equations(traced.jaxpr) for value in equation.outvars]
    assert max(sizes) == 2 * BLOCK * length  # the last block's scores, of two heads
    kept = jax.eval_shape(lambda *heads: jax.vjp(causal_attention, *heads)[1], q, k, v)
    assert sum(leaf.size for leaf in jax.tree.leaves(kept)) == q.size + k.size + v.size
    one = jax.make_jaxpr(causal_attention)(q, k, v)
    scores = [e.outvars[0].aval.size for e in equations(one.jaxpr) if e.primitive.name == "dot_general"]
    assert sum(size for size in scores if size > 8 * BLOCK) == 2 * BLOCK * BLOCK * (1 + 2 + 3 + 4)


def test_selective_recomputation_keeps_products_and_attention(config: Config, tree: Any, rows: Array) -> None:
    def kept(what: str) -> tuple[int, float]:
        loss = partial(next_piece_loss, config=config, remat=recompute(what))
        residuals = jax.eval_shape(lambda tree: jax.vjp(lambda t: loss(t, jnp.asarray(rows)), tree)[1], tree)
        size = sum(leaf.size for leaf in jax.tree.leaves(residuals))
        return size, float(loss(tree, jnp.asarray(rows)))

    (none, loss), (selective, same), (full, again) = kept("none"), kept("selective"), kept("full")
    assert selective - full == config.layers * rows[:, 1:].size * (5 * config.dim + 2 * config.ffn_dim)
    assert selective < none
    assert loss == pytest.approx(same, rel=1e-6)
    assert loss == pytest.approx(again, rel=1e-6)


def test_a_piece_sees_only_those_before_it(config: Config, tree: Any, rows: Array) -> None:
    changed = rows.copy()
    changed[:, 100] = (changed[:, 100] + 1) % config.vocab_size
    before, after = (np.asarray(forward(tree, jnp.asarray(pieces), config)[0]) for pieces in (rows, changed))
    assert np.array_equal(before[:, :100], after[:, :100])
    assert (before[:, 100:] != after[:, 100:]).any(-1).all()


def test_norm_computes_in_float32_and_keeps_the_stream_s_type() -> None:
    x = jnp.full((1, 4096), 300.0, jnp.bfloat16)  # squares sum to 3.7e8: far past bfloat16's 8 bits
    out = rms_norm(x, jnp.ones(4096), 1e-6)
    assert out.dtype == jnp.bfloat16
    assert bool((out == 1).all())


def test_nucleus_holds_the_fewest_pieces_that_reach_it() -> None:
    logits = jnp.tile(jnp.log(jnp.array([[0.5, 0.3, 0.15, 0.05]])), (4000, 1))
    drawn = {p: set(np.asarray(choose(logits, jax.random.key(0), 1.0, p)).tolist()) for p in (0.4, 0.6, 0.9, 1.0)}
    assert drawn == {0.4: {0}, 0.6: {0, 1}, 0.9: {0, 1, 2}, 1.0: {0, 1, 2, 3}}


def test_sampling_repeats_with_its_seed(config: Config, tree: Any, rows: Array) -> None:
    prompt = jnp.asarray(rows[:, :5])
    drawn = [np.asarray(generate(tree, prompt, 20, config, temperature=1.0, seed=seed)) for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
