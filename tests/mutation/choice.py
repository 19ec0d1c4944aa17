"""Which tests are asked about a fault: those that execute its statement, the module's own first, then the quickest."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from itertools import accumulate
from pathlib import PurePath
from typing import NamedTuple

from guards.imports import Module

from mutation.lines import IMPORT, ROOT, Executed
from mutation.mutants import Mutant, Site

SECONDS = 30
"""Of tests that are asked about one fault, as they take without it."""


class Question(NamedTuple):
    """A fault, and the tests that are asked: first those that execute it, then others of their files.

    at_import: whether it shows when the module is imported. seconds: what the tests take without a fault.
    """

    mutant: Mutant
    at_import: bool
    tests: list[str]
    seconds: float
    others: list[str]
    others_seconds: float


def questions(module: Module, mutants: Iterable[tuple[Site, Mutant]], executed: list[Executed]) -> list[Question]:
    """The tests that are asked about each fault of a module."""
    path = module.path.relative_to(ROOT).as_posix()
    choice = _Choice(path, executed)
    outlines = Outlines(module.tree)
    found = []
    for site, mutant in mutants:
        statement = outlines.lines(site.node)
        at_import = outlines.at_import(site.node) or not choice.imported.isdisjoint(statement)
        tests = choice.of_module() if at_import else choice.of_lines(statement)
        others = [] if at_import else choice.beside(tests)
        found.append(Question(mutant, at_import, tests, choice.sum(tests), others, choice.sum(others)))
    return found


class _Choice:
    """The tests of a module's file, in the order in which they are asked."""

    def __init__(self, path: str, executed: list[Executed]) -> None:
        self._seconds = {test: took for one in executed for test, took in one.seconds.items()}
        by_test = [(test, set(lines)) for one in executed for test, lines in one.lines.get(path, {}).items()]
        self._lines = {test: lines for test, lines in by_test if test != IMPORT}
        self.imported: set[int] = set().union(*(lines for test, lines in by_test if test == IMPORT))
        self._own = f"tests/{path.rpartition('/')[0]}/test_{PurePath(path).stem}.py::"
        self._order = sorted(self._seconds, key=lambda test: (not test.startswith(self._own), self._seconds[test]))

    def of_lines(self, lines: set[int]) -> list[str]:
        """Those that execute one of these lines."""
        return self._within(test for test in self._order if not lines.isdisjoint(self._lines.get(test, ())))

    def of_module(self) -> list[str]:
        """Those that execute any line of the module, or mirror it."""
        return self._within(test for test in self._order if test in self._lines or test.startswith(self._own))

    def beside(self, tests: list[str]) -> list[str]:
        """Others of the same files."""
        files = {test.partition("::")[0] for test in tests}
        return self._within(test for test in self._order if test.partition("::")[0] in files and test not in tests)

    def sum(self, tests: list[str]) -> float:
        """The seconds of some tests."""
        return sum(self._seconds[test] for test in tests)

    def _within(self, tests: Iterable[str]) -> list[str]:
        """Tests in order, as long as SECONDS last; one at least."""
        tests = list(tests)
        took = list(accumulate(self._seconds[test] for test in tests))
        return [test for number, test in enumerate(tests) if not number or took[number] <= SECONDS]


class Outlines:
    """Where the nodes of a module stand, by their number in ast.walk: in which statement, in a function or not."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes = list(ast.walk(tree))
        self._above = {id(child): node for node in self._nodes for child in ast.iter_child_nodes(node)}

    def lines(self, node: int) -> set[int]:
        """The lines of the innermost statement around a node: of one that holds others, only its head."""
        inner: ast.AST = self._nodes[node]
        while not isinstance(inner, ast.stmt) and id(inner) in self._above:
            inner = self._above[id(inner)]
        if not isinstance(inner, ast.stmt):
            return set()
        body = getattr(inner, "body", None)
        last = body[0].lineno - 1 if isinstance(body, list) and body else inner.end_lineno or inner.lineno
        return set(range(inner.lineno, max(last, inner.lineno) + 1))

    def at_import(self, node: int) -> bool:
        """Whether a node is no part of a function's body: it is computed when the module is imported."""
        inner = self._nodes[node]
        while (outer := self._above.get(id(inner))) is not None:
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef) and inner in outer.body:
                return False
            if isinstance(outer, ast.Lambda) and inner is outer.body:
                return False
            inner = outer
        return True
