"""What every command that defines reads: a name, a number of parameters, a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filters.arxiv.macros import Parameter, bracket
from filters.arxiv.primitives import control_name
from filters.arxiv.source import MissingArgumentError, Source

if TYPE_CHECKING:
    from filters.arxiv.expand import Expander

MOST_PARAMETERS = 9


def read_name(expander: Expander) -> str:
    """The control sequence to be defined: `\\x`, `{\\x}` or `\\csname x\\endcsname`."""
    name = expander.token()
    if name == "{":
        name = expander.token()
        if not expander.take("}"):
            raise MissingArgumentError
    while name == r"\expandafter":
        name = expander.token()
    if name == r"\csname":
        name = control_name(expander)
    if name[0] != "\\":
        raise MissingArgumentError
    return name


def count_of(text: str | None) -> int:
    """How many parameters `[n]` asks for."""
    number = (text or "0").strip()
    if not number.isdecimal() or int(number) > MOST_PARAMETERS:
        raise MissingArgumentError
    return int(number)


def read_parameters(expander: Expander) -> list[Parameter]:
    """The parameters `[n][default]` of \\newcommand and \\newenvironment."""
    count = count_of(expander.optional())
    return parameters(count, expander.optional())


def parameters(count: int, default: str | None) -> list[Parameter]:
    """So many arguments, the first in brackets if it has a default."""
    reads: list[Parameter] = [Source.argument] * count
    if default is not None and count:
        reads[0] = bracket(default)
    return reads


def body_of(expander: Expander) -> str:
    """A definition's body: a group, or as LaTeX allows one token.

    Raises:
        MissingArgumentError: it never closes, or runs into the document's beginning (its closing brace is missing).
    """
    body = expander.argument()
    if r"\begin{document}" in body:
        raise MissingArgumentError
    return body


def at_letter(expander: Expander) -> bool:
    """Whether @ is a letter where the expander reads."""
    return expander.at_is_letter or bool(expander.frames and expander.frames[-1].at)
