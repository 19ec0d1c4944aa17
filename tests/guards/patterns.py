r"""How often a pattern repeats: the numbers in the regular expressions of code that decides texts.

`.{0,60}` decides what a pattern finds as much as a limit does. Such numbers cannot be cited one by one, so each pattern
that has any stands in guards/quantifiers.py with all of them, in order, and the reason: a number that is changed, added
or taken away fails a test until somebody has looked at it. `{2}`, `{0,1}` and the like are not counted, nor is `{}`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from guards.imports import Module
from guards.numbers import TRIVIAL, constants_made

_QUANTIFIER = re.compile(r"\{(\d*)(?:,(\d*))?\}")


def quantifiers(module: Module) -> dict[str, str]:
    """The quantifiers of a module's strings, by `module:NAME` of the constant or function they stand in."""
    found: dict[str, list[str]] = {}
    for place, node in _strings(module):
        for match in _QUANTIFIER.finditer(_text(node)):
            if any(int(number) not in TRIVIAL for number in match.groups() if number):
                found.setdefault(f"{module.name}:{place}", []).append(match[0])
    return {place: " ".join(counts) for place, counts in found.items()}


def _strings(module: Module) -> Iterator[tuple[str, ast.Constant]]:
    """The strings of a module in their order, each with the constant, function or class at its top level."""
    for statement in module.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            place = statement.name
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            place = " ".join(constants_made(statement))
        else:
            place = ""
        strings = (node for node in ast.walk(statement) if isinstance(node, ast.Constant))
        places = ((place, node) for node in strings if isinstance(node.value, str | bytes))
        yield from sorted(places, key=lambda one: (one[1].lineno, one[1].col_offset))


def _text(node: ast.Constant) -> str:
    return node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)
