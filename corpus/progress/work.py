"""The steps of the command that is running; whatever does a part of its work counts here how far it is.

Counting is adding to a number: nobody need watch. There is one command per process, so there is one list of steps; it
holds no result, and no code reads it but the reporter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, TypeVar

from corpus.progress.steps import BYTES, DOCUMENT, Step

Item = TypeVar("Item")
Steps = Callable[[], Sequence[Step]]
"""Gives the steps of a part of the work as they stand."""
Hands = Callable[[], Sequence[str]]


class Counter:
    """One step while it is done. `total` may be given later, and changed."""

    def __init__(self, name: str, total: float, unit: str, cost: float, clock: Callable[[], float]) -> None:
        self.name, self.total, self.unit, self.cost = name, total, unit, cost
        self.done = self.found = 0.0
        self.entered = 0
        self._clock, self._began, self._seconds = clock, 0.0, 0.0
        self.begun = self.ended = False

    def add(self, units: float, documents: int = 0) -> None:
        """So many more units are done."""
        self.done += units
        self.entered += documents

    def begin(self) -> None:
        """The step begins."""
        self.begun, self._began = True, self._clock()

    def end(self) -> None:
        """The step has ended."""
        self._seconds, self.ended = self._clock() - self._began, True

    def step(self) -> Step:
        """The step as it stands."""
        seconds = self._seconds if self.ended else self._clock() - self._began if self.begun else 0.0
        return Step(
            self.name, self.unit, self.total, self.done, self.found, seconds=seconds, cost=self.cost,
            begun=self.begun, ended=self.ended, entered=self.entered,
        )  # fmt: skip


WORKERS = "workers"
"""Expected, this step stands for those of workers until these are known."""


class Note(NamedTuple):
    """Something that happened; `always` also for those who did not ask for details."""

    text: str
    always: bool


class Work:
    """The steps of one command, in the order in which they are done.

    Args:
        clock: seconds.
        keeps: whether steps that have ended stay: where nobody watches they are forgotten.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, keeps: bool = True) -> None:
        self._clock, self._keeps, self._lock = clock, keeps, threading.Lock()
        self._parts: list[Counter | Steps] = []
        self._hands: Hands | None = None
        self._notes: list[Note] = []
        self._now: list[Counter] = []

    def steps(self) -> list[Step]:
        """All steps as they stand."""
        with self._lock:
            parts = list(self._parts)
        return [step for part in parts for step in ([part.step()] if isinstance(part, Counter) else part())]

    def hands(self) -> Sequence[str]:
        """What each worker has in hand."""
        hands = self._hands
        return hands() if hands else ()

    @property
    def has_begun(self) -> bool:
        """Whether there is a step to speak of."""
        return any(not isinstance(part, Counter) or part.begun for part in self._parts)

    def take_notes(self) -> list[Note]:
        """What was noted since the last time."""
        with self._lock:
            taken, self._notes = self._notes, []
        return taken

    def note(self, text: str, always: bool = False) -> None:
        """Something that happened; always: worth a line to everybody, as the address of a job."""
        with self._lock:
            if self._keeps:
                self._notes.append(Note(text, always))

    def expect(self, name: str, total: float = 0, unit: str = BYTES, cost: float = 0.0) -> None:
        """Say that a step will come, and what it is thought to take."""
        with self._lock:
            if self._keeps:
                self._parts.append(Counter(name, total, unit, cost, self._clock))

    @property
    def _next(self) -> int:
        """Where a new step stands: before those that are still to come."""
        return next((at for at, part in enumerate(self._parts) if _is_waiting(part)), len(self._parts))

    @contextmanager
    def step(self, name: str, total: float = 0, unit: str = BYTES, cost: float = 0.0) -> Iterator[Counter]:
        """A step, done within the block: the one of this name that was expected, or a new one."""
        with self._lock:
            waiting = (part for part in self._parts if isinstance(part, Counter) and not part.begun)
            counter = next((part for part in waiting if part.name == name), None)
            if counter is None:
                counter = Counter(name, total, unit, cost, self._clock)
                self._parts.insert(self._next, counter)
            if total and not counter.total:  # expected in seconds, and counted in units
                counter.cost /= total
            counter.total, counter.unit = total or counter.total, unit if total else counter.unit
            counter.cost = cost or counter.cost
            counter.begin()
            self._now.append(counter)
        try:
            yield counter
        finally:
            counter.end()
            with self._lock:
                self._now.remove(counter)
                if not self._keeps:
                    self._parts.remove(counter)

    @contextmanager
    def watched(self, steps: Steps, hands: Hands) -> Iterator[None]:
        """Within the block, and after it, others' steps are among these: those of workers."""
        with self._lock:
            self._parts = [part for part in self._parts if not (_is_waiting(part) and _name_of(part) == WORKERS)]
            self._parts.insert(self._next, steps)
        self._hands = hands
        try:
            yield
        finally:
            self._hands = None
            with self._lock:
                self._parts[self._parts.index(steps)] = _frozen(steps() if self._keeps else ())

    def add(self, units: float, unit: str, documents: int) -> None:
        """Count in the step that is being done, if it counts units of this kind."""
        now = self._now[-1:]
        if now and now[0].unit == unit:
            now[0].add(units, documents)


def _name_of(part: Counter | Steps) -> str:
    return part.name if isinstance(part, Counter) else ""


def _is_waiting(part: Counter | Steps) -> bool:
    return isinstance(part, Counter) and not part.begun


def _frozen(steps: Sequence[Step]) -> Steps:
    ended = [step._replace(ended=True) for step in steps]
    return lambda: ended


_running: list[Work] = [Work(keeps=False)]
"""The work of the command that is running, last; before it those of commands that run it (the demo), and, first, one
that nobody watches, of programs that call this library."""


def current() -> Work:
    """The work of the command that is running."""
    return _running[-1]


@contextmanager
def begun(work: Work) -> Iterator[Work]:
    """Within the block this is the work of the command that is running."""
    _running.append(work)
    try:
        yield work
    finally:
        _running.remove(work)


def step(name: str, total: float = 0, unit: str = BYTES, cost: float = 0.0) -> AbstractContextManager[Counter]:
    """A step of the command that is running, done within a `with` block (see Work.step)."""
    return current().step(name, total, unit, cost)


def add(units: float, unit: str = BYTES, documents: int = 0) -> None:
    """So many more units are done of the step that is being done; nothing if it counts others."""
    current().add(units, unit, documents)


def counted(items: Iterable[Item], unit: str = DOCUMENT) -> Iterator[Item]:
    """The same items, each counted as one unit of the step that is being done once the next is asked for."""
    for item in items:
        yield item
        add(1, unit)
