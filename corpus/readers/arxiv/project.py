"""LatexProject, what a paper's document holds beside the LaTeX of its main file until its files are read in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class LatexProject(NamedTuple):
    """The files that a paper's main file may read: the text of each, by its path from the main file's folder."""

    files: Mapping[str, str]

    @property
    def chars(self) -> int:
        """Characters of all these files."""
        return sum(map(len, self.files.values()))
