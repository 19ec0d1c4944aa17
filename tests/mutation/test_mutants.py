"""Faults in code: which are planted where, and that the tests of a module find one and let another live."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from mutation import code
from mutation.code import Planted, equivalents, run_tests
from mutation.mutants import plant, sites

CASES = {
    "a comparison": ("def f(x): return x < 3", ["x < 3 -> x <= 3", "x < 3 -> x < 4"]),
    "two in a row": ("def f(x): return 0 < x == 1", [
        "-> 0 <= x == 1", "-> 0 < x != 1", "-> 1 < x == 1", "-> 0 < x == 2",
    ]),
    "a condition": ("def f(x):\n    if x: pass", ["if x -> if not x"]),
    "and": ("def f(x, y): return x and y", ["x and y -> x or y"]),
    "not": ("def f(x): return not x", ["not x -> not not x"]),
    "a call": ("def f(x):\n    x.append(x)", ["x.append(x) -> None"]),
    "a loop": ("def f(x):\n    for y in x:\n        continue", ["continue -> break"]),
    "a flag": ("def f(): return True", ["True -> False"]),
    "arithmetic": ("def f(x): return x * x", ["x * x -> x // x"]),
    "left alone": (
        "import os\nX = cited(3, 'why')\ndef f(x: int = None) -> 'a < b':\n    assert x < 3\n    raise ValueError(3)",
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_what_is_planted(source: str, expected: list[str]) -> None:
    tree = ast.parse(source)
    named = [plant(tree, site).name for site in sites(tree)]
    assert len(named) == len(expected)
    assert all(name.endswith(end) for name, end in zip(named, expected, strict=True)), named
    assert ast.dump(tree) == ast.dump(ast.parse(source))


FAULTY = "import filters.github.code as code\n\n\ndef test():\n    assert code.is_empty(' ') is {}\n"


def afresh(function: str, folder: Path) -> None:
    """Call a function of this file in a process without threads: planted faults are tried in forks of it."""
    program = f"import pathlib, mutation.test_mutants as tests; tests.{function}(pathlib.Path({str(folder)!r}))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_fault_is_found_by_a_test_that_sees_it(tmp_path: Path) -> None:
    afresh("find_fault", tmp_path)


def find_fault(folder: Path) -> None:
    source = (code.ROOT / "filters" / "github" / "code.py").read_text()
    tree = ast.parse(source)
    (fault,) = [
        plant(tree, site)
        for site in sites(tree)
        if plant(tree, site).name == "is_empty: not text.strip() -> not not text.strip()"
    ]
    planted = Planted("filters.github.code", fault.tree)
    sees, looks_away = folder / "test_sees.py", folder / "test_looks_away.py"
    sees.write_text(FAULTY.format(True))
    looks_away.write_text("def test():\n    pass\n")
    assert run_tests([sees], None, 60)
    assert not run_tests([sees], planted, 60)
    assert run_tests([looks_away], planted, 60)


def test_a_test_that_never_ends_is_ended(tmp_path: Path) -> None:
    afresh("end_endless", tmp_path)


def end_endless(folder: Path) -> None:
    endless = folder / "test_endless.py"
    endless.write_text("def test():\n    while True:\n        pass\n")
    assert not run_tests([endless], None, 3)


def test_what_is_equivalent_is_a_fault_that_can_be_planted_and_says_why() -> None:
    for name, why in equivalents().items():
        module, _, rest = name.partition(":")
        tree = ast.parse((code.ROOT / f"{module.replace('.', '/')}.py").read_text())
        function = rest.partition(": ")[0]
        assert why, name
        assert rest in {plant(tree, site).name for site in sites(tree) if site.function == function}, name
