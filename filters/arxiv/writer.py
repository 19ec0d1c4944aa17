"""What the expander has written so far."""

from __future__ import annotations

import re

from filters.arxiv.macros import apart
from filters.arxiv.tokens import READ_BLANK
from filters.arxiv.words import TYPESET_WORDS


class Writer:
    """The pieces of the expanded text; raw are the numbers of those that are verbatim."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.raw: set[int] = set()
        self._line_starts = (0, True)  # whether a line starts after this many pieces

    def emit(self, text: str) -> None:
        """Write text, kept apart from a control word before it."""
        if READ_BLANK in text:
            text = _READ_BLANKS.sub(_protect, text)
        if not text:
            return
        out = self.out
        if out and out[-1][-1].isalpha() and (between := apart(out[-1], text)):
            out.append(between)
        out.append(text)

    def emit_raw(self, text: str) -> None:
        """Write text that is not TeX."""
        self.raw.add(len(self.out))
        self.out.append(text)

    def unwrite(self, pieces: int) -> None:
        """Take back all but the first pieces."""
        del self.out[pieces:]
        self._line_starts = (0, True)
        self.raw = {at for at in self.raw if at < pieces}

    def begin_apart(self) -> tuple[list[str], set[int]]:
        """Begin a text of its own; returns the text so far, for resume."""
        before = self.out, self.raw
        self.out, self.raw, self._line_starts = [], set(), (0, True)
        return before

    def resume(self, before: tuple[list[str], set[int]]) -> None:
        """Continue the text that was being written before begin_apart."""
        self.out, self.raw = before
        self._line_starts = (0, True)

    def at_line_start(self) -> bool:
        """Whether nothing but blanks stands on the line that is being written."""
        # Pieces are only added, so those looked at before need not be again: there may be many blank ones.
        known, answer = self._line_starts
        for at in range(len(self.out) - 1, known - 1, -1):
            rest = self.out[at].rstrip(" \t")
            if rest:
                answer = rest[-1] == "\n"
                break
        self._line_starts = len(self.out), answer
        return answer

    def written(self) -> str:
        """All that was written, runs of blank lines as one."""
        parts, run = [], 0
        for at in [*sorted(self.raw), len(self.out)]:
            parts.append(_BLANK_LINES.sub("\n\n", "".join(self.out[run:at])))
            parts.extend(self.out[at : at + 1])
            run = at + 1
        return "".join(parts)


_READ_BLANKS = re.compile(rf"(\\[a-zA-Z]+)?{READ_BLANK}")


def _protect(match: re.Match[str]) -> str:
    word = match[1] or ""
    return word + "{}" if word[1:] in TYPESET_WORDS else word


_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
