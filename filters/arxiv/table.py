"""What control sequences mean, and for how long: the table of definitions with TeX's groups.

Also what a command that is obeyed may use, as a protocol, so that commands and expander need not know each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from filters.arxiv.macros import Alias, Environment, Flag, Macro
from filters.arxiv.scopes import Scopes
from filters.arxiv.source import Source
from filters.arxiv.tokens import depth_change
from filters.arxiv.writer import Writer


class Expander(Protocol):
    """What a primitive may use: where it reads, where it writes, and what control sequences mean."""

    source: Source
    writer: Writer
    table: Table
    conditionals: list[bool]
    """The open conditionals: whether this program decided them."""

    @property
    def files(self) -> Mapping[str, str]:
        """The paper's files, by name."""

    @property
    def file_names(self) -> frozenset[str]:
        """The names of these files, without folders."""

    def obey(self, meaning: Meaning, token: str) -> None:
        """Do what a control sequence means; its token has been read."""

    def expand_now(self, text: str, at: bool) -> str:
        """A text expanded on its own, as \\edef does with its body."""

    def read_definitions(self, text: str, commands: Mapping[str, Primitive]) -> dict[str, Meaning]:
        """What a text defines when only these commands are obeyed in it; nothing of it is written."""

    def spend(self, chars: int) -> None:
        """Account for work done, in characters."""

    def spend_input(self, chars: int) -> None:
        """Account for a file that is read."""


Primitive = Callable[[Expander, str], None]
Meaning = Macro | Alias | Flag | Environment | Primitive


class Table:
    """The meanings of control sequences and, under `\\begin{x}` and `\\end{x}`, of environments.

    What is not in the table is LaTeX's own. Groups are counted in what has been written, and only when a definition
    asks; while a definition made inside a group is alive, the reader steps through every group.
    """

    def __init__(self, writer: Writer) -> None:
        self.meanings: dict[str, Meaning] = {}
        self.state = 0  # counts the changes of the meanings
        self._writer = writer
        self._depth = self._counted = 0  # groups open in the first _counted pieces written
        self.scoped = Scopes[Meaning]()
        """The definitions that will end with their groups; empty where none is alive."""

    def get(self, name: str) -> Meaning | None:
        """What a control sequence means here; None for LaTeX's own."""
        return self.meanings.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.meanings

    def define(self, name: str, meaning: Meaning | None, everywhere: bool = False) -> None:
        """Give a control sequence a meaning (None: LaTeX's own), to the end of the group unless everywhere."""
        if everywhere:
            self.scoped.forget(name)
        elif depth := self._depth_now():
            self.scoped.save(depth, name, self.meanings.get(name))
        self._set(name, meaning)

    def _set(self, name: str, meaning: Meaning | None) -> None:
        self.state += 1
        if meaning is None:
            self.meanings.pop(name, None)
        else:
            self.meanings[name] = meaning

    def _depth_now(self) -> int:
        """How many groups are open in what has been written."""
        # While definitions are scoped the reader counts every group itself (step). Else the groups are counted here, in
        # the pieces written since the last count, verbatim ones apart.
        if not self.scoped:
            out, raw = self._writer.out, self._writer.raw
            written = "".join([out[at] for at in range(self._counted, len(out)) if at not in raw])
            self._depth = max(0, self._depth + depth_change(written)) if written else self._depth
            self._counted = len(out)
        return self._depth

    def step(self, step: int) -> None:
        """Into a group (1) or out of one (-1), whose definitions end."""
        self._depth = max(0, self._depth + step)
        for saved in self.scoped.leave(self._depth):
            self._set(saved.name, saved.meaning)

    def mark_counted(self) -> None:
        """All that is written has been stepped through."""
        self._counted = len(self._writer.out)

    def forget_groups(self) -> None:
        """Count groups anew from the start of what is written; no definition ends any more."""
        self._depth = self._counted = 0
        self.scoped = Scopes[Meaning]()

    def begin_apart(self) -> tuple[int, int, Scopes[Meaning]]:
        """Begin to count the groups of a text of its own; returns the count so far, for resume."""
        before = self._depth, self._counted, self.scoped
        self.forget_groups()
        return before

    def resume(self, before: tuple[int, int, Scopes[Meaning]]) -> None:
        """Continue the count of the text that was being written before begin_apart."""
        self._depth, self._counted, self.scoped = before
