"""How servers are spared."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """How a server is spared: files at once, bytes per second over all of them (0: no limit), seconds between files."""

    at_once: int = 4
    bytes_per_second: int = 0
    pause_seconds: float = 0.0
