"""Numbers in code that decides texts: every one is cited, or stands on the list of those that decide nothing.

In readers and filters a number literal other than 0, 1, 2 and -1, -2 must stand

- inside `cited(...)`: it decides, and says by what right; `corpus rules` prints it;
- in the value of a constant of the module that guards/constants.py lists with the reason why it decides nothing;
- as a plain index, `match[3]`: which part of something is taken is no limit (a slice is none);
- in a `raise`: what an error's message shows.

Anything else is a bare number, wherever it stands: a comparison, a slice, a range, an argument, a default, a table. So
is a number that is made of a string, `int("40")`. What a regular expression counts is not looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from guards.imports import Module, cited_calls

TRIVIAL = (0, 1, 2)
MAKERS = ("int", "float", "Decimal", "Fraction")


def bare_numbers(module: Module, listed: frozenset[str] = frozenset(), trivial: tuple[int, ...] = TRIVIAL) -> list[str]:
    """`module:line number` for every bare number of a module.

    Args:
        listed: `module:NAME` of the constants whose numbers decide nothing.
        trivial: numbers that may stand anywhere.
    """
    allowed = {id(node) for tree in _allowed(module, listed) for node in ast.walk(tree)}
    found = [
        (node.lineno, shown)
        for node in ast.walk(module.tree)
        if id(node) not in allowed and (shown := _number(node, trivial))
    ]
    return [f"{module.name}:{line} {shown}" for line, shown in sorted(found)]


def _allowed(module: Module, listed: frozenset[str]) -> Iterator[ast.AST]:
    yield from cited_calls(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Raise):
            yield node
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant | ast.UnaryOp):
            yield node.slice
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            names = constants_made(statement)
            if names and all(f"{module.name}:{name}" in listed for name in names):
                yield statement.value


def constants_made(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    """The names that an assignment at the top of a module gives a value."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def _number(node: ast.AST, trivial: tuple[int, ...]) -> str:
    """A number that means something, as it is written; "" for any other node."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in trivial:
        return repr(node.value)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS and node.args:
        made = node.args[0]
        return ast.unparse(node) if isinstance(made, ast.Constant) and isinstance(made.value, str) else ""
    return ""
