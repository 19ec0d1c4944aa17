"""A step of a command's work as it stands at a moment: a plain value, which estimates and lines are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

BYTES, DOCUMENT, TOKEN, SHARD = "byte", "document", "token", "shard"
"""Units of steps; a rate of bytes is given in MB per second."""


class Step(NamedTuple):
    """One step at a moment; all but the name may be unknown.

    Args:
        name: what people read of it: `pass 1 of 3`.
        unit: what is counted, in the singular: `byte`, `document`.
        total: units in all; 0 where that is not known.
        done: units that this run has done.
        found: units that an earlier run had done, which cost nothing now.
        left: units that the worker with the most to do has still before it; None for all that are not done.
        busy: seconds that workers spent on what is done, added up; None where it is one worker: since it began.
        seconds: since the step began; 0 before.
        cost: seconds that a unit is expected to take a worker; of a step without a total, that all of it takes.
        begun: whether it has begun.
        ended: whether it has ended.
        entered: documents that came into it, in this run.
        kept: documents of these that were kept, where the step drops some.
        drops: whether the step drops documents, so that the share kept says something.
    """

    name: str
    unit: str = BYTES
    total: float = 0
    done: float = 0
    found: float = 0
    left: float | None = None
    busy: float | None = None
    seconds: float = 0.0
    cost: float = 0.0
    begun: bool = False
    ended: bool = False
    entered: int = 0
    kept: int = 0
    drops: bool = False

    @property
    def before_it(self) -> float:
        """Units that the worker with the most to do has still before it."""
        if self.ended:
            return 0.0
        return max(0.0, self.total - self.done - self.found) if self.left is None else self.left

    @property
    def spent(self) -> float:
        """Seconds that workers spent on what is done."""
        return self.seconds if self.busy is None else self.busy


class Look(NamedTuple):
    """What a command is at, at a moment.

    Args:
        command: its words, without options: `build github`.
        steps: its steps, in order.
        elapsed: seconds since the command began.
        hands: what each worker has in hand, a few words each.
        notes: what happened since the last look: workers lost, faults that were waited for, a job that began.
    """

    command: str
    steps: Sequence[Step]
    elapsed: float
    hands: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def step(self) -> Step | None:
        """The step that is being done: the last that has begun and not ended, else the last that ended."""
        begun = [step for step in self.steps if step.begun]
        running = [step for step in begun if not step.ended]
        return running[-1] if running else begun[-1] if begun else None

    @property
    def entered(self) -> int:
        """Documents that came into the step that last counted some."""
        return next((step.entered for step in reversed(self.steps) if step.entered), 0)

    @property
    def kept_share(self) -> float | None:
        """The share of documents that the steps up to now kept: the product of their shares; None without any."""
        shares = [step.kept / step.entered for step in self.steps if step.drops and step.entered]
        product = 1.0
        for share in shares:
            product *= share
        return product if shares else None
