"""The ifthen package: \\ifthenelse, whose condition is decided where the author's own definitions decide it."""

from __future__ import annotations

import re

from filters.arxiv.conditionals import MOST_DIGITS
from filters.arxiv.macros import Flag
from filters.arxiv.source import MissingArgumentError
from filters.arxiv.table import Expander, Primitive
from filters.arxiv.tokens import GROUP

_OPERATOR = re.compile(r"\s*\\(and|or|AND|OR)(?![a-zA-Z])")
_NOT = re.compile(r"\s*\\(?:not|NOT)(?![a-zA-Z])")
_OPENS = re.compile(r"\s*\\\(")
_CLOSES = re.compile(r"\s*\\\)")
_TEST = re.compile(rf"\s*\\(equal|boolean|isodd|isundefined)\s*{GROUP.pattern}\s*(?:{GROUP.pattern})?", re.DOTALL)
_RELATION = re.compile(r"\s*+(-?\d{1,10})\s*+([<>=])\s*+(-?\d{1,10})(?!\d)")


def if_then_else(expander: Expander, token: str) -> None:
    """\\ifthenelse{condition}{yes}{no}."""
    condition, yes, no = expander.source.argument(), expander.source.argument(), expander.source.argument()
    expander.source.push(yes if holds(expander, condition) else no)


def while_do(expander: Expander, token: str) -> None:
    """\\whiledo{condition}{body}."""
    condition, body = expander.source.argument(), expander.source.argument()
    if holds(expander, condition):
        expander.source.push(rf"{body}\whiledo{{{condition}}}{{{body}}}")


def holds(expander: Expander, condition: str) -> bool:
    """Whether a condition holds.

    Raises:
        MissingArgumentError: it asks what LaTeX alone knows.
    """
    held, end = _condition(expander, condition, 0)
    if condition[end:].strip():
        raise MissingArgumentError
    return held


def _condition(expander: Expander, text: str, pos: int) -> tuple[bool, int]:
    """Whether the condition at pos holds, \\and and \\or read from left to right as ifthen does; and where it ends."""
    held, pos = _term(expander, text, pos)
    while match := _OPERATOR.match(text, pos):
        other, pos = _term(expander, text, match.end())
        held = (held and other) if match[1].lower() == "and" else (held or other)
    return held, pos


def _term(expander: Expander, text: str, pos: int) -> tuple[bool, int]:
    """One test, perhaps negated or in parentheses."""
    if match := _NOT.match(text, pos):
        held, pos = _term(expander, text, match.end())
        return not held, pos
    if match := _OPENS.match(text, pos):
        held, pos = _condition(expander, text, match.end())
        match = _CLOSES.match(text, pos)
    elif match := _TEST.match(text, pos):
        held = _passes(expander, match[1], match[2], match[3])
        return held, match.end(2) + 1 if match[1] != "equal" else match.end()
    elif match := _RELATION.match(text, pos):
        left, right = int(match[1]), int(match[3])
        held = {"<": left < right, "=": left == right, ">": left > right}[match[2]]
    if match is None:
        raise MissingArgumentError
    return held, match.end()


def _passes(expander: Expander, test: str, first: str, second: str | None) -> bool:
    if test == "boolean":
        flag = expander.table.get(rf"\if{first.strip()}")
        if isinstance(flag, Flag):
            return flag.state
    elif test == "isundefined" and first.strip() in expander.table:
        return False
    elif test == "isodd":
        number = expander.expand_now(first, at=False).strip()
        if number.isdecimal() and len(number) <= MOST_DIGITS:
            return int(number) % 2 == 1
    elif test == "equal" and second is not None:
        left, right = (expander.expand_now(text, at=False).strip() for text in (first, second))
        if left == right or not ("\\" in left and "\\" in right):
            return left == right
    raise MissingArgumentError


def new_boolean(expander: Expander, token: str) -> None:
    """\\newboolean{x}, \\provideboolean{x}."""
    name = expander.source.argument()
    expander.source.push(rf"\newif\csname if{name}\endcsname")


def set_boolean(expander: Expander, token: str) -> None:
    """\\setboolean{x}{true}."""
    name, state = rf"\if{expander.source.argument()}", expander.source.argument()
    if not isinstance(expander.table.get(name), Flag):
        raise MissingArgumentError
    expander.table.define(name, Flag(state.strip() == "true"))


IFTHEN: dict[str, Primitive] = {
    r"\ifthenelse": if_then_else,
    r"\newboolean": new_boolean,
    r"\provideboolean": new_boolean,
    r"\whiledo": while_do,
    r"\setboolean": set_boolean,
}
