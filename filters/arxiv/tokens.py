"""TeX's tokens as stretches of text: what a control sequence, a group and a verbatim stretch look like."""

from __future__ import annotations

import re
import string

from corpus.recipe import cited

LETTERS = string.ascii_letters

_BEGIN_END = r"(?:begin|end)\{[^{}\\]*\}"
CONTROL = re.compile(rf"\\(?:{_BEGIN_END}|[a-zA-Z]+|[^a-zA-Z])", re.DOTALL)
"""A control sequence, or `\\begin{x}` and `\\end{x}` as one."""

CONTROL_AT = re.compile(rf"\\(?:{_BEGIN_END}|[a-zA-Z@]+|[^a-zA-Z@])", re.DOTALL)
"""The same where @ is a letter (after \\makeatletter)."""

GROUPS = re.compile(rf"[{{}}]|{CONTROL.pattern}", re.DOTALL)
GROUPS_AT = re.compile(rf"[{{}}]|{CONTROL_AT.pattern}", re.DOTALL)

# Three levels of braces in one match; a deeper group is matched brace by brace. `++` and `*+` are possessive: they give
# nothing back, so an unclosed brace fails in linear time instead of trying every way to divide the text.
_FLAT = r"(?:[^{}\\]++|\\.)*+"
_NESTED = rf"(?:[^{{}}\\]++|\\.|\{{{_FLAT}\}})*+"
GROUP = re.compile(rf"\{{((?:[^{{}}\\]++|\\.|\{{{_NESTED}\}})*+)\}}", re.DOTALL)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)

_STEPS = {"{": 1, "}": -1, r"\begingroup": 1, r"\endgroup": -1, r"\bgroup": 1, r"\egroup": -1}
_BRACKETS = (("{", "}"), (r"\begin{", r"\end{"), (r"\begingroup", r"\endgroup"), (r"\bgroup", r"\egroup"))
LONGEST_ADDRESS_CHARS = cited(
    4000, "an address, or code set in a line, that has not ended by then is unclosed", "chars"
)
LONGEST_WORD_CHARS = cited(200, "a control word, with the backslashes before it: papers' have 30 at most", "chars")
MOST_BACKSLASHES = cited(4, "before a brace: longer runs are not distinguished", "backslashes")


def group_step(token: str) -> int:
    """1 where a token (`\\begin{x}` is one) opens a group, -1 where it closes one, else 0."""
    if token.startswith((r"\begin{", r"\end{")):
        return 0 if token.endswith("{document}") else 1 if token[1] == "b" else -1
    return _STEPS.get(token, 0)


def depth_change(text: str) -> int:
    """How many more groups a text opens than it closes."""
    if "{" not in text and "}" not in text and "group" not in text:
        return 0
    change = text.count(r"\end{document}") - text.count(r"\begin{document}")
    return change + sum(_unescaped(text, opening) - _unescaped(text, closing) for opening, closing in _BRACKETS)


def _unescaped(text: str, token: str) -> int:
    """How often a token stands in a text after an even number of backslashes.

    With n of them it is counted as many times as there are numbers up to n, with alternating signs: once or not at all.
    """
    # str.count is C and fast; a pattern with a look-behind is not. t(n) = how often the token stands after n or more
    # backslashes; t(0) - t(1) + t(2) - ... counts a token after k backslashes once for even k, not for odd k.
    found = count = text.count(token)
    sign = 1
    for _ in range(MOST_BACKSLASHES.value):
        token, sign = "\\" + token, -sign
        found = text.count(token) if found else 0
        count += sign * found
    return count


READ_BLANK = "\x01"
"""Stands before a blank that TeX has read already, so that no control word before it skips it; never written."""

BLANKS = re.compile(rf"[ \t\n{READ_BLANK}]*")
AFTER_WORD = re.compile(r"[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?")
"""What TeX skips after a control word: blanks and one line end, never a paragraph's end."""

REST_OF_LINE = re.compile(r"[ \t]*\n")

VERBATIM = frozenset({
    "verbatim", "verbatim*", "Verbatim", "Verbatim*", "BVerbatim", "LVerbatim", "SaveVerbatim", "lstlisting", "minted",
    "filecontents", "filecontents*",
})  # fmt: skip
"""Environments whose text TeX does not read as TeX."""

_NAMED_VERBATIM = re.compile(
    r"\\(?:lstnewenvironment|DefineVerbatimEnvironment|CustomVerbatimEnvironment|newverbatim)\s*+\{([^{}\\]+)\}"
    r"|\\newminted\s*+(?:\[([^\]]{1,99})\]\s*+)?\{([^{}\\]+)\}"
    r"|\\newenvironment\*?\s*+\{([^{}\\]+)\}\s*+(?:\[[^\]]{0,999}\]\s*+)*+\{[^{}]{0,999}\\(?:verbatim|Verbatim|lstlisting)\b"
)


MOST_NAMES = cited(
    100, "of environments that a paper makes verbatim, or comments: papers have two or three, more make a slow pattern"
)


def verbatim_environments(*texts: str) -> frozenset[str]:
    """The names of the environments that are verbatim in a paper's files: LaTeX's and the author's."""
    matches = [match for text in texts for match in _NAMED_VERBATIM.findall(text)]
    named = {
        name or given or by_hand or f"{language}code" for name, given, language, by_hand in matches[: MOST_NAMES.value]
    }
    return VERBATIM | named


def group_end(text: str, start: int) -> int:
    """Where the group that opens at start ends, after its `}`; -1 where it never closes."""
    if match := GROUP.match(text, start):
        return match.end()
    depth = 0
    for match in _BRACE.finditer(text, start):
        token = match[0]
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return -1


class GroupEnds:
    """Where the groups of one text end, for a reader that asks of many; unclosed ones cost it one scan in all."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: dict[int, int] | None = None

    def end(self, start: int, at_most: int) -> int:
        """Where the group that opens at start ends, after its `}`; -1 where that is more than at_most characters on."""
        if match := GROUP.match(self._text, start, start + at_most):
            return match.end()
        if self._ends is None:
            self._ends = self._matched()
        end = self._ends.get(start, -1)
        return end if end - start <= at_most else -1

    def _matched(self) -> dict[int, int]:
        ends, opened = {}, []
        for match in _BRACE.finditer(self._text):
            if match[0] == "{":
                opened.append(match.start())
            elif match[0] == "}" and opened:
                ends[opened.pop()] = match.end()
        return ends


def is_word(control: str) -> bool:
    """Whether a control sequence is a control word (TeX skips the blanks after it)."""
    return control[-1:].isalpha() or (control[-1:] == "@" and len(control) > 2)


def is_escaped(text: str, at: int) -> bool:
    """Whether the character at this place stands after an odd number of backslashes."""
    start = at
    while start and text[start - 1] == "\\":
        start -= 1
    return (at - start) % 2 == 1


def last_word(text: str) -> str:
    """The control word that text ends in, without its backslash; empty where it ends otherwise."""
    if not text[-1:].isalpha():
        return ""
    text = text[-LONGEST_WORD_CHARS.value :]
    head = text.rstrip(LETTERS)
    if head[-1:] != "\\" or is_escaped(head, len(head) - 1):
        return ""
    return text[len(head) :]
