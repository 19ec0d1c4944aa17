"""Faults in code: which are planted where, and that the tests of a module find one and let another live."""

from __future__ import annotations

import ast
import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
from guards.imports import Module

from mutation import code
from mutation.choice import Outlines, Question, questions
from mutation.code import equivalents
from mutation.lines import Executed
from mutation.mutants import plant, sites
from mutation.trials import functions_of

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


def afresh(function: str, folder: Path) -> None:
    """Call a function of this file in a process without threads: planted faults are tried in forks of it."""
    program = f"import pathlib, mutation.test_mutants as tests; tests.{function}(pathlib.Path({str(folder)!r}))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


ASKED = "tests/mutation/asked.py"


def question(name: str, test: str, at_import: bool) -> Question:
    """A fault of filters.github.code, asked of one test."""
    tree = CODE.tree
    (fault,) = [fault for site in sites(tree) if (fault := plant(tree, site)).name == name]
    return Question(fault, at_import, [test], 0.1, [], 0)


CODE = Module("filters.github.code", code.ROOT / "filters/github/code.py",
              ast.parse((code.ROOT / "filters/github/code.py").read_text("utf-8")))  # fmt: skip
EMPTY = "is_empty: not text.strip() -> not not text.strip()"


def test_a_fault_is_found_by_a_test_that_sees_it(tmp_path: Path) -> None:
    afresh("find_fault", tmp_path)


def find_fault(folder: Path) -> None:
    sees, looks_away, never_ends = (f"{ASKED}::test_{name}" for name in
                                    ("sees", "looks_away", "never_ends_with_a_fault"))  # fmt: skip
    code.LEAST_SECONDS = 1
    let_live = question(EMPTY, looks_away, False)
    unchanged = let_live._replace(tests=[sees], mutant=let_live.mutant._replace(tree=CODE.tree))
    asked = {
        "killed": let_live._replace(tests=[sees]),
        "survived": let_live,
        "killed at last": let_live._replace(others=[sees]),
        "killed after some time": let_live._replace(tests=[never_ends]),
        "not run": let_live._replace(tests=[]),
        "not run since it fails": let_live._replace(tests=[f"{ASKED}::test_fails"]),
        "survived, no fault": unchanged,
        "killed, made anew": let_live._replace(tests=[sees], at_import=True),
        "survived, made anew": unchanged._replace(at_import=True),
    }
    found = code.verdicts(CODE, list(asked.values()))
    assert all(expected.startswith(found[at]) for at, expected in enumerate(asked)), found


class StandIn:
    """An object as libraries keep them: to ask what it is costs a warning, which the tests make an error."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise FutureWarning


def test_functions_are_looked_for_without_asking_stand_ins() -> None:
    kept = StandIn()
    gc.freeze()  # as a build does
    assert find_fault in functions_of(str(Path(__file__)))
    assert type(kept) is StandIn


def test_a_module_that_cannot_be_tried_is_named_and_the_others_are_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def looked_at(module: Module, *_: object) -> list[str]:
        if module.name == "filters.c4.rules":
            raise code.NotTriedError("trials ended early, after 0 of 2")
        return ["killed    a fault"]

    monkeypatch.setattr(sys, "argv", ["code", "--modules", "filters.c4.rules", "filters.near", "--sample", "60"])
    monkeypatch.setattr(code, "LIBRARIES", ())
    monkeypatch.setattr(code, "recorded", lambda *_: [])
    monkeypatch.setattr(code, "looked_at", looked_at)
    assert code.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("filters.c4.rules: ")
    assert lines[0].endswith(" not tried, trials ended early, after 0 of 2")
    assert "filters.near: 1 of 1 killed" in lines
    assert lines[-1] == "1 of 1 killed, seed 1; filters.c4.rules not tried"


def test_what_each_test_executes_is_written_down(tmp_path: Path) -> None:
    afresh("record_lines", tmp_path)


def record_lines(folder: Path) -> None:
    kept = folder / "kept.json"
    code.record(code.ROOT / ASKED, kept, ASKED)
    executed = Executed(**json.loads(kept.read_text()))
    (empty,) = [node for node in CODE.tree.body if isinstance(node, ast.FunctionDef) and node.name == "is_empty"]
    inside = empty.body[-1].lineno
    by_test = executed.lines["filters/github/code.py"]
    passing = {"uses_what_is_built", "uses_it_too", "sees", "looks_away", "never_ends_with_a_fault"}
    assert {name for name, lines in by_test.items() if inside in lines} == {f"{ASKED}::test_{name}" for name in passing}
    assert executed.seconds.keys() == {f"{ASKED}::test_{name}" for name in passing | {"executes_other_lines"}}
    assert empty.lineno in by_test[""]
    assert executed.digests.keys() >= {ASKED, "filters/github/code.py"}


OUTLINE = """\
TABLE = {1: 2}
def f(x=3):
    if (x
            < 4):
        return [
            5]
    while (x <
           6):
        pass
g = lambda y=7: 8
class C:
    Z = 9
"""


@pytest.mark.parametrize(
    ("number", "lines", "at_import"),
    [
        (1, {1}, True), (3, {2}, True), (4, {3, 4}, False), (5, {5, 6}, False), (6, {7, 8}, False), (7, {10}, True),
        (8, {10}, False), (9, {12}, True),
    ],
)  # fmt: skip
def test_where_a_node_stands(number: int, lines: set[int], at_import: bool) -> None:
    tree = ast.parse(OUTLINE)
    (node,) = [at for at, node in enumerate(ast.walk(tree)) if isinstance(node, ast.Constant) and node.value == number]
    outlines = Outlines(tree)
    assert (outlines.lines(node) & lines, outlines.at_import(node)) == (lines, at_import)


def test_its_own_tests_are_asked_first_then_the_quickest_as_long_as_time_lasts() -> None:
    site = next(site for site in sites(CODE.tree) if plant(CODE.tree, site).name == EMPTY)
    (line,) = Outlines(CODE.tree).lines(site.node)
    own = "tests/filters/github/test_code.py::test"
    seconds = {"a::slow": 25, "a::quick": 1, "b::next": 3, own: 4, "a::elsewhere": 0.5, "c::far": 0.1}
    by_test = {name: [line] if name not in ("a::elsewhere", "c::far") else [line + 1] for name in seconds}
    executed = Executed({}, seconds, {"filters/github/code.py": by_test})  # type: ignore[arg-type]
    mutant = plant(CODE.tree, site)
    (asked,) = questions(CODE, [(site, mutant)], [executed])
    assert (asked.tests, asked.others, asked.at_import) == (
        [own, "a::quick", "b::next"],
        ["a::elsewhere", "a::slow"],
        False,
    )
    (anew,) = questions(
        CODE, [(site, mutant)], [executed._replace(lines={"filters/github/code.py": {"": [line], own: [1]}})]
    )
    assert (anew.tests, anew.others, anew.at_import) == ([own], [], True)


def test_what_is_equivalent_is_a_fault_that_can_be_planted_and_says_why() -> None:
    for name, why in equivalents().items():
        module, _, rest = name.partition(":")
        tree = ast.parse((code.ROOT / f"{module.replace('.', '/')}.py").read_text())
        function = rest.partition(": ")[0]
        assert why, name
        assert rest in {plant(tree, site).name for site in sites(tree) if site.function == function}, name
