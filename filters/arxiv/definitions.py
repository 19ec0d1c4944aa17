"""The commands by which an author defines: each takes itself out of the text and enters a meaning in the table."""

from __future__ import annotations

import re
from functools import partial

from filters.arxiv.defining import body_of, parameters, read_name, read_parameters
from filters.arxiv.environments import ENVIRONMENTS, enter_environment
from filters.arxiv.macros import (
    MOST_PARAMETERS,
    Environment,
    Flag,
    Macro,
    Parameter,
    before_group,
    delimited,
    token_pattern,
)
from filters.arxiv.primitives import alias_of, control_name
from filters.arxiv.source import COMPILE_COST, STEP_COST, MissingArgumentError, Source
from filters.arxiv.table import Expander, Primitive
from filters.arxiv.tokens import GROUP, is_word
from filters.arxiv.words import PROVIDED, STRUCTURE
from filters.arxiv.xparse import parameters_of

GLOBAL = (r"\gdef", r"\xdef")


def enter(expander: Expander, name: str, macro: Macro | Environment, everywhere: bool = False) -> None:
    """Define name, unless it carries the paper's structure."""
    if name in STRUCTURE:
        return
    expander.table.define(name, macro, everywhere)
    begin = expander.table.get("\\" + name.removeprefix(r"\end"))
    if name.startswith(r"\end") and isinstance(begin, Macro) and isinstance(macro, Macro):
        enter_environment(
            expander, name.removeprefix(r"\end"), Environment(begin, macro)
        )  # \def\x and \def\endx make one too


_NEW_COMMAND = re.compile(
    r"\*?[ \t]*+(?:\{[ \t]*+(\\[a-zA-Z]+)[ \t]*+\}|(\\[a-zA-Z]++)(?!@))[ \t]*+(?:\[(\d)\](?:\[([^][{}]*)\])?)?[ \t]*+"
    + GROUP.pattern,
    re.DOTALL,
)
"""The way \\newcommand is mostly written; every other way is read token by token."""


def new_command(expander: Expander, token: str) -> None:
    """\\newcommand{\\x}[n][default]{body} and its kin."""
    at = expander.source.at_letter
    frame = expander.source.top()
    if match := _NEW_COMMAND.match(frame.text, frame.pos):
        in_braces, bare, count, default, body = match.groups()
        if r"\begin{document}" in body:
            raise MissingArgumentError
        frame.pos = match.end()
        enter_command(expander, token, in_braces or bare, Macro(body, parameters(int(count or 0), default), at))
        return
    expander.source.take("*")
    name = read_name(expander)
    reads = read_parameters(expander.source)
    enter_command(expander, token, name, Macro(body_of(expander.source), reads, at))


def enter_command(expander: Expander, token: str, name: str, macro: Macro) -> None:
    """Define a command; \\providecommand only what is not there."""
    if token != r"\providecommand" or not (name in expander.table or name in PROVIDED):
        enter(expander, name, macro)


def math_operator(expander: Expander, token: str) -> None:
    """\\DeclareMathOperator{\\x}{text}: the call is \\operatorname{text}."""
    star = "*" if expander.source.take("*") else ""
    name = read_name(expander)
    enter(expander, name, Macro(rf"\operatorname{star}{{{body_of(expander.source)}}}"))


def paired_delimiter(expander: Expander, token: str) -> None:
    """\\DeclarePairedDelimiter{\\x}{left}{right}: plain, starred (\\left, \\right) or with a size in brackets."""
    name = read_name(expander)
    left, right = expander.source.argument(), expander.source.argument()

    def sized(source: Source) -> str:
        if source.take("*"):
            return rf"\left{left} {source.argument()} \right{right}"
        size = source.optional()
        if size is None:
            return f"{left} {source.argument()} {right}"
        return rf"{size}l {left} {source.argument()} {size}r {right}" if size else source.argument()

    enter(expander, name, Macro("#1", [sized]))


_PARAMETER_TEXT = re.compile(r"((?:[^{}\\#]++|\\(?:[a-zA-Z@]++|.)|#\d)*+)(#?)", re.DOTALL)
_PARAMETER = re.compile(r"#\d")


def define(expander: Expander, token: str, everywhere: bool = False) -> None:
    """\\def, \\gdef, \\edef, \\xdef with their parameter texts."""
    at = expander.source.at_letter
    name = read_name(expander)
    frame = expander.source.top()
    match = _PARAMETER_TEXT.match(frame.text, frame.pos)
    assert match is not None
    expander.source.read_chars += match.end() - frame.pos
    if not frame.text.startswith("{", match.end()):
        raise MissingArgumentError
    frame.pos = match.end()
    before, reads = parameter_text(match[1].strip("\n"), to_group=bool(match[2]))
    delimiters = (before is not None) + sum(read is not Source.argument for read in reads)
    expander.spend(delimiters * COMPILE_COST.value + STEP_COST.value * len(match[1]) * bool(delimiters))
    body = body_of(expander.source)
    if token in (r"\edef", r"\xdef"):
        body = expander.expand_now(body, at)
    enter(expander, name, Macro(body, reads, at, before), everywhere or token in GLOBAL)


def parameter_text(text: str, to_group: bool) -> tuple[re.Pattern[str] | None, list[Parameter]]:
    """What stands before the first parameter, and how each parameter is read.

    Raises:
        MissingArgumentError: there are more than TeX has.
    """
    before, *delimiters = _PARAMETER.split(text, MOST_PARAMETERS + 1)
    if len(delimiters) > MOST_PARAMETERS:
        raise MissingArgumentError
    reads: list[Parameter] = [delimited(delimiter) if delimiter else Source.argument for delimiter in delimiters]
    if to_group and reads and not delimiters[-1]:
        reads[-1] = before_group
    return (re.compile(token_pattern(before)) if before else None), reads


def let(expander: Expander, token: str, everywhere: bool = False) -> None:
    """\\let\\x=\\y: x means from now on what y means now."""
    name = read_name(expander)
    expander.source.take("=")
    frame = expander.source.top()
    while frame.text[frame.pos : frame.pos + 1] == " ":
        frame.pos += 1
    target = expander.source.token()
    if target == r"\csname":
        target = control_name(expander)
    if name in STRUCTURE:
        return
    meaning = expander.table.get(target)
    expander.table.define(name, None if target == name else meaning or alias_of(target), everywhere)


def new_document_command(expander: Expander, token: str) -> None:
    """\\NewDocumentCommand{\\x}{parameters}{body}."""
    at = expander.source.at_letter
    name = read_name(expander)
    spec = expander.source.argument()
    body = body_of(expander.source)
    if token != r"\ProvideDocumentCommand" or name not in expander.table:
        enter(expander, name, Macro(body, parameters_of(spec), at))


def new_flag(expander: Expander, token: str) -> None:
    """\\newif\\ifx: the conditional and the two commands that set it."""
    name = read_name(expander)
    if not is_word(name) or not name.startswith(r"\if"):
        raise MissingArgumentError
    define_flag(expander, name, "\\" + name.removeprefix(r"\if"))


def define_flag(expander: Expander, name: str, setter: str) -> None:
    """A conditional, false at first, and the commands that make it true and false."""
    expander.table.define(name, Flag(False))
    expander.table.define(setter + "true", partial(set_flag, name=name, state=True))
    expander.table.define(setter + "false", partial(set_flag, name=name, state=False))


def set_flag(expander: Expander, token: str, name: str, state: bool) -> None:
    """`\\xtrue` and `\\xfalse`."""
    expander.source.skip_after_word(token)
    expander.table.define(name, Flag(state))


def name_define(expander: Expander, token: str) -> None:
    """\\@namedef{x}: a \\def by name."""
    expander.source.push(rf"\def\csname {expander.source.argument()}\endcsname")


def prefix(expander: Expander, token: str) -> None:
    """\\global, \\long, \\outer, \\protected before a definition."""
    everywhere, following = token == r"\global", expander.source.token()
    while (command := DEFINITIONS.get(following)) is prefix:
        everywhere, following = everywhere or following == r"\global", expander.source.token()
    if command in (define, let):
        partial(command, everywhere=everywhere)(expander, following)
    elif command is not None:
        command(expander, following)
    elif token == r"\global" and following in expander.table:
        expander.source.push(following + " ", at=True)
    else:
        raise MissingArgumentError


DEFINITIONS: dict[str, Primitive] = {
    **ENVIRONMENTS,
    **{rf"\{way}command": new_command for way in ("new", "renew", "provide")},
    **{rf"\{way}robustcmd": new_command for way in ("new", "renew", "provide")},
    **{rf"\{way}DocumentCommand": new_document_command for way in ("New", "Renew", "Provide", "Declare")},
    **{rf"\{way}def": define for way in ("", "g", "e", "x")},
    **{rf"\{word}": prefix for word in ("global", "long", "outer", "protected")},
    r"\DeclareRobustCommand": new_command,
    r"\DeclareMathOperator": math_operator,
    r"\DeclarePairedDelimiter": paired_delimiter,
    r"\newif": new_flag,
    r"\let": let,
    r"\@namedef": name_define,
}
