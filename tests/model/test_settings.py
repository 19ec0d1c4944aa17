from __future__ import annotations

import pytest

from corpus.errors import UsageError
from model.config import named
from model.settings import ParallelConfig, Settings, microbatches, resolve_settings

RUN = Settings(steps=101, batch_rows=8, context=16, peak_lr=1.0, warmup_steps=10)


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 0.1), (8, 0.9), (9, 1.0), (10, 1.0), (55, 0.55), (100, 0.1), (5_000, 0.1)],
    ids=["first", "before the peak", "warm", "cosine starts", "half way", "last", "beyond"],
)
def test_rate_climbs_then_falls_to_a_tenth(step: int, rate: float) -> None:
    assert RUN.learning_rate(step) == pytest.approx(rate)


def test_parse_settings_7b_are_the_paper_s() -> None:
    found = resolve_settings(named("7B"), batch_tokens=None, steps=None)
    assert found == Settings(
        steps=238_418, batch_rows=2_048, context=2_048, peak_lr=3e-4, warmup_steps=2_000, betas=(0.9, 0.95)
    )
    assert (found.weight_decay, found.clip, found.floor, found.compute) == (0.1, 1.0, 0.1, "bfloat16")


@pytest.mark.parametrize("tokens", [127, 129, 64], ids=["a piece short", "a piece over", "under a row"])
def test_a_batch_of_broken_rows_is_refused(tokens: int) -> None:
    with pytest.raises(UsageError, match=f"--batch-tokens: expected a multiple of the context, 128, got {tokens}"):
        resolve_settings(named("debug"), batch_tokens=tokens, steps=1)


def test_microbatches_divide_the_batch() -> None:
    assert microbatches(RUN, ParallelConfig(microbatch_rows=2), world=2) == 2
    assert microbatches(RUN, ParallelConfig(microbatch_rows=8), world=1) == 1
    with pytest.raises(UsageError, match="got 8 rows over 3 x 1"):
        microbatches(RUN, ParallelConfig(), world=3)
    with pytest.raises(UsageError, match="got 8 rows over 1 x 16"):
        microbatches(RUN, ParallelConfig(microbatch_rows=16), world=1)
