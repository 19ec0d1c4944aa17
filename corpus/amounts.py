"""A number and what it counts, as people write it: 1 document, 2 documents."""

from __future__ import annotations


def of(number: float, unit: str) -> str:
    """`1 document`, `3,000 documents`, `2 replies`, `2 passes`."""
    return f"{number:,.0f} {units(number, unit)}"


def units(number: float, unit: str) -> str:
    """The word alone, for 1 or for several."""
    if number == 1:
        return unit
    if unit.endswith("y"):
        return f"{unit[:-1]}ies"
    return f"{unit}es" if unit.endswith("s") else f"{unit}s"
