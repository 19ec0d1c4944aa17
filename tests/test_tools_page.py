"""docs/tools.md: each row of its table has a block, a test, and the versions that are pinned for it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from conftest import ROOT
from tools import page
from tools.environments import PINS
from tools.page import Cell, blocks, cells
from tools.pin import ASKED

CELLS = cells()


def pinned(module: str) -> dict[str, str]:
    """The version of each package in the environment of a module's tests."""
    text = (ROOT / "requirements-dev.lock").read_text()
    own = PINS / f"{module.removeprefix('test_')}.txt"
    text += own.read_text() if own.is_file() else ""
    pins = re.findall(r"^([\w-]+)(?:==| @ )(\S+)$", text.replace("array_record", "array-record"), re.MULTILINE)
    return {name: found.rpartition("@")[2][:8] if "@" in found else found for name, found in pins}


def wrong(cell: Cell) -> list[str]:
    """What a row states that is not so."""
    known, found = pinned(cell.module), []
    for name, version in (one.split(" ") for one in cell.version.split(", ")):
        if known.get(name) != version:
            found.append(f"{name} {version}: pinned is {known.get(name)}")
    if [one.name for one in blocks("python")].count(cell.block) != 1:
        found.append(f"{cell.block}: one block")
    if f"run({cell.block!r})".replace("'", '"') not in (ROOT / f"tests/tools/{cell.module}.py").read_text():
        found.append(f"{cell.block}: a test that runs it")
    return found


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.block)
def test_a_row_says_what_is_run(cell: Cell) -> None:
    assert wrong(cell) == []


def test_every_block_and_every_environment_has_a_row() -> None:
    assert {one.name for one in blocks("python")} == {cell.block for cell in CELLS}
    assert (
        {path.stem for path in PINS.glob("*.txt")}
        == ASKED.keys()
        <= {cell.module.removeprefix("test_") for cell in CELLS}
    )
    table = [line for line in page.PAGE.read_text().splitlines() if "`tests/tools/" in line and line.startswith("|")]
    assert len(CELLS) == len(table)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"version": "polars 2.1.1"}, ["polars 2.1.1: pinned is 2.1.0"]),
        ({"version": "pola 2.1.0"}, ["pola 2.1.0: pinned is None"]),
        ({"block": "no_such"}, ["no_such: one block", "no_such: a test that runs it"]),
        ({"module": "test_grain", "version": "grain 0.2.18"}, ["polars: a test that runs it"]),
    ],
    ids=["version", "package", "block", "test"],
)
def test_what_is_not_so_is_found(changes: dict[str, str], found: list[str]) -> None:
    (cell,) = [one for one in CELLS if one.block == "polars"]
    assert wrong(cell._replace(**changes)) == found


def test_modules_that_run_blocks_are_marked_but_those_of_the_lock() -> None:
    """`make test` has the tools of requirements-dev.lock alone."""
    for path in (ROOT / "tests" / "tools").glob("test_*.py"):
        own = PINS / f"{path.stem.removeprefix('test_')}.txt"
        assert marked(path) == (own.is_file() or path.stem == "test_pins"), path


def marked(path: Path) -> bool:
    """Whether a module's `pytestmark` has the mark `tools`."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            return "pytest.mark.tools" in ast.unparse(node.value)
    return False
