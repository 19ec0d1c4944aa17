"""No module of the project imports itself by way of others, type-checking imports included."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGES = ("corpus", "filters", "tokenizer", "pipelines", "model", "llama_corpus")


def modules(root: Path) -> dict[str, Path]:
    """Every module of the project, by its dotted name."""
    paths = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(path: Path, known: Collection[str]) -> Iterator[str]:
    """The modules of the project that a module imports, wherever in it; a package only for a name of its own."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            submodules = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else node.module for name in submodules)


def import_graph(root: Path) -> dict[str, set[str]]:
    """For each module those that it imports."""
    known = modules(root)
    return {name: set(imported(path, known)) - {name} for name, path in known.items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules that lie on a circle or lead only to one: what is left once all that import nothing left is taken."""
    left = {name: set(names) for name, names in graph.items()}
    while ready := {name for name, names in left.items() if not names}:
        left = {name: names - ready for name, names in left.items() if name not in ready}
    return sorted(left)


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circle(import_graph(ROOT)) == []


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("X = 1\n", []),
        ("import filters.first\n", ["filters.first", "filters.second"]),
        ("from filters import first\n", ["filters.first", "filters.second"]),
        ("if TYPE_CHECKING:\n    from filters.first import Y\n", ["filters.first", "filters.second"]),
        ("def f():\n    from filters.first import Y\n", ["filters.first", "filters.second"]),
    ],
    ids=["none", "import", "from the package", "for types only", "inside a function"],
)
def test_a_planted_circle_is_found(tmp_path: Path, second: str, found: list[str]) -> None:
    (tmp_path / "filters").mkdir()
    (tmp_path / "filters" / "__init__.py").write_text("")
    (tmp_path / "filters" / "first.py").write_text("from filters.second import X\n")
    (tmp_path / "filters" / "second.py").write_text(second)
    assert circle(import_graph(tmp_path)) == found
