"""Conditionals: decided where the author's own definitions decide them, left in the text where only TeX knows."""

from __future__ import annotations

import re

from filters.arxiv.macros import FALSE, NO_VALUE, TRUE, Flag, Macro
from filters.arxiv.source import MissingArgumentError
from filters.arxiv.table import Expander, Primitive
from filters.arxiv.tokens import AFTER_WORD
from filters.arxiv.words import ALWAYS_DEFINED, EMPTY, TEX_CONDITIONALS, UNDEFINED

_BRANCH = re.compile(r"\\(?:if[a-zA-Z@]*|else|or|fi)(?![a-zA-Z@])")


def opens(expander: Expander, word: str) -> bool:
    """Whether a control word is a conditional that \\fi closes."""
    return word in TEX_CONDITIONALS or word.startswith(r"\if@") or isinstance(expander.table.get(word), Flag)


def skip_branch(expander: Expander, to_else: bool) -> str:
    """Read over what is not taken, up to \\fi (or \\else); says which it was.

    Raises:
        MissingArgumentError: the conditional never closes.
    """
    # Only conditionals, \else and \fi count here: what is skipped is never expanded, as in TeX.
    depth = 0
    while True:
        frame = expander.source.top()
        for match in _BRANCH.finditer(frame.text, frame.pos):
            word = match[0]
            if depth == 0 and (word == r"\fi" or (to_else and word == r"\else")):
                expander.source.read_chars += match.end() - frame.pos
                after = AFTER_WORD.match(frame.text, match.end())
                frame.pos = after.end() if after else match.end()
                return word
            depth += 1 if opens(expander, word) else -1 if word == r"\fi" else 0
        expander.source.read_chars += len(frame.text) - frame.pos
        if frame.file is not None:
            raise MissingArgumentError
        frame.pos = len(frame.text)


def take(expander: Expander, condition: bool) -> None:
    """Go on in the branch that the condition chooses."""
    if condition or skip_branch(expander, to_else=True) == r"\else":
        expander.conditionals.append(True)


def begin_flag(expander: Expander, token: str) -> None:
    """The conditional of a \\newif."""
    flag = expander.table.get(token)
    expander.source.skip_after_word(token)
    take(expander, isinstance(flag, Flag) and flag.state)


def constant(expander: Expander, token: str) -> None:
    """\\iftrue and \\iffalse."""
    expander.source.skip_after_word(token)
    take(expander, token == r"\iftrue")


def undecided(expander: Expander, token: str) -> None:
    """A conditional on what only TeX knows: it stays, both branches with it."""
    expander.conditionals.append(False)
    expander.writer.emit(token)


def otherwise(expander: Expander, token: str) -> None:
    """\\else (or \\or) after a branch that was taken, or of a conditional that stays."""
    if expander.conditionals and expander.conditionals[-1]:
        skip_branch(expander, to_else=False)
        expander.conditionals.pop()
    else:
        expander.writer.emit(token)


def close(expander: Expander, token: str) -> None:
    """\\fi."""
    if expander.conditionals and expander.conditionals.pop():
        expander.source.skip_after_word(token)
    else:
        expander.writer.emit(token)


def same_meaning(expander: Expander, token: str) -> None:
    """\\ifx: whether two tokens mean the same."""
    condition = compare(expander, expander.source.token(), expander.source.token())
    if condition is None:
        raise MissingArgumentError
    take(expander, condition)


def compare(expander: Expander, left: str, right: str) -> bool | None:
    """Whether two tokens mean the same; None where that is LaTeX's to know."""
    if left == right:
        return True
    mine, other = expander.table.get(left), expander.table.get(right)
    if isinstance(mine, Macro) and isinstance(other, Macro):
        return mine.same_as(other)
    if isinstance(mine, Macro) or isinstance(other, Macro):
        macro, token = (mine, right) if isinstance(mine, Macro) else (other, left)
        return token in EMPTY - {r"\relax"} and isinstance(macro, Macro) and not macro.body
    if {left, right} & UNDEFINED:
        return not {left, right} & ALWAYS_DEFINED and mine is None and other is None
    return False if left[0] != "\\" or right[0] != "\\" else None


def same_character(expander: Expander, token: str) -> None:
    """\\if: whether two characters are the same, after expansion."""
    left, right = (expanded_token(expander) for _ in range(2))
    if "\\" in (left[0], right[0]) and left != right:
        raise MissingArgumentError
    take(expander, left == right)


def expanded_token(expander: Expander) -> str:
    """The next token, once the author's macros without parameters at its place are opened."""
    while True:
        token = expander.source.token()
        meaning = expander.table.get(token)
        if not isinstance(meaning, Macro) or meaning.parameters:
            return token
        expander.spend(len(meaning.body) + 2)
        expander.source.push(meaning.body, meaning.at)


MOST_DIGITS = 10
"""TeX's largest number is 2147483647."""
_NUMBER = re.compile(r"-?\d+")
_DIGIT = re.compile(r"\d")


def number(expander: Expander) -> int:
    """The next number, if it stands there in digits.

    Raises:
        MissingArgumentError: a counter or a length, which TeX alone knows.
    """
    digits = expanded_token(expander)
    while expander.source.frames and (match := _DIGIT.match(expander.source.top().text, expander.source.top().pos)):
        digits += match[0]
        expander.source.top().pos += 1
    if not _NUMBER.fullmatch(digits) or len(digits) > MOST_DIGITS:
        raise MissingArgumentError
    return int(digits)


def compare_numbers(expander: Expander, token: str) -> None:
    """\\ifnum with two numbers that stand in the text."""
    left = number(expander)
    relation = expander.source.token()
    right = number(expander)
    expander.source.skip_after_word(token)
    if relation not in ("<", "=", ">"):
        raise MissingArgumentError
    take(expander, left < right if relation == "<" else left > right if relation == ">" else left == right)


def odd(expander: Expander, token: str) -> None:
    """\\ifodd of a number that stands in the text."""
    is_odd = number(expander) % 2 == 1
    expander.source.skip_after_word(token)
    take(expander, is_odd)


def defined(expander: Expander, token: str) -> None:
    """\\ifdefined, \\ifcsname: true for what the author defined, LaTeX's to know for the rest."""
    if token == r"\ifcsname":
        name = "\\" + expander.source.until(re.compile(r"\\endcsname(?![a-zA-Z])[ \t]*")).strip()
    else:
        name = expander.source.token()
    if name not in expander.table:
        raise MissingArgumentError
    take(expander, True)


def if_undefined(expander: Expander, token: str) -> None:
    """\\@ifundefined{x}{yes}{no}: decided for what the author defined."""
    name, _, no = expander.source.argument(), expander.source.argument(), expander.source.argument()
    if "\\" + name.strip() not in expander.table:
        raise MissingArgumentError
    expander.source.push(no, at=True)


def if_value(expander: Expander, token: str) -> None:
    """xparse's \\IfNoValueTF, \\IfValueTF, \\IfBooleanTF with their T and F forms."""
    argument = expander.source.argument().strip()
    held = {"V": argument != NO_VALUE, "N": argument == NO_VALUE, "B": argument == TRUE}[token[3]]
    if token[3] == "B" and argument not in (TRUE, FALSE):
        raise MissingArgumentError
    yes = expander.source.argument() if token.endswith(("T", "TF")) else ""
    no = expander.source.argument() if token.endswith("F") else ""
    expander.source.push(yes if held else no)


CONDITIONALS: dict[str, Primitive] = {
    **dict.fromkeys(sorted(TEX_CONDITIONALS), undecided),
    **dict.fromkeys((r"\iftrue", r"\iffalse"), constant),
    **dict.fromkeys((r"\ifdefined", r"\ifcsname"), defined),
    **dict.fromkeys((r"\else", r"\or"), otherwise),
    **{rf"\If{kind}{form}": if_value for kind in ("NoValue", "Value", "Boolean") for form in ("TF", "T", "F")},
    r"\fi": close,
    r"\ifx": same_meaning,
    r"\if": same_character,
    r"\ifnum": compare_numbers,
    r"\ifodd": odd,
    r"\@ifundefined": if_undefined,
}
