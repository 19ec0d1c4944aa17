"""How the work of a function grows with its input, told by CPU time over sizes far apart, whatever the machine."""

from __future__ import annotations

import gc
import math
import signal
import time
from collections.abc import Callable
from typing import Any

FIRST, LARGEST, TIMES = 1_000, 20_000, 8
"""Characters of the first text tried and of the largest, and how much smaller the text is that one is compared with."""
MOST_EXPONENT = 1.5
"""Work that grows with the square takes 64 times as long for 8 times the text, linear work 8 times: between the two."""
SURELY_LINEAR_SECONDS = 0.1
"""For LARGEST characters: the square of them, 400 million steps, would take twenty times as long."""
SETTLED = 48_000
"""Characters for a second look: a quantifier that is bounded by thousands looks like the square before that."""
PROBE, PROBE_SECONDS = 16_000, 0.02
"""Most work is told apart by a first, small text: the square of its characters, 256 million steps, takes longer."""
LEAST_SECONDS = 0.1
"""A clock of CPU time may tick a hundred times a second: shorter work is repeated until it takes this long."""
_LIMIT_SECONDS, _AGAIN_SECONDS = 4.0, 0.05


class _TooLongError(Exception):
    """The work did not end."""


def cpu_seconds(work: Callable[[str], object], text: str, limit: float = _LIMIT_SECONDS) -> float:
    """The CPU time of the work on a text; the limit where it takes longer, as it is then broken off."""

    def stop(*_told: Any) -> None:
        raise _TooLongError

    # What is raised within a __del__ is swallowed: so nothing is collected meanwhile, and the clock rings again.
    gc.disable()
    before = signal.signal(signal.SIGVTALRM, stop)
    started = time.process_time()
    try:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, limit, _AGAIN_SECONDS)
            work(text)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)  # it may ring just before this
    except _TooLongError:
        return limit
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        gc.enable()
    return time.process_time() - started


def exponent(work: Callable[[str], object], text: Callable[[int], str]) -> float:
    """The power of its input's size by which work grows on the texts of a kind; 1 where it is surely no more."""
    if cpu_seconds(work, text(PROBE), PROBE_SECONDS) < PROBE_SECONDS:
        return 1.0
    chars = FIRST
    while cpu_seconds(work, text(chars)) < SURELY_LINEAR_SECONDS:
        if chars >= LARGEST:
            return 1.0
        chars *= 2
    power = _power(work, text(chars), text(chars // TIMES))
    if power <= MOST_EXPONENT or power == math.inf:
        return power
    return _power(work, text(SETTLED), text(SETTLED // TIMES))


def _power(work: Callable[[str], object], large: str, small: str) -> float:
    """The power by which work grows from a small text to a large one; inf where the small one has no end in sight."""
    if cpu_seconds(work, small) >= _LIMIT_SECONDS:
        return math.inf
    seconds = cpu_seconds(work, large)
    seconds = seconds if seconds >= _LIMIT_SECONDS else min(seconds, _repeated(work, large))
    return math.log(seconds / _repeated(work, small), len(large) / len(small))


def _repeated(work: Callable[[str], object], text: str) -> float:
    """The CPU time of the work on a text, from as many times as take LEAST_SECONDS together."""
    times, started = 0, time.process_time()
    while time.process_time() - started < LEAST_SECONDS:
        work(text)
        times += 1
    return (time.process_time() - started) / times
