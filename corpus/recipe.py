"""The recipe: every number of the corpus, each with its unit and its source.

A number enters the project once, as `cited(...)` in the RECIPE of its source, and is used by name. `corpus rules`
prints all of them; presets replace some of them by those of a named peer; `--set name=value` replaces one. A number
deep in a reader or filter is a constant `cited(...)` of its module: it is printed too, and cannot be changed.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic

from typing_extensions import TypeVar

from corpus.errors import RecipeError, UsageError

Value = int | float | bool | str | tuple[str, ...]
V = TypeVar("V", bound=Value)
V_co = TypeVar("V_co", bound=Value, covariant=True, default=Value)
ROOT = Path(__file__).resolve().parent.parent
BASES = ("paper", "peer", "ours")


@dataclass(frozen=True)
class Cited(Generic[V_co]):
    """A number (or choice) with its unit, its citation and the line that states it."""

    value: V_co
    citation: str
    unit: str = ""
    basis: str = "ours"
    choices: tuple[str, ...] = ()
    name: str = ""
    where: str = ""

    def parse(self, text: str) -> Value:
        """The value that `text` of a command line stands for, of this number's own type.

        Raises:
            RecipeError: not of that type, or not among the choices (`group:N` admits any whole N >= 1).
        """
        try:
            value = _parse_as(self.value, text)
        except ValueError:
            raise RecipeError(f"a value like {shown(self.value)}", repr(text), f"--set {self.name}") from None
        if self.choices and not admits(self.choices, text):
            raise RecipeError("one of " + ", ".join(self.choices), repr(text), f"--set {self.name}")
        return value


def cited(value: V, citation: str, unit: str = "", basis: str = "ours", choices: tuple[str, ...] = ()) -> Cited[V]:
    """A number of a recipe; or, as a constant of a reader or filter, one that no recipe changes (use its `value`).

    Args:
        value: the number, or a word where the recipe chooses between ways.
        citation: where it is stated (section, file, page), or for basis `ours` why it was chosen.
        unit: chars, words, bytes, lines, share (0 to 1), sites, ...; empty for a choice of ways.
        basis: `paper` stated there, `peer` a public re-implementation's choice, `ours` this project's.
        choices: the words a choice admits; `group:N` admits any whole number for N.
    """
    if basis not in BASES:
        raise RecipeError("a basis among " + ", ".join(BASES), repr(basis), "cited()")
    frame = sys._getframe(1)
    path = Path(frame.f_code.co_filename)
    path = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return Cited(value, citation, unit, basis, choices, where=f"{path.as_posix()}:{frame.f_lineno}")


class Recipe(Mapping[str, Cited]):
    """The numbers of one source under their names, and its presets.

    >>> RECIPE = Recipe("github", longest_line_chars=cited(1000, "RedPajama v1", "chars", "peer"))
    >>> RECIPE.longest_line_chars.value
    1000
    """

    def __init__(
        self, source: str, presets: Mapping[str, Mapping[str, Cited]] | None = None, /, **numbers: Cited
    ) -> None:
        self.source = source
        for name, stated in dict[str, object](numbers).items():
            if not isinstance(stated, Cited):
                do = f"write {name}=cited({stated!r}, citation, unit)"
                raise RecipeError("a cited number", repr(stated), f"recipe {source}, {name}=", do)
        self._numbers = {name: replace(number, name=name) for name, number in numbers.items()}
        self.presets = {"paper": {}, **(presets or {})}
        for preset, changes in self.presets.items():
            for name in changes:
                self._known(name, f"preset {preset}")

    def __getitem__(self, name: str) -> Cited:
        return self._numbers[name]

    def __getattr__(self, name: str) -> Cited:
        try:
            return self.__dict__["_numbers"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def _known(self, name: str, where: str) -> Cited:
        if name not in self._numbers:
            raise RecipeError(f"a name of the {self.source} recipe", repr(name), where, nearest(name, self._numbers))
        return self._numbers[name]

    def resolve(self, preset: str = "paper", settings: Mapping[str, str] | None = None) -> dict[str, Cited]:
        """Every number in force: the recipe's, then the preset's, then the settings of the command line.

        Raises:
            RecipeError: an unknown preset, name or value; the message lists the nearest.
        """
        if preset not in self.presets:
            raise RecipeError(f"a preset of {self.source}", repr(preset), "--preset", nearest(preset, self.presets))
        chosen = dict(self._numbers)
        for name, number in self.presets[preset].items():
            chosen[name] = replace(number, name=name, choices=self._numbers[name].choices)
        for name, text in (settings or {}).items():
            number = self._known(name, "--set")
            chosen[name] = replace(number, value=number.parse(text), citation="--set", basis="ours")
        return chosen


def nearest(name: str, names: Mapping[str, Any] | list[str]) -> str:
    """What to say after an unknown name: the nearest known ones, or all of them."""
    close = difflib.get_close_matches(name, list(names), 3, 0.5)
    return "did you mean " + " or ".join(close) + "?" if close else "there are " + ", ".join(sorted(names))


def _parse_as(like: Value, text: str) -> Value:
    if isinstance(like, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    if isinstance(like, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return type(like)(text)


def admits(choices: Iterable[str], text: str) -> bool:
    """Whether a word is among the choices; `group:N` admits any whole number N >= 1."""
    return any(_admits(choice, text) for choice in choices)


def _admits(choice: str, text: str) -> bool:
    if choice.endswith(":N"):
        head, _, number = text.partition(":")
        return head == choice[:-2] and number.isdecimal() and int(number) >= 1
    return choice == text


def shown(value: Value) -> str:
    """A value as the command line would state it."""
    if isinstance(value, tuple):
        return ",".join(value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse_settings(assignments: list[str]) -> dict[str, str]:
    """name -> text of the `--set name=value` given.

    Raises:
        UsageError: one has no `=`.
    """
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, equals, _text in pairs:
        if not equals:
            raise UsageError("name=value", repr(name), "--set")
    return {name: text for name, _equals, text in pairs}
