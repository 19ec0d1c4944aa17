"""docs/project.md: its example is read, its table has the names of the file, its error is what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT
from guards.pages import table

from corpus.errors import UsageError
from pipelines.project.project import PARTS, read_project
from pipelines.project.steps import steps_of

PAGE = (ROOT / "docs/project.md").read_text("utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_the_example_is_read_and_has_all_kinds_of_steps(tmp_path: Path) -> None:
    path = tmp_path / "corpus.yaml"
    path.write_text(EXAMPLE)
    commands = [step.words[0] for step in steps_of(read_project(str(path)))]
    assert commands == [
        "build", "build", "build", "train", "build", "train", "build", "train", "tokenize", "mix", "export", "export",
        "report",
    ]  # fmt: skip


def test_the_table_has_every_part() -> None:
    assert [row[0] for row in table(PAGE, "| name | what it is |")] == list(PARTS)


def test_the_error_is_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("corpus.yaml").write_text(EXAMPLE.replace("min_chars", "min_char"))
    with pytest.raises(UsageError) as raised:
        read_project("corpus.yaml")
    assert " ".join(f"corpus: {raised.value}".split()) in " ".join(PAGE.split())
