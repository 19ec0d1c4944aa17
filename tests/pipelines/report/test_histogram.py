"""Bins, axes, medians, and where a limit stands."""

from __future__ import annotations

import pytest

from pipelines.report.histogram import Axis, axis_for, histogram
from pipelines.report.measures import Limit


def test_kept_and_gone_are_counted_by_their_weight() -> None:
    drawn = histogram([(1, 1.0), (2, 1.0), (2, 1.0)], [(3, 10.0)], [Limit(2, "above", "s", "r")])
    assert drawn is not None
    assert drawn.axis == Axis((1.0, 2.0, 3.0, 4.0), False)
    assert (drawn.kept, drawn.dropped) == ((1.0, 2.0, 0.0), (0.0, 0.0, 10.0))
    assert (drawn.kept_median, drawn.dropped_median) == (2, 3)


def test_nothing_finite_draws_nothing() -> None:
    assert histogram([(float("nan"), 1.0)], [(float("inf"), 1.0)]) is None


@pytest.mark.parametrize(
    ("values", "bounds", "first", "last", "log"),
    [
        ([0.2, 0.9], [], 0.0, 1.0, False),
        ([3.0, 5.0], [], 3.0, 6.0, False),
        ([3.0, 5.0], [8.0], 3.0, 9.0, False),
        ([1.5, 80.5], [], 0.0, 82.0, False),
        ([-4.5, 4.5], [], -4.5, 5.0, False),
        ([20.0, 30_000.0], [], 10.0, 100_000.0, True),
        ([0.0, 5_000.0], [], 1000.0, 10_000.0, True),
        ([2.5], [], 2.5, 2.51, False),
    ],
    ids=["shares", "whole numbers", "a limit beyond", "rounded", "negative", "decades", "zero too", "one value"],
)  # fmt: skip
def test_an_axis_holds_every_value_and_limit(
    values: list[float], bounds: list[float], first: float, last: float, log: bool
) -> None:
    axis = axis_for(values, bounds)
    assert (axis.edges[0], axis.edges[-1], axis.log) == (pytest.approx(first), pytest.approx(last), log)
    drawn = histogram([(value, 1.0) for value in values], [])
    assert drawn is not None
    assert sum(drawn.kept) == len(values)


def test_places_and_ticks() -> None:
    log = Axis((1.0, 10.0, 100.0), True)
    assert [log.position(value) for value in (0, 1, 10, 100, 1000)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert log.ticks() == [1.0, 10.0, 100.0]
    assert Axis((0.0, 1.0), False).ticks() == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Axis((1.0, 15.0), False).ticks() == [2.5, 5.0, 7.5, 10.0, 12.5, 15.0]
    assert Axis((1.0, 1e15), True).ticks() == [1.0, 1e3, 1e6, 1e9, 1e12, 1e15]
