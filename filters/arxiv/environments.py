"""The commands by which an author defines environments."""

from __future__ import annotations

import re
from functools import partial

from filters.arxiv.defining import body_of, read_parameters
from filters.arxiv.macros import Environment, Macro
from filters.arxiv.primitives import nothing
from filters.arxiv.source import MissingArgumentError
from filters.arxiv.table import Expander, Primitive
from filters.arxiv.xparse import parameters_of


def new_environment(expander: Expander, token: str) -> None:
    """\\newenvironment{x}[n][default]{begin}{end}; LaTeX's own environments keep their name when renewed."""
    at = expander.source.at_letter
    expander.source.take("*")
    name = expander.source.argument().strip()
    reads = read_parameters(expander.source)
    begin, end = body_of(expander.source), body_of(expander.source)
    known = rf"\begin{{{name}}}" in expander.table
    if token == r"\renewenvironment" and not known:
        return
    enter_environment(expander, name, Environment(Macro(begin, reads, at), Macro(end, (), at)))


def enter_environment(expander: Expander, name: str, environment: Environment) -> None:
    """Define both ends of an environment; one around LaTeX's verbatim becomes that, with what it puts around it."""
    if callable(expander.table.get(rf"\begin{{{name}}}")):
        begin, end = _VERBATIM_BEGINS.search(environment.begin.body), _VERBATIM_ENDS.search(environment.end.body)
        if begin and end and not environment.begin.parameters:
            before, after = (match.string.replace(match[0], "", 1) for match in (begin, end))
            expander.table.define(
                rf"\begin{{{name}}}", partial(copy_verbatim, inner=begin[1], before=before, after=after)
            )
        return
    expander.table.define(rf"\begin{{{name}}}", environment)
    expander.table.define(rf"\end{{{name}}}", environment)


_VERBATIM_BEGINS = re.compile(r"\\(verbatim|Verbatim|lstlisting)(?![a-zA-Z])")
_VERBATIM_ENDS = re.compile(r"\\end(?:verbatim|Verbatim|lstlisting)(?![a-zA-Z])[ \t]*")


def copy_verbatim(expander: Expander, token: str, inner: str, before: str, after: str) -> None:
    """A verbatim environment of the author's, as LaTeX's inner one."""
    frame = expander.source.frames[-1]
    close = token.replace("begin", "end", 1)
    end = frame.text.find(close, frame.pos)
    if end < 0:
        expander.source.read_chars += len(frame.text) - frame.pos
        raise MissingArgumentError
    expander.writer.emit("{" + before)
    expander.writer.emit_raw(rf"\begin{{{inner}}}{frame.text[frame.pos : end]}\end{{{inner}}}")
    expander.writer.emit(after + "}")
    frame.pos = end + len(close)


def new_document_environment(expander: Expander, token: str) -> None:
    """\\NewDocumentEnvironment{x}{parameters}{begin}{end}: the arguments are there at the end too."""
    name, spec = expander.source.argument().strip(), expander.source.argument()
    begin, end = body_of(expander.source), body_of(expander.source)
    enter_environment(expander, name, Environment(Macro(begin, parameters_of(spec)), Macro(end)))


def new_environ(expander: Expander, token: str) -> None:
    """\\NewEnviron{x}[n][default]{... \\BODY ...}[end] of the environ package."""
    name = expander.source.argument().strip()
    reads = read_parameters(expander.source)
    body = re.sub(r"\\BODY(?![a-zA-Z])[ \t]*", f"#{len(reads) + 1}", body_of(expander.source))
    end = expander.source.optional() or ""
    enter_environment(expander, name, Environment(Macro(body, reads), Macro(end), collects=True))


ENVIRONMENTS: dict[str, Primitive] = {
    **{rf"\{way}environment": new_environment for way in ("new", "renew")},
    **{rf"\{way}DocumentEnvironment": new_document_environment for way in ("New", "Renew", "Provide", "Declare")},
    r"\NewEnviron": new_environ,
    r"\ignorespacesafterend": nothing,
}
