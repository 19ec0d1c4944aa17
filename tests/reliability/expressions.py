"""Every regular expression of the project: where it stands, what it is, and by which methods it is asked."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

PACKAGES = ("corpus", "filters", "pipelines", "tokenizer", "model")
FUNCTIONS = frozenset({"compile", "search", "match", "fullmatch", "sub", "subn", "findall", "finditer", "split"})
METHODS = FUNCTIONS - {"compile"}


class Call(NamedTuple):
    """One call of the module `re`: its file, line, function, the name it is given, and its arguments' code."""

    file: str
    line: int
    function: str
    name: str
    arguments: tuple[str, ...]


class Expression(NamedTuple):
    """A compiled expression of the project and the methods that its code calls on it."""

    where: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


def calls(root: Path) -> Iterator[Call]:
    """Every call of a function of `re` that takes an expression, in every file of the project."""
    for path in sorted(file for package in PACKAGES for file in (root / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {id(node.value): node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _of_re(node.func):
                target = names.get(id(node))
                name = target.id if isinstance(target, ast.Name) else ""
                arguments = (*map(ast.unparse, node.args), *(ast.unparse(word) for word in node.keywords))
                yield Call(str(path.relative_to(root)), node.lineno, node.func.attr, name, arguments)


def _of_re(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in FUNCTIONS
    )


def module_of(file: str) -> ModuleType:
    """The module that a file of the project is."""
    return importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


@cache
def uses(root: Path) -> dict[str, frozenset[str]]:
    """The methods of expressions that are called on each name, anywhere in the project."""
    found: dict[str, set[str]] = {}
    for path in sorted(file for package in PACKAGES for file in (root / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                found.setdefault(node.value.id, set()).add(node.attr)
    return {name: frozenset(methods) for name, methods in found.items()}
