"""Histograms as numbers: bins, the documents kept and dropped in each, and the limits."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipelines.report.measures import Limit

Weighted = tuple[float, float]
"""A value, and the number of documents it represents."""

BINS = 40
TICKS_MOST = 6
_BINS_A_DECADE = (10, 5, 4, 2, 1)
_WIDE = 100.0
"""Where the largest value is more than this many times the median, the axis is logarithmic."""


class Axis(NamedTuple):
    """The edges of the bins, ascending; equally spaced, or equally in their logarithms."""

    edges: tuple[float, ...]
    log: bool

    def position(self, value: float) -> float:
        """The position of a value between the first edge (0) and the last (1)."""
        first, last, at = (self._scaled(each) for each in (self.edges[0], self.edges[-1], value))
        return min(1.0, max(0.0, (at - first) / (last - first)))

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, self.edges[0])) if self.log else value

    def ticks(self) -> list[float]:
        """The values to write below the axis, at most about TICKS_MOST."""
        if not self.log:
            return self._round_numbers()
        # 1e-9: the logarithm of an edge that is a power of ten may come out a hair above or below a whole number.
        low, high = math.ceil(math.log10(self.edges[0]) - 1e-9), math.floor(math.log10(self.edges[-1]) + 1e-9)
        step = 1 + (high - low) // TICKS_MOST
        return [10.0**power for power in range(low, high + 1, step)]

    def _round_numbers(self) -> list[float]:
        """Multiples of 1, 2, 2.5 or 5 times a power of ten, from the first edge to the last."""
        low, high = self.edges[0], self.edges[-1]
        power = 10.0 ** math.floor(math.log10((high - low) / TICKS_MOST))
        step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (power * factor) <= TICKS_MOST)
        return [step * at for at in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


class Histogram(NamedTuple):
    """Documents by bin: those kept, those dropped; the median of each, and the limits."""

    axis: Axis
    kept: tuple[float, ...]
    dropped: tuple[float, ...]
    kept_median: float | None
    dropped_median: float | None
    limits: tuple[Limit, ...]


def histogram(kept: Sequence[Weighted], dropped: Sequence[Weighted], limits: Iterable[Limit] = ()) -> Histogram | None:
    """The histogram of the finite values; None where there are none."""
    kept, dropped = _finite(kept), _finite(dropped)
    if not kept and not dropped:
        return None
    drawn = tuple(limits)
    bounds = [float(limit.value) for limit in drawn if isinstance(limit.value, int | float)]
    axis = axis_for([value for value, _weight in (*kept, *dropped)], bounds)
    return Histogram(axis, _filled(axis, kept), _filled(axis, dropped), _median(kept), _median(dropped), drawn)


def axis_for(values: Sequence[float], bounds: Sequence[float]) -> Axis:
    """An axis on which all values and limits lie: 0 to 1 for shares, decades for wide ranges, else round numbers."""
    low, high = min((*values, *bounds)), max((*values, *bounds))
    # The median decides, not the mean: one huge value would stretch an even axis, and all others would share a bin.
    middle = sorted(values)[len(values) // 2]
    if low >= 0 and high <= 1:
        return _even(0.0, 1.0, BINS)
    if (low >= 0 and high > _WIDE * max(middle, 1e-9)) or (low >= 0 and high >= 1000):
        return _decades([value for value in (*values, *bounds) if value > 0])
    if all(value == int(value) for value in values) and high - low <= BINS:
        return _even(math.floor(low), math.floor(high) + 1.0, int(math.floor(high) - math.floor(low)) + 1)
    return _round(low, high)


def _even(low: float, high: float, bins: int) -> Axis:
    return Axis(tuple(low + (high - low) * at / bins for at in range(bins + 1)), False)


def _round(low: float, high: float) -> Axis:
    """Bins of a width of 1, 2 or 5 times a power of ten, at most BINS of them."""
    power = 10.0 ** math.floor(math.log10((high - low or 1.0) / BINS))
    width = next(power * factor for factor in (1, 2, 5, 10) if (high - low) / (power * factor) <= BINS)
    first, last = math.floor(low / width), max(math.floor(high / width), math.floor(low / width)) + 1
    return Axis(tuple(width * at for at in range(first, last + 1)), False)


def _decades(values: Sequence[float]) -> Axis:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    bins = next((each for each in _BINS_A_DECADE if each * (high - low) <= BINS + BINS // 4), 1)
    return Axis(tuple(10.0 ** (at / bins) for at in range(low * bins, max(high, low + 1) * bins + 1)), True)


def _filled(axis: Axis, values: Iterable[Weighted]) -> tuple[float, ...]:
    counts = [0.0] * (len(axis.edges) - 1)
    # bisect_right: a value on an edge is in the bin that begins there. The last bin has its own right edge too, and on
    # an axis of logarithms the first one has the zeros.
    for value, weight in values:
        counts[min(max(bisect_right(axis.edges, value) - 1, 0), len(counts) - 1)] += weight
    return tuple(counts)


def _finite(values: Sequence[Weighted]) -> list[Weighted]:
    return [pair for pair in values if math.isfinite(pair[0])]


def _median(values: Sequence[Weighted]) -> float | None:
    """The weighted median: the value at which half of the weight is reached."""
    half, reached = sum(weight for _value, weight in values) / 2, 0.0
    for value, weight in sorted(values):
        reached += weight
        if reached >= half:
            return value
    return None
