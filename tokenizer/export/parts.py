"""Documents drawn from a mixture, cut into files of about one size."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tokenizer.draws import Drawn


def count_parts(tokens: int, file_tokens: int) -> int:
    """How many files of at most about file_tokens hold so many."""
    return max(1, math.ceil(tokens / file_tokens))


def in_parts(drawn: Iterator[Drawn], tokens: int, parts: int) -> Iterator[Iterator[Drawn]]:
    """The documents of each part in turn: of the whole in each part, and the rest in the last one."""
    for _ in range(parts - 1):
        yield _up_to(drawn, tokens / parts)
    yield drawn


def _up_to(drawn: Iterator[Drawn], tokens: float) -> Iterator[Drawn]:
    """Documents until they have so many tokens together."""
    taken = 0
    while taken < tokens and (one := next(drawn, None)):
        yield one
        taken += len(one.ids)
