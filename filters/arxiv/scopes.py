"""The meanings that come back when the groups end in which they were changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

Meaning = TypeVar("Meaning")


class Saved(NamedTuple, Generic[Meaning]):
    """A meaning that comes back when the group it was changed in ends; number counts the changes."""

    depth: int
    name: str
    meaning: Meaning | None
    number: int


class Scopes(Generic[Meaning]):
    """A stack of saved meanings, the innermost group's last; false where none will come back."""

    # \global\def takes back all that is saved of a name. There may be many, so they stay on the stack and are passed
    # over when their group ends: those up to the number that was reached when the name was forgotten.

    def __init__(self) -> None:
        self._stack: list[Saved[Meaning]] = []
        self._alive: Counter[str] = Counter()
        self._forgotten: dict[str, int] = {}
        self._number = 0

    def __bool__(self) -> bool:
        return bool(self._alive)

    def save(self, depth: int, name: str, meaning: Meaning | None) -> None:
        """Keep a meaning until the groups are fewer than depth."""
        self._number += 1
        self._stack.append(Saved(depth, name, meaning, self._number))
        self._alive[name] += 1

    def forget(self, name: str) -> None:
        """Let no meaning that is saved of a name come back."""
        if self._alive.pop(name, 0):
            self._forgotten[name] = self._number

    def leave(self, depth: int) -> Iterator[Saved[Meaning]]:
        """What comes back where only depth groups are open, the last change first."""
        while self._alive and self._stack[-1].depth > depth:
            saved = self._stack.pop()
            if saved.number > self._forgotten.get(saved.name, 0):
                self._alive[saved.name] -= 1
                if not self._alive[saved.name]:
                    del self._alive[saved.name]
                yield saved
        if not self._alive:
            self._stack.clear()
