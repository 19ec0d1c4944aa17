"""Who imports what: every import of the project's modules, wherever it stands, read from syntax trees."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

PACKAGES = ("corpus", "filters", "tokenizer", "pipelines", "model", "llama_corpus")
BUILTINS = frozenset((*dir(builtins), "__builtins__"))
LOADERS = (
    "importlib.import_module", "importlib.__import__", "builtins.__import__", "pkgutil.resolve_name",
    "importlib.util.find_spec", "sys.modules.get", "sys.modules.__getitem__", "sys.modules.pop",
)  # fmt: skip
"""Functions that, like `__import__`, import what their first argument names, or give a module that is imported."""
WORKED_OUT = (
    "builtins.exec", "builtins.eval", "builtins.compile", "builtins.__builtins__", "importlib.reload",
    "importlib.machinery", "importlib.util.spec_from_file_location", "importlib.util.module_from_spec",
    "importlib.util.LazyLoader", "importlib.__dict__", "builtins.__dict__", "pkgutil.get_loader",
    "pkgutil.find_loader",
)  # fmt: skip
"""What runs or imports code that no constant names."""


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
        """What it imports by name, or starts as a program; target is empty where the name is no constant."""
        found = []
        called = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and self.origin(node.func) in LOADERS:
                called.add(id(node.func))
                found.append(Import(self._named(node), "", "", node.lineno))
            elif isinstance(node, ast.Subscript) and self.origin(node.value) == "sys.modules":
                called.add(id(node.value))
                found.append(Import(self._constant(node.slice), "", "", node.lineno))
            elif isinstance(node, ast.List | ast.Tuple | ast.Call):
                found += [Import(name, "", "", node.lineno) for name in _started(node)]
        loose = (node for node in ast.walk(self.tree) if id(node) not in called and self._loads_anything(node))
        return found + [Import("", "", "", getattr(node, "lineno", 0)) for node in loose]

    def _loads_anything(self, node: ast.AST) -> bool:
        """Whether a node is a loader that is not called where it stands, or what runs code that no constant names."""
        if not isinstance(node, ast.Name | ast.Attribute | ast.Call) or isinstance(
            getattr(node, "ctx", None), ast.Store
        ):
            return False
        origin = self.origin(node)
        return origin in LOADERS or any(origin == name or origin.startswith(f"{name}.") for name in WORKED_OUT)

    def _named(self, call: ast.Call) -> str:
        """The module that a loader's arguments name; a relative one from the package that they name, too."""
        name, *others = [self._constant(argument) for argument in call.args] or [""]
        if not name.startswith("."):
            return name
        package = next((other for other in others if other), "")
        above = package.split(".")[: len(package.split(".")) + 1 - (len(name) - len(name.lstrip(".")))]
        return ".".join([*above, name.lstrip(".")]) if package else ""

    def _constant(self, node: ast.expr) -> str:
        """The text of a constant; a module's `__name__` is its own."""
        if isinstance(node, ast.Name) and node.id == "__name__":
            return self.name
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

    @cached_property
    def assigned(self) -> set[str]:
        """Every name that the module itself gives a meaning, wherever in it: those are no builtins."""
        stores = (node for node in ast.walk(self.tree) if isinstance(getattr(node, "ctx", None), ast.Store))
        named = (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.arg))
        return {getattr(node, "id", "") for node in stores} | {
            getattr(node, "name", getattr(node, "arg", "")) for node in named
        }

    @cached_property
    def bound(self) -> dict[str, str]:
        """What each imported name stands for, dotted: `pq` -> `pyarrow.parquet`."""
        names = {}
        for one in self._stated():
            whole = one.as_name if not one.name and one.as_name == one.target.split(".")[0] else one.target
            names[one.as_name] = f"{one.target}.{one.name}" if one.name else whole
        return names

    def origin(self, node: ast.expr) -> str:
        """The dotted name that a builtin or imported name, or an attribute of one, stands for; "" for any other node.

        An attribute may be asked for by getattr, or taken out of vars.
        """
        if isinstance(node, ast.Name):
            builtin = f"builtins.{node.id}" if node.id in BUILTINS and node.id not in self.assigned else ""
            return self.bound.get(node.id, builtin)
        if isinstance(node, ast.Attribute):
            return _dotted(self.origin(node.value), node.attr)
        if isinstance(node, ast.Call) and node.args and self.origin(node.func) == "builtins.getattr":
            return _dotted(self.origin(node.args[0]), self._constant(node.args[1]) if node.args[1:] else "")
        if isinstance(node, ast.Call) and node.args and self.origin(node.func) == "builtins.vars":
            return _dotted(self.origin(node.args[0]), "__dict__")
        return ""

    @cached_property
    def defined(self) -> set[str]:
        """The names that its top level makes: classes, functions and what is assigned to, but no names of others."""
        statements = _top_level(self.tree.body)
        return {name for one in statements if not self._renames(one) for name in _names_made(one)}

    def _renames(self, statement: ast.stmt) -> bool:
        """Whether a statement only gives a foreign module or a builtin function another name."""
        value = getattr(statement, "value", None) if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        origin = self.origin(value) if value is not None else ""
        return bool(origin) and origin.split(".")[0] not in PACKAGES


def _dotted(origin: str, name: str) -> str:
    return f"{origin}.{name}" if origin and name else ""


def _started(node: ast.List | ast.Tuple | ast.Call) -> Iterator[str]:
    """The modules that a command line in a list starts: `-m filters.x`, `-c "import filters.x"`."""
    words = [getattr(word, "value", None) for word in (node.args if isinstance(node, ast.Call) else node.elts)]
    for option, value in pairwise(words):
        if option == "-m" and isinstance(value, str) and value.split(".")[0] in PACKAGES:
            yield value
        elif option == "-c" and isinstance(value, str):
            program = Module("", Path(), ast.parse(value))
            yield from (one.target for one in program.imports if one.target.split(".")[0] in PACKAGES)


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
