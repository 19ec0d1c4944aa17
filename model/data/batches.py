"""Training batches: batch k is a pure function of (mixture, seed, k). Needs numpy alone.

    batches = open("mixture", seed=0, rows=2048, context=2048)
    tokens = batches.batch(k, rank, world)          # int32 [rows of the rank, context + 1]
    inputs, targets = tokens[:, :-1], tokens[:, 1:]

The global stream is a sequence of windows, batch k being windows k * rows .. (k + 1) * rows. Nothing is remembered
between batches, so a run resumes from k alone, on any number of ranks.

Which source: every CYCLE windows hold exactly the sources' shares, in an order drawn by (seed, cycle).
Which window of the source: a source is a ring of its tokens (its end is followed by its start), cut into windows of
context tokens. A lap is one pass over the ring. The windows that start in one lap are permuted by (seed, source, lap),
except the last one, which ends in the next lap. So every token of a source is seen once before any is seen twice, and
n times before any is seen n + 1 times.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tokenizer.mixture import Mixture, read_mixture
from tokenizer.permutation import key_of, mix64, permute
from tokenizer.ring import Ring
from tokenizer.shards import TokenShard, find_shards

WINDOWS_AT_ONCE = 64
"""Windows of token shards in a store that are read together."""
CYCLE = 1 << 14  # windows; shares are kept to within half a window of these, 0.003 percent


class Plan(NamedTuple):
    """The windows of one cycle: the number of each one's source, and the token of the ring it starts at."""

    source: np.ndarray
    start: np.ndarray


class Batches:
    """Batches of `rows` windows of `context` + 1 tokens; dtype is int32 or int64."""

    def __init__(self, mixture: Mixture, seed: int, rows: int, context: int, dtype: str = "int32") -> None:
        if rows < 1 or context < 1:
            raise ValueError(f"rows and context are positive, not {rows} and {context}")
        self.mixture, self.seed, self.rows, self.context = mixture, seed, rows, context
        self.dtype = np.dtype(dtype)
        self.names = tuple(mixture.sources)
        self._rings = [Ring(mixture, source.shards) for source in mixture.sources.values()]
        places = [f"{mixture.folder} {source.shards[0].path}" for source in mixture.sources.values()]
        self._is_remote = any("://" in place for place in places)
        self._tokens = np.array([source.tokens for source in mixture.sources.values()], np.int64)
        self._labels = _labels([source.share for source in mixture.sources.values()])
        self._plans: dict[int, Plan] = {}

    def __reduce__(self) -> tuple[type[Batches], tuple[Mixture, int, int, int, str]]:
        return Batches, (self.mixture, self.seed, self.rows, self.context, self.dtype.name)

    @property
    def vocab_size(self) -> int:
        """Pieces of the tokenizer."""
        return self.mixture.vocab_size

    @property
    def tokenizer(self) -> str:
        """SHA-256 of the tokenizer's model file."""
        return self.mixture.tokenizer

    @property
    def digest(self) -> str:
        """SHA-256 of the mixture's manifest."""
        return self.mixture.digest

    def batch(self, k: int, rank: int = 0, world: int = 1) -> np.ndarray:
        """Batch k, the rows of one rank: [rows, context + 1].

        The ranks' rows joined are those of world 1; where world does not divide rows, some ranks have one row more.
        """
        if not 0 <= rank < world <= self.rows:
            raise ValueError(f"rank 0 .. {world - 1} of at most {self.rows} ranks, not rank {rank} of {world}")
        first, last = (self.rows * k + self.rows * boundary // world for boundary in (rank, rank + 1))
        return self.windows(first, last)

    def windows(self, first: int, last: int) -> np.ndarray:
        """Windows first .. last - 1 of the global stream: [last - first, context + 1]."""
        raw = np.empty((last - first, self.context + 1), self.mixture.dtype)
        source, start = self._plan_windows(first, last)
        places = list(zip(raw, source.tolist(), start.tolist(), strict=True))
        if self._is_remote:  # each window is waited for
            with ThreadPoolExecutor(WINDOWS_AT_ONCE) as pool:
                list(pool.map(self._read, places))
        else:
            for place in places:
                self._read(place)
        return raw.astype(self.dtype)

    def _read(self, place: tuple[np.ndarray, int, int]) -> None:
        """Fill a row with the window of a source that starts at a token."""
        row, number, start = place
        self._rings[number].read(start, row)

    def sources(self, first: int, last: int) -> np.ndarray:
        """The number (in names) of each window's source."""
        return self._plan_windows(first, last)[0]

    def segments(self, tokens: np.ndarray) -> np.ndarray:
        """The number of each input token's document within its row, from 0: int32 [rows, context].

        Raises:
            ValueError: shards without BOS and EOS do not show where documents begin.
        """
        # A document begins at its BOS, or after the EOS of the one before. The first token of a row begins nothing
        # new, so that numbers start at 0; the running sum of beginnings is the document's number.
        inputs, begins = tokens[:, :-1], np.zeros((len(tokens), tokens.shape[1] - 1), bool)
        if self.mixture.bos >= 0:
            np.equal(inputs[:, 1:], self.mixture.bos, out=begins[:, 1:])
        elif self.mixture.eos >= 0:
            np.equal(inputs[:, :-1], self.mixture.eos, out=begins[:, 1:])
        else:
            raise ValueError("document boundaries need shards with BOS or EOS")
        return np.cumsum(begins, axis=1, dtype=np.int32)

    def _plan_windows(self, first: int, last: int) -> Plan:
        """The sources and starts of windows, from the plans of their cycles."""
        parts = []
        for cycle in range(first // CYCLE, (last - 1) // CYCLE + 1):
            plan = self._plan_cycle(cycle)
            cut = slice(max(first - cycle * CYCLE, 0), last - cycle * CYCLE)
            parts.append(Plan(plan.source[cut], plan.start[cut]))
        return parts[0] if len(parts) == 1 else Plan(*map(np.concatenate, zip(*parts, strict=True)))

    def _plan_cycle(self, cycle: int) -> Plan:
        if cycle not in self._plans:
            # A shuffle by sorting hashes: mix64 is one to one, so no two are equal and the order is unique.
            order = np.argsort(mix64(key_of(self.seed, cycle) + np.arange(CYCLE, dtype=np.uint64)), kind="stable")
            source = self._labels[order]
            nth = np.empty(CYCLE, np.int64)  # for each window its number within its source, over all cycles so far
            for number in range(len(self.names)):
                rows = np.flatnonzero(source == number)
                nth[rows] = cycle * len(rows) + np.arange(len(rows))
            if len(self._plans) > 1:  # two are enough for a batch across the end of a cycle
                self._plans.pop(next(iter(self._plans)))
            self._plans[cycle] = Plan(source, _starts(nth, self._tokens[source], self.context, self.seed, source))
        return self._plans[cycle]


def open(  # noqa: A001
    mixture: str | Path, seed: int, rows: int, context: int, dtype: str = "int32", resumed: bool = False
) -> Batches:
    """The batches of a mixture, given its folder or its manifest.

    resumed: for a run that has begun, which goes on with its tokens though documents were added since.
    """
    return Batches(read_mixture(mixture, or_stale=resumed), seed, rows, context, dtype)


def windows(folder: str | Path, context: int, rows: int = 64) -> Iterator[tuple[str, np.ndarray]]:
    """Every shard of a folder once, in order: its source and int32 [at most rows, context + 1].

    The end of a shard that is shorter than a window is left out.
    """
    for path in find_shards(folder):
        with TokenShard(path, check=False) as shard:
            count = (shard.info.tokens - 1) // context
            for first in range(0, count, rows):
                last = min(first + rows, count)
                tokens = shard.tokens(first * context, last * context + 1).astype(np.int32)
                yield shard.info.source, np.lib.stride_tricks.sliding_window_view(tokens, context + 1)[::context]


def _labels(shares: list[float]) -> np.ndarray:
    """The source numbers of one cycle, in order: each share * CYCLE times, at least once.

    Rounded by the largest remainder method: shares are rounded down, and the windows that are left are given to the
    sources that lost most by it, one each.
    """
    wanted = np.array(shares) * CYCLE
    counts = np.maximum(wanted.astype(np.int64), 1)
    for number in np.argsort(counts - wanted, kind="stable")[: max(0, CYCLE - int(counts.sum()))]:
        counts[number] += 1
    counts[np.argmax(counts)] += CYCLE - counts.sum()
    return np.repeat(np.arange(len(shares)), counts)


def _starts(nth: np.ndarray, tokens: np.ndarray, context: int, seed: int, source: np.ndarray) -> np.ndarray:
    """The token of the source's ring at which its window nth starts; tokens is the size of the ring.

    All arrays have one entry per window of a cycle. Window n starts at token n * context of the endless ring; lap is
    how often the ring has been read before it. -(-a // b) is a / b rounded up.
    """
    lap = nth * context // tokens
    first = -(-lap * tokens // context)  # number of the first window that starts in the lap
    shuffled = -(-(lap + 1) * tokens // context) - 1 - first  # how many are permuted: all but the last of the lap
    within = nth - first
    moved = np.flatnonzero(within < shuffled)
    keys = key_of(seed, source[moved] + 1, lap[moved])
    within[moved] = permute(within[moved], shuffled[moved], keys).astype(np.int64)
    starts: np.ndarray = (first + within) * context % tokens
    return starts
