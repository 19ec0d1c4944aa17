"""\\usepackage of a package that came with the paper: the plain macros in it are the author's too."""

from __future__ import annotations

import posixpath
import re

from filters.arxiv.definitions import DEFINITIONS
from filters.arxiv.inputs import find
from filters.arxiv.macros import Environment, Macro
from filters.arxiv.source import MissingArgumentError
from filters.arxiv.table import Expander, Meaning, Primitive

_DEFINING = re.compile(
    r"\\(?:new|provide)(?:command|environment)|\\DeclareMathOperator|\\DeclarePairedDelimiter|\\NewD.*"
)


_COMMANDS = {name: command for name, command in DEFINITIONS.items() if _DEFINING.fullmatch(name)}


def use_package(expander: Expander, token: str) -> None:
    """\\usepackage and \\RequirePackage stay in the text; what the paper's own packages define is entered."""
    options = expander.source.optional()
    names = expander.source.argument()
    expander.writer.emit(token + ("" if options is None else f"[{options}]") + f"{{{names}}}")
    for name in names.split(","):
        file = name.strip() + ".sty"
        if posixpath.basename(file) not in expander.file_names:
            continue  # LaTeX's own
        try:
            file = find(expander, file)
        except MissingArgumentError:
            continue  # of that name, but elsewhere
        for control, meaning in plain_macros(expander, expander.files[file]).items():
            expander.table.define(control, meaning, everywhere=True)


def plain_macros(expander: Expander, package: str) -> dict[str, Meaning]:
    """The macros and environments that a package defines as authors do in a preamble.

    Not \\def, \\let or \\renewcommand, and nothing with @ in it: a publisher's style programs LaTeX with these.
    """
    meanings = expander.read_definitions(package, _COMMANDS)
    return {name: meaning for name, meaning in meanings.items() if is_plain(name, meaning)}


def is_plain(name: str, meaning: Meaning) -> bool:
    """Whether a macro or environment is an abbreviation, not a program."""
    if isinstance(meaning, Environment):
        return "@" not in name + meaning.begin.body + meaning.end.body
    return isinstance(meaning, Macro) and "@" not in name + meaning.body


PACKAGES: dict[str, Primitive] = {r"\usepackage": use_package, r"\RequirePackage": use_package}
