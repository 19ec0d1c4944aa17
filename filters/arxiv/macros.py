"""What a control sequence of the author means: a macro, an alias, a flag or an environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from filters.arxiv.source import MissingArgumentError, Source
from filters.arxiv.tokens import CONTROL, CONTROL_AT, READ_BLANK, last_word
from filters.arxiv.words import TYPESET_WORDS

Parameter = Callable[[Source], str]

MOST_PARAMETERS = 9
NO_VALUE = "-NoValue-"
TRUE, FALSE = r"\BooleanTrue", r"\BooleanFalse"

_HOLE = re.compile(r"(?:(?<!\\)|(?<=(?<!\\)\\\\))#(#|\d)")  # not that of \#, but that after \\


class Macro:
    """A macro: how each argument is read, and the body with its holes.

    prefix is what a \\def wants to see before the first parameter; at says whether @ was a letter in the body; simple,
    whether a call is its body and nothing around it matters.
    """

    __slots__ = ("_controls", "_pieces", "at", "body", "known_final", "parameters", "prefix", "simple")

    def __init__(
        self, body: str, parameters: Sequence[Parameter] = (), at: bool = False, prefix: re.Pattern[str] | None = None
    ) -> None:
        self.body, self.parameters, self.at, self.prefix = body, tuple(parameters), at, prefix
        self.simple = not (parameters or prefix or "#" in body or body[:1] in ("", "[", "*", "$", " ", "\t", "\n"))
        self._pieces: list[str] | None = None
        self._controls: frozenset[str] | None = None
        self.known_final = (-1, False)  # in which state of the definitions, whether the body calls nothing

    def arguments(self, source: Source) -> list[str]:
        """The arguments of a call, read from the source.

        Raises:
            MissingArgumentError: the source does not have them.
        """
        if self.prefix is not None:
            frame = source.top()
            match = self.prefix.match(frame.text, frame.pos)
            if match is None:
                raise MissingArgumentError
            frame.pos = match.end()
        return [read(source) for read in self.parameters]

    def fill(self, arguments: Sequence[str]) -> str:
        """The body with the arguments in its holes."""
        if self._pieces is None:
            self._pieces = _HOLE.split(self.body)
        if len(self._pieces) == 1:
            return self.body
        return _filled(self._pieces, arguments)

    @property
    def controls(self) -> frozenset[str]:
        """The control sequences in the body."""
        if self._controls is None:
            self._controls = frozenset((CONTROL_AT if self.at else CONTROL).findall(self.body))
        return self._controls

    def same_as(self, other: object) -> bool:
        """Whether \\ifx finds the two equal."""
        return isinstance(other, Macro) and (self.body, len(self.parameters)) == (other.body, len(other.parameters))


def _filled(pieces: Sequence[str], arguments: Sequence[str]) -> str:
    # pieces alternate: text, hole, text, ... as re.split with a group gives them. At each seam two tokens must not run
    # together: `\a` before `b` needs a blank, and a blank that TeX has read already must not be skipped again.
    out = pieces[0]
    for at in range(1, len(pieces), 2):
        hole = pieces[at]
        if hole == "#":
            argument = "#"
        else:
            index = int(hole) - 1
            argument = arguments[index] if 0 <= index < len(arguments) else ""
        for piece in (argument, pieces[at + 1]):
            out += _joint(out, piece) + piece if out[-1:].isalpha() else piece
    return out


def _joint(left: str, right: str) -> str:
    """What keeps the tokens of two stretches as they were: a blank between letters, a mark before a blank."""
    if right[:1].isalpha() or right[:1] in (" ", "\n"):
        return (" " if right[0].isalpha() else READ_BLANK) if last_word(left) else ""
    return ""


def apart(left: str, right: str) -> str:
    """What keeps two stretches of tokens apart where their letters would run together; else nothing."""
    first = right[:1]
    if first.isalpha():
        return " " if last_word(left) else ""
    if first == " " and last_word(left) in TYPESET_WORDS:
        return "{}"
    return ""


class Alias:
    """What \\let makes of a token that the author did not define: the token itself."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token


class Flag:
    """A conditional made by \\newif, and its state."""

    __slots__ = ("state",)

    def __init__(self, state: bool) -> None:
        self.state = state


class Environment:
    """An environment of the author: what stands for its \\begin and for its \\end.

    collects: the text between is read first and stands for \\BODY (environ).
    """

    __slots__ = ("begin", "collects", "end", "grouped")

    def __init__(self, begin: Macro, end: Macro, collects: bool = False) -> None:
        self.begin, self.end, self.collects = begin, end, collects
        self.grouped = bool(_ENDS_BY_END.search(end.body) and _BEGINS.match(begin.body))


_BEGINS = re.compile(r"\s*\\begin\{")
_ENDS_BY_END = re.compile(r"\\end\{[^{}]*\}\s*\Z")


def bracket(default: str) -> Parameter:
    """An optional argument in brackets."""

    def read(source: Source) -> str:
        found = source.optional()
        return default if found is None else found

    return read


def delimited(delimiter: str) -> Parameter:
    """An argument that ends where the tokens of the delimiter stand, as in `\\def\\a#1;{...}`."""
    pattern = re.compile(token_pattern(delimiter))

    def read(source: Source) -> str:
        return unbraced(source.until(pattern))

    return read


def before_group(source: Source) -> str:
    """An argument that ends before the next group (`\\def\\a#1#{...}`)."""
    return unbraced(source.until(_OPEN))


_OPEN = re.compile(r"(?=\{)")
_TOKENS = re.compile(r"\\(?:[a-zA-Z@]+|.)|[ \t\n]+|.", re.DOTALL)


_AFTER_WORD = r"(?![a-zA-Z])[ \t]*+"


def token_pattern(text: str) -> str:
    """The pattern that finds the tokens of text in TeX source."""
    # Blanks after a control word are not read, so they are no token of the delimiter either; nothing is given back.
    found = ""
    for token in _TOKENS.findall(text):
        if token.isspace():
            found += "" if found.endswith(_AFTER_WORD) else r"[ \t\n]++"
        elif token[0] == "\\" and token[-1].isalpha():
            found += re.escape(token) + _AFTER_WORD
        else:
            found += re.escape(token)
    return found


def unbraced(text: str) -> str:
    """A delimited argument without its braces, where one group is all of it."""
    if text[:1] != "{" or text[-1:] != "}":
        return text
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return text[1:-1] if match.end() == len(text) else text
    return text
