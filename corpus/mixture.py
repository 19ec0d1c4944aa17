"""The mixture: the share of training tokens that comes from each source (LLaMA, Table 1).

Table 1 is a constant: an eighth source states its own share, in the same unit, in its Source. Shares are weights: of
whatever sources are mixed, they are divided by their sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from corpus.errors import RecipeError
from corpus.json_values import json_value
from corpus.recipe import Recipe, cited, nearest

_TABLE = "arXiv 2302.13971, Table 1, sampling proportion"
SHARE_UNIT = "percent of training tokens"

SHARES = Recipe(
    "mixture",
    commoncrawl=cited(67.0, _TABLE, SHARE_UNIT, "paper"),
    c4=cited(15.0, _TABLE, SHARE_UNIT, "paper"),
    github=cited(4.5, _TABLE, SHARE_UNIT, "paper"),
    wikipedia=cited(4.5, _TABLE, SHARE_UNIT, "paper"),
    books=cited(4.5, _TABLE, SHARE_UNIT, "paper"),
    arxiv=cited(2.5, _TABLE, SHARE_UNIT, "paper"),
    stackexchange=cited(2.0, _TABLE, SHARE_UNIT, "paper"),
)

_TABLE_EPOCHS = "arXiv 2302.13971, Table 1, epochs over 1.4 T tokens"
EPOCHS = Recipe(
    "mixture epochs",
    commoncrawl=cited(1.10, _TABLE_EPOCHS, "epochs", "paper"),
    c4=cited(1.06, _TABLE_EPOCHS, "epochs", "paper"),
    github=cited(0.64, _TABLE_EPOCHS, "epochs", "paper"),
    wikipedia=cited(2.45, _TABLE_EPOCHS, "epochs", "paper"),
    books=cited(2.23, _TABLE_EPOCHS, "epochs", "paper"),
    arxiv=cited(1.06, _TABLE_EPOCHS, "epochs", "paper"),
    stackexchange=cited(1.03, _TABLE_EPOCHS, "epochs", "paper"),
)
"""The epochs of Table 1, from its sizes; here they are computed from the sizes of the shards."""

TRAINING_TOKENS = cited(1_400_000_000_000, "arXiv 2302.13971, Table 1: 1.4 T tokens", "tokens", "paper")


def table_shares() -> dict[str, float]:
    """Table 1 as shares (0 to 1) by source."""
    return {source: cast(float, number.value) / 100 for source, number in SHARES.items()}


LARGEST_WEIGHT = 1e100
"""Weights add up to a number that a float holds."""


def read_weights(text: str, where: str = "--weights") -> dict[str, float]:
    """Shares from a JSON object of positive numbers by source, in any unit: only their ratio counts.

    Raises:
        RecipeError: not such an object.
    """
    try:
        weights = json_value(text)
    except ValueError as error:
        raise RecipeError('a JSON object like {"github": 4.5, "books": 4.5}', str(error), where) from None
    if not isinstance(weights, dict) or not weights:
        raise RecipeError('a JSON object like {"github": 4.5, "books": 4.5}', type(weights).__name__, where)
    for source, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= LARGEST_WEIGHT:
            raise RecipeError("a positive number", repr(weight), f"{where} {source}")
    return {source: weight / sum(weights.values()) for source, weight in weights.items()}


def shares_of(sources: Mapping[str, object], shares: Mapping[str, float]) -> dict[str, float]:
    """The shares of these sources, rescaled to add up to 1.

    Raises:
        RecipeError: a source has no share.
    """
    for source in sources:
        if source not in shares:
            do = f"state share= in its Source and build again, or give --weights; {nearest(source, dict(shares))}"
            raise RecipeError("a source with a share", repr(source), "mixture", do)
    total = sum(shares[source] for source in sources)
    return {source: shares[source] / total for source in sorted(sources)}
