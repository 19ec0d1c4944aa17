"""Hostile text for a regular expression: what its quantifiers accept, again and again, and then what makes it fail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

GENERIC = (
    " ", "\t", "\n", " \n", "a", "A ", "0", ".", "-", "_", "'", '"', "=", "|", ":", "*", "#", "%", "\\", "~", ",", "(",
    "[", "]", "{", "}", "<", ">", "&", "[[", "]]", "{{", "}}", "{|", "|}", "{{a|", "[http://a b ", "[[a|", "<a ",
    "</", "<!--", "-->", "&#", "&amp;", "\\a ", "\\a{", "{#1}", "$", "@", "/", "//", "/*",
    "é", "\u3000", "\x00", "\x01",
)  # fmt: skip
"""Pieces that cost some language of markup something, whatever the expression."""

ENDS = ("", "\n", "\x00", "a")
MANY = 20
"""A quantifier that takes no more than this many pieces is a constant factor, not growth."""
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_EXAMPLES = {
    sre.CATEGORY_DIGIT: "0", sre.CATEGORY_NOT_DIGIT: "a ", sre.CATEGORY_SPACE: " \n\t", sre.CATEGORY_NOT_SPACE: "a.",
    sre.CATEGORY_WORD: "a0_", sre.CATEGORY_NOT_WORD: " .\n",
}  # fmt: skip
_FILLERS = "a 0.\n-\t|=<{[&'\"\\x/:é"
Tree = Sequence[tuple[Any, Any]]


class Attack(NamedTuple):
    """A text of any size: a start, a body that is repeated, an end."""

    start: str
    body: str
    end: str

    def text(self, chars: int) -> str:
        """The text of about this many characters."""
        return self.start + self.body * max(1, chars // len(self.body)) + self.end


class Growing(NamedTuple):
    """A quantifier of an expression: what stands before it, and the pieces it takes."""

    before: str
    pieces: tuple[str, ...]


def attacks(pattern: re.Pattern[Any]) -> list[Attack]:
    """Texts that make each quantifier of an expression take much, from one place or from many, and then fail."""
    found: dict[Attack, None] = {}
    for growing in quantifiers(pattern):
        for piece, end in product(growing.pieces, ENDS):
            if piece:
                found[Attack(growing.before, piece, end)] = None
                found[Attack("", growing.before + piece, end)] = None
                found[Attack("", piece, end)] = None
                found[Attack("", growing.before + piece * MANY * 5, end)] = None
        if growing.before:
            found[Attack("", growing.before, "")] = None
    return list(found)


def quantifiers(pattern: re.Pattern[Any]) -> list[Growing]:
    """The quantifiers of an expression without a small bound."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    groups: dict[int, str] = {}
    return list(_growing(parser.parse(source, flags & ~re.LOCALE), "", groups))


def _growing(tree: Tree, before: str, groups: dict[int, str]) -> Iterator[Growing]:
    for operator, value in tree:
        for inner in _children(operator, value):
            yield from _growing(inner, before, groups)
        if operator in _REPEATS and value[1] > MANY:
            yield Growing(before, tuple(dict.fromkeys(islice(_examples(value[2], groups), 12))))
        before += next(_examples([(operator, value)], groups), "")


def _children(operator: Any, value: Any) -> list[Tree]:
    if operator in _REPEATS:
        return [value[2]]
    if operator is sre.SUBPATTERN:
        return [value[3]]
    if operator is sre.BRANCH:
        return list(value[1])
    if operator in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    if operator is sre.GROUPREF_EXISTS:
        return [part for part in value[1:] if part is not None]
    return [value] if operator is sre.ATOMIC_GROUP else []


def _examples(tree: Tree, groups: dict[int, str]) -> Iterator[str]:
    """Texts that an expression accepts: one for each choice it leaves, the others at their first."""
    choices = [list(dict.fromkeys(islice(_of_one(operator, value, groups), 8))) or [""] for operator, value in tree]
    firsts = [options[0] for options in choices]
    yield "".join(firsts)
    for at, options in enumerate(choices):
        for option in options[1:]:
            yield "".join([*firsts[:at], option, *firsts[at + 1 :]])


def _of_one(operator: Any, value: Any, groups: dict[int, str]) -> Iterator[str]:
    if operator is sre.LITERAL:
        yield chr(value)
    elif operator in (sre.NOT_LITERAL, sre.ANY, sre.IN):
        yield from _characters(operator, value)
    elif operator in _REPEATS:
        least = min(value[0], MANY)
        for example in islice(_examples(value[2], groups), 8):
            yield example * max(1, least)
        if not least:
            yield ""
    elif operator is sre.SUBPATTERN:
        for example in _examples(value[3], groups):
            groups.setdefault(value[0] or 0, example)
            yield example
    elif operator is sre.BRANCH:
        for branch in value[1]:
            yield next(_examples(branch, groups), "")
    elif operator is sre.ATOMIC_GROUP:
        yield from _examples(value, groups)
    elif operator is sre.GROUPREF:
        yield groups.get(value, "")
    elif operator is sre.AT and value is sre.AT_BEGINNING:
        yield "\n"  # where the line starts, in expressions of many lines; in others the text only starts later


def _characters(operator: Any, value: Any) -> Iterator[str]:
    if operator is sre.ANY:
        yield from "a .\t<{|"
    elif operator is sre.NOT_LITERAL:
        yield from (char for char in _FILLERS if ord(char) != value)
    elif value[0][0] is sre.NEGATE:
        yield from (char for char in _FILLERS if not any(_holds(item, char) for item in value[1:]))
    else:
        for kind, item in value:
            if kind is sre.LITERAL:
                yield chr(item)
            elif kind is sre.RANGE:
                yield chr(item[0])
            elif kind is sre.CATEGORY:
                yield from _EXAMPLES[item]


def _holds(item: tuple[Any, Any], char: str) -> bool:
    kind, value = item
    if kind is sre.LITERAL:
        return ord(char) == value
    if kind is sre.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    return (
        char in _EXAMPLES[value]
        or (value is sre.CATEGORY_WORD and char.isalnum())
        or (value in (sre.CATEGORY_NOT_WORD, sre.CATEGORY_NOT_SPACE, sre.CATEGORY_NOT_DIGIT) and _NOT[value](char))
    )


_NOT = {
    sre.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
    sre.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    sre.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
}  # fmt: skip
