"""Numbers as people read them."""

from __future__ import annotations

from corpus.recipe import Value

THIN = "\u202f"
"""A narrow space at which no line breaks."""

_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k"))


def full(number: float) -> str:
    """5,073,109: a whole number."""
    return f"{number:,.0f}"


def short(number: float) -> str:
    """5.07 M: about three digits; all digits below ten thousand."""
    for size, letter in _STEPS:
        if number >= size:
            scaled = number / (1e3 if letter == "k" else size)
            return f"{scaled:,.{max(0, 2 - len(str(int(scaled))) + 1)}f}{THIN}{letter}"
    return f"{number:,.0f}"


def plain(number: float) -> str:
    """0.25, 1,000, 3.5: a number of an axis or a limit, without digits that are not needed."""
    if number == int(number) and abs(number) < 1e15:
        return full(number) if abs(number) < 1e6 else short(number)
    return f"{number:.3g}"


def percent(part: float, total: float) -> str:
    """61.4 %; a share that is small but not 0 is `< 0.1 %`, one that is nearly 1 is `> 99.9 %`."""
    if not total:
        return "–"
    share = part / total
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{share:.1%}".replace("%", f"{THIN}%")


def stated(value: Value | list[str]) -> str:
    """A number or choice of the recipe."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "(none)"
    return full(value) if isinstance(value, int) else f"{value:g}"
