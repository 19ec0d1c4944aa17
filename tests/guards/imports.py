"""Who imports what: every import of the project's modules, wherever it stands, read from syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

PACKAGES = ("corpus", "filters", "tokenizer", "pipelines", "model", "llama_corpus")
LOADERS = ("importlib.import_module", "importlib.__import__", "builtins.__import__", "pkgutil.resolve_name")
"""Functions that, like `__import__`, import what their first argument names."""


@dataclass(frozen=True)
class Import:
    """One name that a module takes from another: target is a module, name what is taken of it ("" for all of it).

    as_name is what the module calls it; line where it stands.
    """

    target: str
    name: str
    as_name: str
    line: int


@dataclass
class Module:
    """One module: its dotted name, its file and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module = field(repr=False)

    @property
    def is_package(self) -> bool:
        """Whether it is a folder's `__init__`."""
        return self.path.name == "__init__.py"

    @cached_property
    def imports(self) -> list[Import]:
        """All its import statements, and its calls of import_module with a constant, wherever in it they stand."""
        found = [*self._stated(), *(call for call in self.loads if call.target)]
        return sorted(found, key=lambda one: one.line)

    def _stated(self) -> Iterator[Import]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, "", alias.asname or alias.name.split(".")[0], node.lineno)
            elif isinstance(node, ast.ImportFrom):
                target = self._absolute(node)
                for alias in node.names:
                    yield Import(target, alias.name, alias.asname or alias.name, node.lineno)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        above = self.name.split(".")[: None if self.is_package and node.level == 1 else self.is_package - node.level]
        return ".".join([*above, *([node.module] if node.module else [])])

    @cached_property
    def loads(self) -> list[Import]:
        """Its calls that import by name; target is empty where the name is no constant."""
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        named = [(call, getattr(call.func, "id", "")) for call in calls]
        return [_load(call) for call, name in named if name == "__import__" or self.origin(call.func) in LOADERS]

    @cached_property
    def bound(self) -> dict[str, str]:
        """What each imported name stands for, dotted: `pq` -> `pyarrow.parquet`."""
        names = {}
        for one in self._stated():
            whole = one.as_name if not one.name and one.as_name == one.target.split(".")[0] else one.target
            names[one.as_name] = f"{one.target}.{one.name}" if one.name else whole
        return names

    def origin(self, node: ast.expr) -> str:
        """The dotted name that an imported name, or an attribute of one, stands for; "" for any other expression."""
        if isinstance(node, ast.Name):
            return self.bound.get(node.id, "")
        if isinstance(node, ast.Attribute):
            value = self.origin(node.value)
            return f"{value}.{node.attr}" if value else ""
        return ""

    @cached_property
    def defined(self) -> set[str]:
        """The names that its top level itself makes: classes, functions and what is assigned to."""
        return {name for statement in _top_level(self.tree.body) for name in _names_made(statement)}


def _load(call: ast.Call) -> Import:
    argument = call.args[0] if call.args else None
    constant = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    return Import(argument.value if constant else "", "", "", call.lineno)  # type: ignore[union-attr]


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module's top level, those under an `if`, `try` or `with` too."""
    for statement in body:
        yield statement
        for inner in ("body", "orelse", "finalbody"):
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _top_level(getattr(statement, inner, []))
        for handler in getattr(statement, "handlers", []):
            yield from _top_level(handler.body)


def _names_made(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    for target in targets:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name)) if target else ()


def read_modules(root: Path) -> dict[str, Module]:
    """Every module of the packages under a root, by name."""
    modules = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            modules[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    return modules


def resolve(one: Import, modules: Mapping[str, Module]) -> str:
    """The module that an import brings in: `from a import b` is a.b where that is a module, else a."""
    inner = f"{one.target}.{one.name}"
    return inner if one.name and inner in modules else one.target


def graph(modules: Mapping[str, Module]) -> dict[str, set[str]]:
    """Which of the project's modules each imports."""
    return {
        name: {target for one in module.imports if (target := resolve(one, modules)) in modules and target != name}
        for name, module in modules.items()
    }


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import one another, around any number of corners (strongly connected components)."""
    reached = {name: reachable(name, edges) for name in edges}
    groups = {tuple(sorted(other for other in reached[name] if name in reached[other])) for name in edges}
    return [list(group) for group in sorted(groups) if group]


def reachable(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    """All modules that a module's imports lead to; itself only where they lead back."""
    seen: set[str] = set()
    left = list(edges.get(start, ()))
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += edges.get(name, ())
    return seen


def cited_calls(module: Module) -> list[ast.Call]:
    """The calls of cited(...) in a module, as they stand."""
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    return [call for call in calls if module.origin(call.func) == "corpus.recipe.cited"]
