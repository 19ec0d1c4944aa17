"""Beam's options after `--`, as a command gave them. Beam itself is not imported here."""

from __future__ import annotations

from collections.abc import Callable


class _Given:
    """The options of the last command that had any; taken_by is what takes them, where Beam has been imported."""

    def __init__(self) -> None:
        self.arguments: list[str] = []
        self.taken_by: Callable[[list[str]], None] | None = None


GIVEN = _Given()
