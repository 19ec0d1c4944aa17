"""The seconds that are left of a command, from its steps: each step at its own cost.

A step that is running is expected to go on as it did. One that is still to come is expected to cost what was measured
of it beforehand, times the pace of this run: how many times as long as expected took what is done by now. Where several
workers share a step, the one with the most before it decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.progress.steps import Step

PRIOR_SHARE = 0.03
"""What is expected of a step counts as much as this share of it, measured: the first shards say little."""
OVERDUE_SHARE = 0.1
"""A step without units that takes longer than expected is thought to take this share of its time more."""


def seconds_left(steps: Sequence[Step]) -> float | None:
    """The seconds that are left; None where nothing was measured yet, or nothing is known of a step."""
    if not any(step.done or (step.ended and step.seconds) for step in steps) or all(step.ended for step in steps):
        return None
    if any(not step.ended and not step.total and not step.cost for step in steps):
        return None
    pace = pace_of(steps)
    known = [found for step in steps if (found := _left_of(step, pace)) is not None]
    return sum(known)


def pace_of(steps: Sequence[Step]) -> float:
    """How many times as long as expected the work took that is done; 1 before any is."""
    counted = [step for step in steps if step.done and step.cost and step.total]
    expected = sum(step.done * step.cost for step in counted)
    return sum(step.spent for step in counted) / expected if expected else 1.0


def _left_of(step: Step, pace: float) -> float | None:
    """The seconds that a step will still take; None where nothing is known of it."""
    if step.ended:
        return 0.0
    if not step.total:
        return _uncounted(step, step.cost * pace)
    rate = _seconds_per_unit(step, step.cost * pace)
    return None if rate is None else step.before_it * rate


def _uncounted(step: Step, expected: float) -> float:
    """What is left of a step of which only the time is known."""
    return max(expected - step.seconds, OVERDUE_SHARE * step.seconds) if step.begun else expected


def _seconds_per_unit(step: Step, expected: float) -> float | None:
    """What a unit takes a worker: as measured, and, while little was, as expected."""
    if not expected:
        return step.spent / step.done if step.done else None
    prior = PRIOR_SHARE * step.total
    return (step.spent + prior * expected) / (step.done + prior)
