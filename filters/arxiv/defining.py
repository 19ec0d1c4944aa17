"""What every command that defines reads: a name, a number of parameters, a body."""

from __future__ import annotations

from filters.arxiv.macros import MOST_PARAMETERS, Parameter, bracket
from filters.arxiv.primitives import control_name
from filters.arxiv.source import MissingArgumentError, Source
from filters.arxiv.table import Expander


def read_name(expander: Expander) -> str:
    """The control sequence to be defined: `\\x`, `{\\x}` or `\\csname x\\endcsname`."""
    source = expander.source
    name = source.token()
    if name == "{":
        name = source.token()
        if not source.take("}"):
            raise MissingArgumentError
    while name == r"\expandafter":
        name = source.token()
    if name == r"\csname":
        name = control_name(expander)
    if name[0] != "\\":
        raise MissingArgumentError
    return name


def count_of(text: str | None) -> int:
    """How many parameters `[n]` asks for."""
    number = (text or "0").strip()
    if not number.isdecimal() or len(number) > len(str(MOST_PARAMETERS)):
        raise MissingArgumentError
    return int(number)


def read_parameters(source: Source) -> list[Parameter]:
    """The parameters `[n][default]` of \\newcommand and \\newenvironment."""
    count = count_of(source.optional())
    return parameters(count, source.optional())


def parameters(count: int, default: str | None) -> list[Parameter]:
    """count arguments, the first in brackets if it has a default."""
    reads: list[Parameter] = [Source.argument] * count
    if default is not None and count:
        reads[0] = bracket(default)
    return reads


def body_of(source: Source) -> str:
    """A definition's body: a group, or as LaTeX allows one token.

    Raises:
        MissingArgumentError: it never closes, or runs into the document's beginning (its closing brace is missing).
    """
    body = source.argument()
    if r"\begin{document}" in body:
        raise MissingArgumentError
    return body
