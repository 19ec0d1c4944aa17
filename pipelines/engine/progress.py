"""The steps of a build as they stand, from what its workers say: a pass is a step, and so is what lies between two.

The bytes of the dump are the unit of every pass, so that each says how much of the dump is through it. A pass costs
what its bytes were measured to cost (step_costs.py), and is over when the worker with the most before it is through.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from corpus.progress import work
from corpus.progress.steps import Step
from corpus.readers.base import InputFile, InputSplit
from pipelines.engine.hand import Ended, Moving
from pipelines.engine.states import Looks, States

NEARLY = 0.98
"""A part of which all was read is not done before its worker says so."""
ADDING_UP_ONE_IN = 50
"""Adding up takes at most this part of the time of one core."""
MOST_SIMULATED = 4096
"""Parts that are dealt out one by one to see how long they take; of more, the sum says it."""


class Part(NamedTuple):
    """A part of a step, such as a shard of a pass: how large it is, and what a worker has said of it."""

    size: float
    ended: Ended | None = None
    moving: Moving | None = None

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        if self.ended:
            return 1.0
        if not self.moving:
            return 0.0
        counts = self.moving.counts
        of = counts.of or self.size
        return min(NEARLY, counts.read / of) if of else 0.0


class Between(NamedTuple):
    """A step without parts, beside those with some: its name, and the seconds it is thought to take."""

    name: str
    seconds: float


class Parted(NamedTuple):
    """A step with parts.

    Args:
        name: what people read.
        step: the name by which workers say that they are at it.
        sizes: of its parts, by their key.
        cost: seconds that a unit is thought to take a worker.
        drops: whether it drops documents.
        unit: of sizes.
    """

    name: str
    step: str
    sizes: Mapping[str, float]
    cost: float
    drops: bool = True
    unit: str = "byte"


class Watched:
    """The steps of a run of workers, in their order: those with parts, and those between them.

    Args:
        states: where workers say what they do.
        order: the steps.
        clock: seconds; now: seconds since 1970, as workers note them.
    """

    def __init__(
        self,
        states: Looks,
        order: Sequence[Between | Parted],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._states, self._order, self._clock, self._now = states, order, clock, now
        self._began: dict[int, float] = {0: clock()}
        self._ended: dict[int, float] = {}
        self._workers, self._again = 1, 0.0
        self._last: list[Step] = []

    def steps(self) -> list[Step]:
        """All steps as they stand; of very many shards as they stood a little ago, as adding up takes time."""
        moment = self._clock()
        if moment >= self._again:
            self._last = self._look(moment)
            self._again = moment + ADDING_UP_ONE_IN * (self._clock() - moment)
        return self._last

    def _look(self, moment: float) -> list[Step]:
        states = self._states.look()
        self._workers = max(self._workers, len(states.moving))
        at = self._reached(states)
        for before in range(at):
            self._ended.setdefault(before, moment)
            self._began.setdefault(before, moment)
        self._began.setdefault(at, moment)
        return [self._step(number, one, states, moment, at) for number, one in enumerate(self._order)]

    def hands(self) -> list[str]:
        """What each worker has in hand, and how much of it is done."""
        states = self._states.look()
        sizes = {one.step: one.sizes for one in self._order if isinstance(one, Parted)}
        return sorted(_in_words(one, sizes.get(one.step, {}), self._now()) for one in states.moving)

    def _reached(self, states: States) -> int:
        """The number of the step that is being done."""
        at = 0
        for number, one in enumerate(self._order):
            if isinstance(one, Parted):
                parts = states.ended.get(one.step, {})
                if parts or any(moving.step == one.step for moving in states.moving):
                    at = number + (len(parts) >= len(one.sizes))
        return min(at, len(self._order) - 1)

    def _step(self, number: int, one: Between | Parted, states: States, moment: float, at: int) -> Step:
        begun, ended = number <= at, number < at
        seconds = self._ended.get(number, moment) - self._began[number] if begun else 0.0
        if isinstance(one, Between):
            return Step(one.name, seconds=seconds, cost=one.seconds, begun=begun, ended=ended)
        step = counted_step(one, states, self._workers, self._now())
        return step._replace(seconds=seconds, begun=begun, ended=ended)


def counted_step(one: Parted, states: States, workers: int, now: float) -> Step:
    """How much of a step with parts is done; times of its beginning and end apart.

    Args:
        workers: how many take parts at once.
        now: seconds since 1970.
    """
    ended, moving = states.ended.get(one.step, {}), [each for each in states.moving if each.step == one.step]
    parts = {key: Part(size, ended.get(key)) for key, size in one.sizes.items()}
    for each in moving:
        if each.key in parts and not parts[each.key].ended:
            parts[each.key] = parts[each.key]._replace(moving=each)
    ours = [part for part in parts.values() if part.ended is None or not part.ended.found]
    done = [part.ended for part in ours if part.ended]
    counts = [each.counts for each in done] + [each.counts for each in moving]
    return Step(
        one.name, one.unit, sum(one.sizes.values()),
        done=sum(part.size * part.share for part in ours),
        found=sum(part.size for part in parts.values() if part.ended and part.ended.found),
        left=span(parts.values(), workers),
        busy=sum(each.seconds for each in done) + sum(max(0.0, now - each.began) for each in moving),
        cost=one.cost, drops=one.drops,
        entered=sum(each.entered for each in counts), kept=sum(each.kept for each in counts),
    )  # fmt: skip


def span(parts: Iterable[Part], workers: int) -> float:
    """The units that the worker with the most before it still does.

    Parts in hand stay with their workers; of the others each takes the largest one left when it is free.
    """
    begun = [part.size * (1 - part.share) for part in parts if part.moving and not part.ended]
    waiting = sorted((part.size for part in parts if not part.ended and not part.moving), reverse=True)
    if len(waiting) > MOST_SIMULATED:
        return max((sum(begun) + sum(waiting)) / workers, waiting[0])
    loads = heapq.nlargest(workers, begun) + [0.0] * max(0, workers - len(begun))
    heapq.heapify(loads)
    for size in waiting:
        heapq.heapreplace(loads, loads[0] + size)
    return max(loads)


def _in_words(moving: Moving, sizes: Mapping[str, float], now: float) -> str:
    part = Part(sizes.get(moving.key, 0.0), moving=moving)
    share = f", {part.share:.0%}" if part.share else ""
    name = moving.work if moving.key in moving.work else f"{moving.work} of {moving.key}"
    return f"{name}{share}, {max(0.0, now - moving.began):.0f} s"


def shard_bytes(shards: Sequence[InputSplit], inputs: Sequence[InputFile]) -> dict[str, float]:
    """The bytes of the dump that each shard reads, by its number; a part of a file counts as one of equal parts."""
    sizes, parts = {file.path: file.size for file in inputs}, Counter(shard.path for shard in shards)
    return {
        str(shard.number): sum(sizes.get(path, 0) for path in (shard.path, *shard.more_paths)) / parts[shard.path]
        for shard in shards
    }


@contextmanager
def watching(states: Looks, order: Sequence[Between | Parted]) -> Iterator[None]:
    """Within the block, the steps of workers are among those of the command."""
    watched = Watched(states, order)
    with work.current().watched(watched.steps, watched.hands):
        yield
