"""The seconds that are left, from steps as they stand."""

from __future__ import annotations

import pytest

from corpus.progress.estimate import pace_of, seconds_left
from corpus.progress.steps import DOCUMENT, Step

BEGUN = {"begun": True}
ENDED = {"begun": True, "ended": True}


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([], None),
        ([Step("pass 1", total=100, cost=1.0)], None),
        ([Step("pass 1", total=100, done=50, seconds=10.0, **BEGUN)], 10.0),
        ([Step("pass 1", total=100, done=50, busy=20.0, left=25, seconds=10.0, **BEGUN)], 10.0),
        ([Step("pass 1", total=100, done=10, found=80, seconds=10.0, **BEGUN)], 10.0),
        ([Step("plan", seconds=3.0, **ENDED), Step("report", cost=2.0)], 2.0),
        ([Step("plan", seconds=3.0, **BEGUN), Step("report", cost=2.0)], None),
        ([Step("load", seconds=3.0, **ENDED)], None),
        ([Step("load", seconds=3.0, **ENDED), Step("workers"), Step("report", cost=1.0)], None),
        ([Step("plan", seconds=3.0, **ENDED), Step("compare", cost=10.0, seconds=4.0, **BEGUN)], 6.0),
        ([Step("plan", seconds=3.0, **ENDED), Step("compare", cost=10.0, seconds=40.0, **BEGUN)], 4.0),
        ([Step("plan", seconds=3.0, **ENDED), Step("of unknown size", DOCUMENT, done=7, seconds=1.0, **BEGUN)], None),
    ],
    ids=["no step", "nothing measured", "half of one", "two workers, half of it each", "most was there before",
         "a step to come", "a first step without units", "nothing to come is known yet",
         "of the workers nothing is known yet",
         "less than expected", "overdue", "no total"],
)  # fmt: skip
def test_what_is_left_of_steps(steps: list[Step], left: float | None) -> None:
    assert seconds_left(steps) == (None if left is None else pytest.approx(left))


def test_a_later_step_counts_at_its_own_cost_times_the_pace_of_this_run() -> None:
    first = Step("pass 1", total=100, done=50, seconds=100.0, cost=1.0, begun=True)  # twice as long as expected
    later = Step("pass 2", total=100, cost=10.0)
    assert pace_of([first, later]) == 2.0
    assert seconds_left([first, later]) == pytest.approx(50 * 2.0 + 100 * 20.0)


def test_at_first_a_step_is_expected_to_cost_what_it_was_measured_to() -> None:
    before = Step("pass 1", total=100, done=100, seconds=100.0, cost=1.0, begun=True, ended=True)
    slow = Step("pass 2", total=100, done=1, seconds=9.0, cost=1.0, begun=True)
    left = seconds_left([before, slow])
    assert left is not None
    assert 99 < left < 99 * 9 / 2  # one unit of a hundred says little


def test_what_was_found_done_is_no_part_of_the_rate() -> None:
    resumed = Step("pass 1", total=100, done=5, found=90, seconds=50.0, begun=True)
    assert seconds_left([resumed]) == pytest.approx(50.0)
