"""The code that a function reaches: its own syntax tree, those of all the project's definitions it uses, and libraries.

A result that was made by some code stays good until that code changes. A comment, a docstring, another function of the
same module or a library that nothing here imports change nothing, so they are in no digest.

Definitions are followed by name, over modules, from the function on: whatever a name in its body could mean is reached.
That is more than runs (a method of every class named, both sides of an `if`), never less, but for names that a program
makes up at run time; the test of the walls forbids those in filters and readers.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

APART = ("pipelines.engine", "corpus.progress")
"""Packages that are not followed: the engine states by a version of its own what its results depend on, and no result
depends on what is counted for progress."""

PACKAGES = ("corpus", "filters", "llama_corpus", "model", "pipelines", "tokenizer")
"""The project's own, which may lie among installed libraries."""

Definition = tuple[str, str]  # module, name of a top-level definition; "" for what a module does when it is imported


class Reached(NamedTuple):
    """What a result depends on: digests of syntax trees by `module:name`, versions of libraries by name."""

    definitions: Mapping[str, str]
    libraries: Mapping[str, str]


class _Module(NamedTuple):
    """The top level of one module: statements by the name they define, modules and names by what they import."""

    statements: Mapping[str, tuple[ast.stmt, ...]]
    imports: Mapping[str, tuple[str, str]]


def reached_by(functions: Iterable[Any]) -> Reached:
    """What functions, methods, classes and partials reach; builtins and C functions only as their library."""
    waiting = [start for function in functions for start in _starts(function)]
    definitions: dict[Definition, str] = {}
    libraries: set[str] = set()
    while waiting:
        module, name = waiting.pop()
        if (module, name) in definitions:
            continue
        if not is_ours(module):
            libraries |= _library(module)
            continue
        found = _module(module)
        definitions[module, name] = _tree_digest(found.statements.get(name, ()))
        waiting += _uses(module, found, name)
    named = {f"{module}:{name}": digest for (module, name), digest in sorted(definitions.items()) if digest}
    return Reached(named, {name: _version(name) for name in sorted(libraries)})


def is_ours(module: str) -> bool:
    """Whether a module's source is followed: the project's and a user's own, no library's and not the engine's."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or _is_apart(module):
        return False
    path = _source(module)
    return path is not None and (top in PACKAGES or not {"site-packages", "dist-packages"} & set(path.parts))


def _is_apart(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in APART)


def _starts(function: Any) -> Iterator[Definition]:
    """Where the code of a function begins: its module, and the top-level name that holds it."""
    if isinstance(function, partial):
        yield from _starts(function.func)
        for value in (*function.args, *function.keywords.values()):
            yield from _starts(value) if callable(value) else ()
        return
    wrapped = getattr(function, "__wrapped__", None)
    if wrapped is not None:
        yield from _starts(wrapped)
        return
    name = getattr(function, "__qualname__", "") or type(function).__qualname__
    module = getattr(function, "__module__", None) or type(function).__module__
    if module in ("builtins", None):
        return
    top = name.partition(".")[0]
    if is_ours(module) and top not in _module(module).statements:  # a lambda of the module: it has no name
        yield from ((module, each) for each in _module(module).statements)
    yield module, top


@cache
def _source(module: str) -> Path | None:
    """The file of a module's source; None for builtins, C extensions and folders without code."""
    loaded = sys.modules.get(module)
    path = getattr(loaded, "__file__", None)
    if loaded is None:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            return None
        path = spec.origin if spec else None
    return Path(path) if path and path.endswith(".py") else None


@cache
def _module(name: str) -> _Module:
    """The top level of a module of ours. What it does on import, apart from defining names, has the name ""."""
    path = _source(name)
    assert path is not None
    statements: dict[str, list[ast.stmt]] = {}
    imports: dict[str, tuple[str, str]] = {}
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            continue  # never run
        imported = _imports(statement)
        imports |= imported
        if not imported and not _is_docstring(statement):
            for defined in _defines(statement):
                statements.setdefault(defined, []).append(statement)
    return _Module({defined: tuple(found) for defined, found in statements.items()}, imports)


def _imports(node: ast.AST) -> dict[str, tuple[str, str]]:
    """Local name -> (module, name in it or "") of an import statement, or of a block that holds one."""
    found: dict[str, tuple[str, str]] = {}
    for each in ast.walk(node) if isinstance(node, ast.If | ast.Try) else [node]:
        if isinstance(each, ast.Import):
            for alias in each.names:
                found[alias.asname or alias.name.partition(".")[0]] = (alias.name, "")
        elif isinstance(each, ast.ImportFrom) and each.module and each.module != "__future__":
            for alias in each.names:
                found[alias.asname or alias.name] = (each.module, alias.name)
    return found


def _defines(statement: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement gives a meaning; "" where it does something else."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    stored = [node for node in ast.walk(statement) if isinstance(getattr(node, "ctx", None), ast.Store)]
    # `TABLE[key] = value` and `function.attribute = value` at the top level change what an earlier statement defined,
    # so they belong to the definition of that name.
    targets = [node.id for node in stored if isinstance(node, ast.Name)]
    changed = [node.value.id for node in stored if isinstance(node, ast.Subscript | ast.Attribute)
               and isinstance(node.value, ast.Name)]  # fmt: skip
    yield from dict.fromkeys([*targets, *changed] or [""])


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _uses(module: str, found: _Module, name: str) -> Iterator[Definition]:
    """The definitions that one definition names: of its own module, and of the modules it imports from."""
    yield module, ""  # what the module does on import comes before everything
    for statement in found.statements.get(name, ()):
        local = _local_imports(statement)
        for used in _names(statement):
            if used in local or (used in found.imports and used not in found.statements):
                yield from _imported(*(local.get(used) or found.imports[used]))
            elif used in found.statements:
                yield module, used


def _local_imports(statement: ast.stmt) -> dict[str, tuple[str, str]]:
    """The imports inside a function."""
    return {name: origin for node in ast.walk(statement) if isinstance(node, ast.Import | ast.ImportFrom)
            for name, origin in _imports(node).items()}  # fmt: skip


def _names(statement: ast.stmt) -> set[str]:
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)} | set(_local_imports(statement))
    return names - set(dir(builtins))


def _imported(module: str, name: str) -> Iterator[Definition]:
    """What an imported name stands for: a definition, or all of a module."""
    if name and is_ours(module) and name in _module(module).statements:
        yield module, name
    elif is_ours(module) and name in _module(module).imports:
        yield from _imported(*_module(module).imports[name])  # a package that passes a name on
    elif name and _source(f"{module}.{name}") is not None:
        yield from _imported(f"{module}.{name}", "")
    elif is_ours(module):
        yield from ((module, each) for each in _module(module).statements)
    else:
        yield module, name


def _tree_digest(statements: tuple[ast.stmt, ...]) -> str:
    """A digest of syntax trees without comments, docstrings, line numbers, and what `cited` says beside its number."""
    if not statements:
        return ""
    # ast.dump leaves line numbers out, and a comment is in no tree: what is left is what runs.
    dumped = "\n".join(ast.dump(_without_remarks(statement)) for statement in statements)
    return hashlib.sha256(dumped.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _without_remarks(tree: ast.stmt) -> ast.stmt:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cited":
            node.args, node.keywords = node.args[:1], [each for each in node.keywords if each.arg == "value"]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            node.body = [child for child in node.body if not _is_docstring(child)] or [ast.Pass()]
    return tree


def _library(module: str) -> set[str]:
    """The installed library that a module belongs to, by the name it is imported by; none for the standard library."""
    top = module.partition(".")[0]
    return set() if top in sys.stdlib_module_names or _is_apart(module) else {top}


@cache
def _version(library: str) -> str:
    """The version of an installed library, by the name it is imported by."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(library, ())
        return ", ".join(metadata.version(name) for name in sorted(set(names)))
