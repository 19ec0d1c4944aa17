"""The parameters of xparse's \\NewDocumentCommand, by the letters of its specification."""

from __future__ import annotations

import re

from filters.arxiv.macros import FALSE, MOST_PARAMETERS, NO_VALUE, TRUE, Macro, Parameter, token_pattern
from filters.arxiv.source import MissingArgumentError, Source
from filters.arxiv.tokens import group_end


def parameters_of(spec: str) -> list[Parameter]:
    """How each argument is read.

    Raises:
        MissingArgumentError: a letter that is not known (`e`, `>` and the deprecated ones are not), or too many.
    """
    reads: list[Parameter] = []
    so_far: list[str] = []
    pos = 0
    while pos < len(spec):
        letter = spec[pos]
        pos += 1
        if letter in " \t\n+!":
            continue
        if letter not in _READERS or len(reads) == MOST_PARAMETERS:
            raise MissingArgumentError
        characters, has_default = _SHAPES[letter]
        delimiters = spec[pos : pos + characters]
        pos += characters
        default = NO_VALUE
        if has_default:
            end = group_end(spec, pos)
            if end < 0:
                raise MissingArgumentError
            default, pos = spec[pos + 1 : end - 1], end
        reads.append(_after(_READERS[letter](delimiters, default), default, so_far, first=not reads))
    return reads


def _after(read: Parameter, default: str, so_far: list[str], first: bool) -> Parameter:
    """A parameter whose default may hold the arguments before it."""

    def reading(source: Source) -> str:
        if first:
            so_far.clear()
        argument = read(source)
        if argument == default and "#" in default:
            argument = Macro(default).fill(so_far)
        so_far.append(argument)
        return argument

    return reading


def _mandatory(delimiters: str, default: str) -> Parameter:
    return Source.argument


def _bracketed(delimiters: str, default: str) -> Parameter:
    opening, close = (delimiters or "[]")[0], re.compile(token_pattern((delimiters or "[]")[1:]))

    def read(source: Source) -> str:
        return source.until(close) if source.take(opening) else default

    return read


def _starred(delimiters: str, default: str) -> Parameter:
    char = delimiters or "*"

    def read(source: Source) -> str:
        return TRUE if source.take(char) else FALSE

    return read


def _grouped(delimiters: str, default: str) -> Parameter:
    def read(source: Source) -> str:
        return source.argument() if source.next_char() == "{" else default

    return read


# letter: how many characters follow it in the specification, and whether a default group does
_SHAPES = {
    "m": (0, False), "o": (0, False), "O": (0, True), "s": (0, False), "t": (1, False), "d": (2, False),
    "D": (2, True), "r": (2, False), "R": (2, True), "g": (0, False), "G": (0, True), "v": (0, False),
}  # fmt: skip
_READERS = {
    **dict.fromkeys("mv", _mandatory),
    **dict.fromkeys("oOdDrR", _bracketed),
    **dict.fromkeys("st", _starred),
    **dict.fromkeys("gG", _grouped),
}
