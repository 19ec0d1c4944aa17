"""Numbers in code that decides texts: every one is cited, or stands on the list of those that decide nothing.

In readers and filters a number literal other than 0, 1, 2 and -1, -2 must stand

- inside `cited(...)`: it decides, and says by what right; `corpus rules` prints it;
- in the value of a constant of the module that guards/constants.py lists with the reason why it decides nothing, but in
  no lambda there; or in a function that is listed with this one number;
- as a plain index, `match[3]`: which part of something is taken is no limit (a slice is none);
- in a `raise`, but in no comparison there: what an error's message shows.

Anything else is a bare number, wherever it stands: a comparison, a slice, a range, an argument, a default, a table. So
is a number that is made of a string, `int("40")` or `len("....")`, whatever name the function is called by, and one
that is worked out of small ones, `2 * 2 * 2`. What a regular expression counts is looked at by `patterns`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterator
from typing import Any

from guards.imports import Module, cited_calls

TRIVIAL = (0, 1, 2)
MAKERS = frozenset(f"{module}{name}" for module, names in {
    "": ("int", "float", "complex"), "decimal.": ("Decimal",), "fractions.": ("Fraction",),
    "ast.": ("literal_eval",),
    "numpy.": ("float64", "float32", "int64", "int32", "uint64", "uint32", "fromstring"),
}.items() for name in names)  # fmt: skip
"""What makes a number of a string."""
_WORKED_OUT = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.Pow: operator.pow,
}  # fmt: skip


def bare_numbers(module: Module, listed: frozenset[str] = frozenset(), trivial: tuple[int, ...] = TRIVIAL) -> list[str]:
    """`module:line number` for every bare number of a module.

    Args:
        listed: `module:NAME` of the constants whose numbers decide nothing, `module:function number` of single ones.
        trivial: numbers that may stand anywhere.
    """
    allowed = {id(node) for tree in _allowed(module, listed) for node in tree}
    found = [
        (node.lineno, shown)
        for function, node in _in_functions(module.tree, "")
        if id(node) not in allowed and (shown := _number(module, node, trivial))
        if f"{module.name}:{function} {shown}" not in listed
    ]
    return [f"{module.name}:{line} {shown}" for line, shown in sorted(found)]


def _in_functions(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node, with the name of the function or class at the top level that it stands in."""
    for inner in ast.iter_child_nodes(node):
        named = isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        outer = function or (inner.name if named else "")  # type: ignore[attr-defined]
        yield outer, inner
        yield from _in_functions(inner, outer)


def _allowed(module: Module, listed: frozenset[str]) -> Iterator[Iterator[ast.AST]]:
    yield from (ast.walk(call) for call in cited_calls(module))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Raise):
            yield _walk_but(node, ast.Compare)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant | ast.UnaryOp):
            yield ast.walk(node.slice)
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            names = constants_made(statement)
            if names and all(f"{module.name}:{name}" in listed for name in names):
                yield _walk_but(statement.value, ast.Lambda)


def _walk_but(node: ast.AST, kinds: Any) -> Iterator[ast.AST]:
    """A node and what is in it, without nodes of some kinds and what is in those."""
    if not isinstance(node, kinds):
        yield node
        for inner in ast.iter_child_nodes(node):
            yield from _walk_but(inner, kinds)


def constants_made(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    """The names that an assignment at the top of a module gives a value."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def _number(module: Module, node: ast.AST, trivial: tuple[int, ...]) -> str:
    """A number that means something, as it is written; "" for any other node."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, complex) and node.value not in trivial:
        return repr(node.value)
    if isinstance(node, ast.Call) and node.args:
        made = node.args[0]
        name = module.origin(node.func).removeprefix("builtins.")
        text = made.value if isinstance(made, ast.Constant) and isinstance(made.value, str | bytes) else ""
        if text and (name in MAKERS or (name == "len" and len(set(text)) == 1 and len(text) not in trivial)):
            return ast.unparse(node)
    if (
        isinstance(node, ast.BinOp)
        and trivial
        and _worked_out(node) not in (None, *trivial, *(-one for one in trivial))
    ):
        return ast.unparse(node)
    return ""


def _worked_out(node: ast.AST) -> int | float | None:
    """The value of arithmetic between trivial numbers; None where anything else is in it."""
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value in TRIVIAL:
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _WORKED_OUT:
        left, right = _worked_out(node.left), _worked_out(node.right)
        if left is not None and right is not None:
            return _WORKED_OUT[type(node.op)](left, right)  # type: ignore[no-any-return]
    return None
