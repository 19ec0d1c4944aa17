"""Posts, what a question's document holds beside the question's own text until a step makes one text of all."""

from __future__ import annotations

from typing import NamedTuple


class Posts(NamedTuple):
    """The title of a question (plain), and the HTML of its answers in reading order; the question is the text."""

    title: str
    answers: tuple[str, ...]

    @property
    def chars(self) -> int:
        """Characters of the title and of all answers, as they stand in the dump."""
        return len(self.title) + sum(map(len, self.answers))
