"""The rules of the house: who imports whom, where numbers stand, and that each says its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from corpus.recipe import BASES
from pipelines.engine.plan import BUILD
from pipelines.sources import find_source, names

MAY_IMPORT = {
    "corpus": {"corpus"},
    "filters": {"filters", "corpus"},
    "tokenizer": {"tokenizer", "corpus"},
    "pipelines": {"pipelines", "filters", "tokenizer", "corpus"},
    "model": {"model"},
}
BATCHES_MAY = {"model", "tokenizer"}
BEAM = "apache_beam"


def imports(path: Path) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def forbidden_imports(root: Path) -> list[str]:
    """`file imports package` for every import that the house does not allow."""
    found = []
    for package, allowed in MAY_IMPORT.items():
        for path in sorted((root / package).rglob("*.py")):
            may = BATCHES_MAY if package == "model" and path.name.startswith("batches") else allowed
            wrong = {name for name in imports(path) if name in MAY_IMPORT and name not in may}
            wrong |= {BEAM} & set(imports(path)) if package != "pipelines" else set()
            found += [f"{path.relative_to(root)} imports {name}" for name in sorted(wrong)]
    return found


def bare_numbers(path: Path) -> list[str]:
    """`file:line number` for every number of a source that does not stand in cited(...)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    cited = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cited"]
    inside = {id(node) for call in cited for node in ast.walk(call)}
    return [
        f"{path.name}:{node.lineno} {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and id(node) not in inside
    ]


def test_imports_follow_the_house() -> None:
    assert forbidden_imports(ROOT) == []


@pytest.mark.parametrize(
    ("package", "line", "found"),
    [
        ("filters", "import apache_beam", ["filters/planted.py imports apache_beam"]),
        ("filters", "from pipelines import build", ["filters/planted.py imports pipelines"]),
        ("corpus", "def f():\n    from filters import html", ["corpus/planted.py imports filters"]),
        ("tokenizer", "import filters.html", ["tokenizer/planted.py imports filters"]),
        ("model", "import tokenizer", ["model/planted.py imports tokenizer"]),
        ("pipelines", "import filters, corpus, tokenizer, apache_beam", []),
    ],
    ids=["beam in filters", "pipelines in filters", "inside a function", "filters in tokenizer", "model", "allowed"],
)
def test_a_planted_import_is_found(tmp_path: Path, package: str, line: str, found: list[str]) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "planted.py").write_text(line)
    assert forbidden_imports(tmp_path) == found


@pytest.mark.parametrize("name", names())
def test_no_number_stands_straight_in_a_source(name: str) -> None:
    folder = ROOT / "pipelines" / "sources"
    path = folder / name / "source.py" if (folder / name).is_dir() else folder / f"{name}.py"
    assert bare_numbers(path) == []


def test_a_planted_number_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("A = cited(3, 'somewhere')\nB = drop('x', len, above=5)\nC = -0.5\nD = True\n")
    assert sorted(bare_numbers(planted)) == ["planted.py:2 5", "planted.py:3 0.5"]


@pytest.mark.parametrize("name", names())
def test_every_number_says_its_source(name: str) -> None:
    recipe = find_source(name).recipe
    presets = [number for changes in recipe.presets.values() for number in changes.values()]
    for number in [*recipe.values(), *presets, *BUILD.values()]:
        assert number.basis in BASES
        assert number.citation, number.name
        path, _, line = number.where.partition(":")
        assert "cited(" in "".join((ROOT / path).read_text().splitlines()[int(line) - 2 : int(line) + 1]), number.where
