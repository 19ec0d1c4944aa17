"""Live rows at the end of a terminal: drawn over those before, and cleared for whatever else is printed there.

No colours are used, so NO_COLOR changes nothing; a terminal that is called `dumb` gets plain lines.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, TextIO

from corpus.visible import visible

CLEAR_BELOW, UP = "\r\x1b[J", "\x1b[{}A"
"""Back to the first column, and clear from there on; up by so many rows."""
USUAL_COLUMNS = 80


def is_terminal(out: TextIO) -> bool:
    """Whether a stream is a terminal whose cursor can be moved."""
    try:
        return out.isatty() and os.environ.get("TERM", "") != "dumb"
    except ValueError:  # closed
        return False


class Screen:
    """The live rows of one terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._drawn = out, list[int]()
        self.midway = False

    def columns(self) -> int:
        """How wide the terminal is now."""
        try:
            return os.get_terminal_size(self._out.fileno()).columns or USUAL_COLUMNS
        except (OSError, ValueError):
            return USUAL_COLUMNS

    def draw(self, rows: Sequence[str]) -> None:
        """Show rows in the place of those before; not while somebody else's line is unfinished."""
        if self.midway:
            return
        rows = [visible(row) for row in rows]
        self._out.write(self._back() + "\n".join(rows))
        self._out.flush()
        self._drawn = [len(row) for row in rows]

    def clear(self) -> None:
        """Take the rows away."""
        if self._drawn:
            self._out.write(self._back())
            self._out.flush()
            self._drawn = []

    def _back(self) -> str:
        """To where the rows begin, with nothing behind: a terminal that became narrower has broken them into more."""
        if not self._drawn:
            return ""
        columns = self.columns()
        taken = sum(max(1, -(-length // columns)) for length in self._drawn)
        return (UP.format(taken - 1) if taken > 1 else "") + CLEAR_BELOW


class Aside:
    """A stream to the same terminal: the live rows are cleared before anything is written to it."""

    def __init__(self, stream: TextIO, screen: Screen, lock: AbstractContextManager[bool]) -> None:
        self._stream, self._screen, self._lock = stream, screen, lock

    def write(self, text: str) -> int:
        """Write text where the rows stood."""
        with self._lock:
            if text:
                self._screen.clear()
                self._screen.midway = not text.endswith("\n")
            return self._stream.write(text)

    def writelines(self, texts: Sequence[str]) -> None:
        """Write some texts."""
        for text in texts:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
