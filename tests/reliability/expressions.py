"""Every regular expression of the project: where it stands, what it is, and by which methods its code asks it."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

PACKAGES = ("corpus", "filters", "pipelines", "tokenizer", "model", "llama_corpus")
METHODS = frozenset({"search", "match", "fullmatch", "sub", "subn", "findall", "finditer", "split"})
FUNCTIONS = METHODS | {"compile"}
_FLAGS_AT = {"sub": 4, "subn": 4, "split": 3}
"""Which argument of a function are the flags, from 0; the second argument but one of the others."""


class Call(NamedTuple):
    """A call of a function of `re`: file, line, function, the name its value gets, and the code of its arguments."""

    file: str
    line: int
    function: str
    name: str
    arguments: tuple[str, ...]

    @property
    def compiling(self) -> str:
        """The code that compiles the expression."""
        named = [argument for argument in self.arguments if argument.startswith("flags=")]
        places = [argument for argument in self.arguments if "=" not in argument or argument[:1] in "rfb'\""]
        at = 1 if self.function == "compile" else _FLAGS_AT.get(self.function, 2)
        return f"re.compile({', '.join([places[0], *places[at : at + 1], *named])})"


class Expression(NamedTuple):
    """A compiled expression and the methods that the project calls on it."""

    where: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


def expressions(root: Path) -> tuple[list[Expression], list[Call]]:
    """The expressions that stand in the code, or are put together of constants; and the calls that build others."""
    found, built = [], []
    for call in calls(root):
        names = {**vars(_module(call.file)), "re": re}
        try:
            pattern = eval(call.compiling, names)
        except NameError:  # of a variable: the expression is put together at run time
            built.append(call)
            continue
        methods = _methods(root, call.file, call.name) if call.function == "compile" else {call.function}
        found.append(Expression(f"{call.file}:{call.line}", pattern, frozenset(methods or METHODS - {"subn", "split"})))
    return found, built


def calls(root: Path) -> Iterator[Call]:
    """Every call of a function of `re` that takes an expression, in every file of the project."""
    for file, tree in _trees(root).items():
        names = {id(node.value): node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (function := _function_of_re(node.func)):
                target = names.get(id(node))
                name = target.id if isinstance(target, ast.Name) else ""
                arguments = (*map(ast.unparse, node.args), *map(ast.unparse, node.keywords))
                yield Call(file, node.lineno, function, name, arguments)


def _function_of_re(function: ast.expr) -> str:
    of_re = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"
    return function.attr if of_re and isinstance(function, ast.Attribute) and function.attr in FUNCTIONS else ""


@cache
def _trees(root: Path) -> dict[str, ast.Module]:
    files = sorted(file for package in PACKAGES for file in (root / package).rglob("*.py"))
    return {str(file.relative_to(root)): ast.parse(file.read_text("utf-8")) for file in files}


def _module(file: str) -> ModuleType:
    return importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def _methods(root: Path, file: str, name: str) -> set[str]:
    """The methods called on a name, in its file and in those that import it; none where it is handed on."""
    own, origin = _used(root, file), file.removesuffix(".py").replace("/", ".")
    importing = [other for other, names in _imported(root).items() if (origin, name) in names]
    found = set().union(*(_used(root, other).get(name, set()) for other in (file, *importing)))
    return set() if "" in own.get(name, set()) else found


@cache
def _used(root: Path, file: str) -> dict[str, set[str]]:
    """For each name of a file the methods of expressions called on it; "" where the name itself is used."""
    tree = _trees(root)[file]
    found: dict[str, set[str]] = {}
    called = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called.add(id(node.value))
            if node.attr in METHODS:
                found.setdefault(node.value.id, set()).add(node.attr)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in called:
            found.setdefault(node.id, set()).add("")
    return found


@cache
def _imported(root: Path) -> dict[str, set[tuple[str, str]]]:
    return {
        file: {
            (node.module or "", alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for file, tree in _trees(root).items()
    }
