"""CONTRIBUTING's eighth source as it stands: written into a copy of the packages, checked and built there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from guards import rooms, walls
from guards.imports import PACKAGES, read_modules
from guards.numbers import bare_numbers
from markdown_blocks import Block, blocks

PAGE = ROOT / "CONTRIBUTING.md"
SOURCE = "pipelines.sources.recipes"
RECIPES = [
    {"id": "tea", "text": "Pour 1⁄2 litre of water on the leaves."},
    {"id": "tea again", "text": "Pour 1/2 litre of water on the leaves."},
    {"id": "toast", "text": "Toast the bread."},
    {"id": "eggs"},
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with the files of the page, and a dump in kitchen/."""
    root = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    written = [block for block in blocks(PAGE) if block.file]
    assert len(written) == 3
    for block in written:
        assert not (root / block.file).exists()
        (root / block.file).write_text(block.text)
    (root / "kitchen").mkdir()
    (root / "kitchen" / "our.recipes.jsonl").write_text("\n".join(map(json.dumps, RECIPES)))
    return root


@pytest.fixture(scope="module")
def project(house: Path) -> Path:
    """The copy with all that tests of the project look at, and the golden rules of the page's source."""
    for folder in ("tests", "docs", "benchmarks"):
        shutil.copytree(ROOT / folder, house / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")):
        shutil.copy(path, house)
    run(["-m", "guards.golden_rules"], house)
    return house


def run(arguments: list[str], house: Path) -> str:
    """What Python prints there."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(house), str(house / "tests")])}
    done = subprocess.run([sys.executable, *arguments], cwd=house, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def corpus(line: str, house: Path) -> str:
    """What `corpus ...` prints there."""
    env = os.environ | {"PYTHONPATH": str(house)}
    program = [sys.executable, "-P", "-m", "pipelines", *line.split()[1:]]
    done = subprocess.run(program, cwd=house, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_new_files_keep_the_rules_of_the_house(house: Path) -> None:
    modules = read_modules(house)
    new = [modules[name] for name in (SOURCE, "filters.recipes", "corpus.readers.recipes")]
    faults = [*walls.forbidden_imports(modules), *walls.impure_filters(modules), *walls.laundered(modules)]
    assert faults == []
    assert [fault for fault in rooms.misplaced(modules) if "recipes" in fault] == []
    assert [fault for module in new for fault in bare_numbers(module)] == []
    shutil.copy(ROOT / "pyproject.toml", house)
    program = [sys.executable, "-m", "ruff", "check", "--quiet", *(str(module.path) for module in new)]
    done = subprocess.run(program, cwd=house, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_its_commands_build_it_and_tell_what_became_of_each_recipe(house: Path) -> None:
    (block,) = [block for block in blocks(PAGE) if block.language == "sh"]
    build, rules, ledger = block.text.splitlines()
    funnel = [" ".join(line.split()) for line in corpus(build, house).splitlines()]
    assert "read recipe 4 3 75.0% unreadable 1" in funnel
    assert "text document 3 2 66.7% too_short 1" in funnel
    assert "exact document 2 1 50.0% duplicate 1" in funnel
    (file,) = (house / "OUT" / "recipes").glob("data/documents-*.parquet")
    assert pq.read_table(file)["text"].to_pylist() == ["Pour 1/2 litre of water on the leaves."]
    assert "below 5 words [ours: our own reading of 200 dropped texts]" in corpus(rules, house)
    assert "exact document 2 1 50.0% duplicate 1" in " ".join(corpus(ledger, house).split())


ABOUT_ALL_SOURCES = [
    "tests/test_readme.py::test_sources_and_their_shares",
    "tests/test_readme.py::test_numbers_in_the_table_of_sources",
    "tests/test_readme.py::test_every_preset_is_spoken_of_somewhere",
    "tests/test_architecture.py::test_every_number_says_its_source[recipes]",
    "tests/pipelines/engine/test_rules.py::test_rules_are_those_of_the_golden_file[recipes-paper]",
    "tests/pipelines/engine/test_rules.py::test_every_golden_file_is_of_a_recipe",
    "tests/pipelines/engine/test_rules.py::test_every_cited_number_is_in_a_golden_file",
    "tests/pipelines/engine/test_checks.py::test_ours_are_sound[recipes]",
    "tests/pipelines/commands/test_completion.py::test_zsh_knows_commands_sources_and_files",
    "tests/pipelines/sources/test_outside.py::test_each_of_ours_states_its_share_and_those_of_table_1_their_line[recipes]",
    "tests/pipelines/test_cli.py::test_every_number_of_a_recipe_is_printed[recipes]",
]


def test_no_test_about_all_sources_is_red_for_one_more(project: Path) -> None:
    """The guards, the pages and the golden rules in a project with the page's three files and nothing else changed."""
    said = run(["-m", "pytest", "-p", "no:cacheprovider", "-vv", *ABOUT_ALL_SOURCES], project)
    assert len(re.findall(r"\[recipes.*\] PASSED", said)) >= 5
    golden = project / "tests" / "golden" / "rules"
    assert {path.name for path in golden.iterdir()} - {
        path.name for path in (ROOT / "tests" / "golden" / "rules").iterdir()
    } == {"recipes.paper.txt"}
    assert "share 0.5 percent of training tokens" in (golden / "recipes.paper.txt").read_text("utf-8")


def test_blocks_are_found_with_their_files_and_lines(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("one\n\n```python a/b.py\nx = 1\n```\n\n```sh\ncorpus\n```\n")
    assert blocks(tmp_path / "page.md") == [Block("python", "a/b.py", "x = 1\n", 4), Block("sh", "", "corpus\n", 8)]
