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


def time_of(seconds: float) -> str:
    """A time in the unit that people read it in: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:,.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 6000 else f"{seconds / 3600:,.1f} h"


def bytes_of(count: float) -> str:
    """Bytes in the unit that people read them in: `3.2 GB`."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.3g} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
