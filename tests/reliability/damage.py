"""Damage to a file, by kind, place and size, the same for the same number."""

from __future__ import annotations

import random

KINDS = ("cut", "flip", "splice", "zero", "grow")
_MOST_BYTES = 4096


def damaged(data: bytes, number: int) -> bytes:
    """The bytes of a file after damage of kind KINDS[number % 5], in its head as often as anywhere else."""
    draw = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    head = number // len(KINDS) % 2
    at = draw.randrange(min(len(data), 200) if head else len(data))
    size = min(1 + int(draw.expovariate(1 / 64)), _MOST_BYTES)
    if kind == "cut":
        return data[:at]
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
    if kind == "splice":
        start = draw.randrange(len(data))
        return data[:at] + data[start : start + size] + data[at + size :]
    if kind == "zero":
        return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]
    return data[:at] + draw.randbytes(size) + data[at:]
