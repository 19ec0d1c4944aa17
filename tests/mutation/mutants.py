"""Small changes of a module's code, each of which a test should notice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
"""Operators, and what each becomes."""

LINE_CHARS = 70
Apply = Callable[[ast.AST], None]


class Site(NamedTuple):
    """A place where one change may be planted: the numbers of the node and of what is shown of it, by ast.walk."""

    function: str
    line: int
    node: int
    shown: int
    apply: Apply


class Mutant(NamedTuple):
    """One change: its name (`function: before -> after`), the line it stands in, and the module's tree with it."""

    name: str
    line: int
    tree: ast.Module


def sites(tree: ast.Module) -> list[Site]:
    """Where a module may be changed; imports, annotations, errors and cited numbers are left alone."""
    nodes = list(ast.walk(tree))
    place = {id(node): at for at, node in enumerate(nodes)}
    above = {id(child): node for node in nodes for child in ast.iter_child_nodes(node)}
    skipped = {id(inner) for node in nodes for outer in _left_alone(node) for inner in ast.walk(outer)}
    return [
        Site(_function(node, above), getattr(node, "lineno", 0), at, place[id(_shown(node, above))], apply)
        for at, node in enumerate(nodes)
        if id(node) not in skipped
        for apply in _changes(node)
    ]


def plant(tree: ast.Module, site: Site) -> Mutant:
    """A module with one change."""
    changed = copy.deepcopy(tree)
    nodes = list(ast.walk(changed))
    before = _short(nodes[site.shown])
    site.apply(nodes[site.node])
    name = f"{site.function}: {before} -> {_short(nodes[site.shown])}"
    return Mutant(name, site.line, ast.fix_missing_locations(changed))


def _changes(node: ast.AST) -> Iterator[Apply]:
    """What may be done to a node, each in place."""
    if isinstance(node, ast.Compare):
        yield from (_swap_operator(number) for number in range(len(node.ops)))
    elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
        yield _swap
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield _negate("test")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _negate("operand")
    elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
        yield _change_constant
    elif isinstance(node, ast.Continue | ast.Break):
        yield _turn
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield _leave_out


def _swap_operator(number: int) -> Apply:
    def apply(node: ast.AST) -> None:
        operators = node.ops  # type: ignore[attr-defined]
        operators[number] = SWAPS[type(operators[number])]()

    return apply


def _swap(node: ast.AST) -> None:
    node.op = SWAPS[type(node.op)]()  # type: ignore[attr-defined]


def _negate(field: str) -> Apply:
    return lambda node: setattr(node, field, ast.UnaryOp(ast.Not(), getattr(node, field)))


def _change_constant(node: ast.AST) -> None:
    value = node.value  # type: ignore[attr-defined]
    node.value = not value if isinstance(value, bool) else value + 1  # type: ignore[attr-defined]


def _turn(node: ast.AST) -> None:
    node.__class__ = ast.Break if isinstance(node, ast.Continue) else ast.Continue  # type: ignore[assignment]


def _leave_out(node: ast.AST) -> None:
    node.value = ast.Constant(None)  # type: ignore[attr-defined]


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node in which nothing is changed."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert):
        yield node
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cited":
        yield node
    annotations = (getattr(node, name, None) for name in ("annotation", "returns"))
    yield from (annotation for annotation in annotations if annotation is not None)
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        yield node


def _shown(node: ast.AST, above: dict[int, ast.AST]) -> ast.AST:
    """What is shown of a change: the widest expression of a line around a node, or the statement it is."""
    while isinstance(outer := above.get(id(node)), ast.expr) and len(ast.unparse(outer)) <= LINE_CHARS:
        node = outer
    return node


def _function(node: ast.AST, above: dict[int, ast.AST]) -> str:
    """The name of the function and class around a node; "" at the top of a module."""
    names: list[str] = []
    inner: ast.AST | None = node
    while inner is not None:
        if isinstance(inner, ast.FunctionDef | ast.ClassDef):
            names.append(inner.name)
        inner = above.get(id(inner))
    return ".".join(reversed(names))


def _short(node: ast.AST) -> str:
    code = f"if {ast.unparse(node.test)}" if isinstance(node, ast.If | ast.While) else ast.unparse(node)
    line = " ".join(code.split())
    return line if len(line) <= 2 * LINE_CHARS else f"{line[: 2 * LINE_CHARS]}..."
