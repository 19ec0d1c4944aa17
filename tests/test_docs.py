"""What the pages of docs/ name is there: files, folders, and functions in files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from conftest import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
WRITTEN = "benchmarks/results/"  # by benchmarks/record.py
FOLDERS = ("benchmarks", "corpus", "docs", "filters", "model", "pipelines", "tests", "tokenizer")
NAMED = re.compile(rf"`(?:python )?((?:{'|'.join(FOLDERS)})/[\w./]*)(?::(\w[\w.]*))?[ `]")


def defined(path: Path) -> set[str]:
    """The functions, classes and methods of a module."""
    names = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            names |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return names


def missing(text: str) -> list[str]:
    """The paths, and names in files, that a text has in backquotes and the project does not have."""
    found = []
    for path, name in NAMED.findall(text):
        there = path == WRITTEN or (ROOT / path).exists()
        if not there or (name and name not in defined(ROOT / path)):
            found.append(f"{path}:{name}" if name else path)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_is_there(page: Path) -> None:
    assert missing(page.read_text("utf-8")) == []


def test_the_way_of_one_document_is_read() -> None:
    assert (
        len([name for _path, name in NAMED.findall((ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")) if name])
        > 15
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`corpus/ledger.py` and `corpus/`", []),
        ("`corpus/ledger.py:Ledger.add`, `corpus/ledger.py:Ledger`", []),
        ("`python benchmarks/engine/build.py`, `benchmarks/engine/build.py --rounds 2`", []),
        ("`corpus/no_such.py`", ["corpus/no_such.py"]),
        ("`corpus/ledger.py:Ledger.subtract`", ["corpus/ledger.py:Ledger.subtract"]),
    ],
    ids=["paths", "names", "commands", "no file", "no method"],
)
def test_what_is_not_there_is_found(text: str, found: list[str]) -> None:
    assert missing(text) == found
