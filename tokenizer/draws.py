"""Documents drawn from a mixture: of each source as many tokens as its share says, shuffled, in one order.

What is drawn is a pure function of (mixture, tokens, seed). A source is gone through in laps, each in another order, so
that every document is drawn once before any is drawn twice. Sources are merged by the share of their tokens that has
been drawn, so that wherever training stops, what it has read is mixed as the mixture says.

A lap shuffles the order of shards, and then the documents of SHARDS_TOGETHER shards at a time: 4 GB of tokens, whose
numbers and lengths are in memory (8 bytes a document, and 8 for their order).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import NamedTuple

import numpy as np

from tokenizer.mixture import Mixture, ShardEntry, Source, mixed_shard
from tokenizer.permutation import key_of, permute
from tokenizer.shards import TokenShard

SHARDS_TOGETHER = 16

Chosen = Callable[[np.ndarray], np.ndarray]
"""Of the hashes of documents' ids (uint64 [documents]), which may be drawn: bool [documents]."""


class Drawn(NamedTuple):
    """A document that was drawn: its shard, open until the next is drawn, and its number there."""

    shard: TokenShard
    number: int

    @property
    def ids(self) -> np.ndarray:
        """The ids, with BOS and EOS."""
        return self.shard.document(self.number)


def draw(mixture: Mixture, tokens: int, seed: int, chosen: Chosen | None = None, laps: int = 0) -> Iterator[Drawn]:
    """The documents of about so many tokens: of each source the last one is drawn whole.

    Args:
        tokens: how many, of all sources.
        seed: which order.
        chosen: which documents may be drawn; all without it. A source that has none is left out.
        laps: how often a document is drawn at most; 0 is as often as the tokens need.

    Raises:
        ShardError: a shard is damaged, or is not the one that was mixed.
    """
    every = [
        _lined_up(mixture, source, seed, number, tokens * source.share, chosen, laps)
        for number, source in enumerate(mixture.sources.values())
        if source.share
    ]
    for _place, drawn in heapq.merge(*every, key=lambda one: one[0]):
        yield drawn


def _lined_up(
    mixture: Mixture, source: Source, seed: int, number: int, wanted: float, chosen: Chosen | None, laps: int
) -> Iterator[tuple[float, Drawn]]:
    """(place, document) of one source: where the middle of the document lies in its tokens that are wanted, 0 to 1."""
    taken = 0
    for lap in range(laps) if laps else count():
        before = taken
        for group, entries in enumerate(_groups(source.shards, key_of(seed, number + 1, lap))):
            for length, drawn in _shuffled(mixture, entries, key_of(seed, number + 1, lap, group + 1), chosen):
                if taken >= wanted:
                    return
                yield (taken + length / 2) / wanted, drawn
                taken += length
        if taken == before:  # nothing may be drawn
            return


def _groups(entries: tuple[ShardEntry, ...], key: np.ndarray) -> Iterator[list[ShardEntry]]:
    """The shards in an order that the key says, SHARDS_TOGETHER at a time."""
    order = permute(np.arange(len(entries)), np.array(len(entries)), key).tolist()
    for at in range(0, len(order), SHARDS_TOGETHER):
        yield [entries[one] for one in order[at : at + SHARDS_TOGETHER]]


def _shuffled(
    mixture: Mixture, entries: list[ShardEntry], key: np.ndarray, chosen: Chosen | None
) -> Iterator[tuple[int, Drawn]]:
    """(tokens, document) of all documents of some shards that may be drawn and are not empty, shuffled."""
    with ExitStack() as stack:
        shards = [
            stack.enter_context(TokenShard(mixed_shard(mixture, entry), check=False)) for entry in entries
        ]  # fmt: skip
        numbers = [_numbers(shard, chosen).astype(np.int32) for shard in shards]
        ends = np.cumsum([len(some) for some in numbers])
        total = int(ends[-1])
        order = permute(np.arange(total), np.array(total), key).astype(np.int64) if total else np.empty(0, np.int64)
        for at, which in zip(order.tolist(), np.searchsorted(ends, order, side="right").tolist(), strict=True):
            shard, first = shards[which], int(ends[which]) - len(numbers[which])
            number = int(numbers[which][at - first])
            yield int(shard.offsets[number + 1] - shard.offsets[number]), Drawn(shard, number)


def _numbers(shard: TokenShard, chosen: Chosen | None) -> np.ndarray:
    """The numbers of a shard's documents that may be drawn."""
    may = np.diff(shard.offsets) > 0
    return np.flatnonzero(may & chosen(shard.id_hash) if chosen else may)
