"""What control sequences mean, and for how long: the table of definitions with TeX's groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from filters.arxiv.macros import Alias, Environment, Flag, Macro
from filters.arxiv.tokens import depth_change
from filters.arxiv.writer import Writer

if TYPE_CHECKING:
    from filters.arxiv.expand import Expander

Primitive = Callable[["Expander", str], None]
Meaning = Macro | Alias | Flag | Environment | Primitive


class Table(Writer):
    """The meanings of control sequences and, under `\\begin{x}` and `\\end{x}`, of environments.

    What is not in the table is LaTeX's own. Groups are counted in what has been written, and only when a definition
    asks; while a definition made inside a group is alive (scoped), the reader steps through every group.
    """

    def __init__(self) -> None:
        super().__init__()
        self.table: dict[str, Meaning] = {}
        self.state = 0  # counts the changes of the table
        self._depth = self._counted = 0  # groups open in the first _counted pieces
        self._saved: list[tuple[int, str, Meaning | None]] = []

    @property
    def scoped(self) -> bool:
        """Whether a definition will end with its group."""
        return bool(self._saved)

    def define(self, name: str, meaning: Meaning | None, everywhere: bool = False) -> None:
        """Give a control sequence a meaning (None: LaTeX's own), to the end of the group unless everywhere."""
        if everywhere:
            self._saved = [saved for saved in self._saved if saved[1] != name]
        elif depth := self._depth_now():
            self._saved.append((depth, name, self.table.get(name)))
        self._set(name, meaning)

    def _set(self, name: str, meaning: Meaning | None) -> None:
        self.state += 1
        if meaning is None:
            self.table.pop(name, None)
        else:
            self.table[name] = meaning

    def _depth_now(self) -> int:
        """How many groups are open in what has been written."""
        if not self._saved:
            new = range(self._counted, len(self.out))
            written = "".join([self.out[at] for at in new if at not in self.raw])
            self._depth = max(0, self._depth + depth_change(written)) if written else self._depth
            self._counted = len(self.out)
        return self._depth

    def step(self, step: int) -> None:
        """Into a group (1) or out of one (-1), whose definitions end."""
        self._depth = max(0, self._depth + step)
        while self._saved and self._saved[-1][0] > self._depth:
            _, name, meaning = self._saved.pop()
            self._set(name, meaning)

    def counted(self) -> None:
        """All that is written has been stepped through."""
        self._counted = len(self.out)

    def unwrite(self, pieces: int) -> None:
        super().unwrite(pieces)
        self._depth = self._counted = 0
        self._saved = []

    def write_apart(self) -> tuple[list[str], set[int], int, int, list[tuple[int, str, Meaning | None]]]:
        """Begin a text of its own; what it was before, for write_on."""
        before = self.out, self.raw, self._depth, self._counted, self._saved
        self.out, self.raw, self._depth, self._counted, self._saved = [], set(), 0, 0, []
        return before

    def write_on(self, before: tuple[list[str], set[int], int, int, list[tuple[int, str, Meaning | None]]]) -> None:
        """Go on with the text before."""
        self.out, self.raw, self._depth, self._counted, self._saved = before
