"""docs/python.md, run as it stands."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from markdown_blocks import Block, blocks, run_block, run_session

import llama_corpus
from pipelines.plugins import COMMANDS, EXPORTS, SOURCES

PAGE = ROOT / "docs" / "python.md"


def test_every_block_runs_and_shows_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    found = blocks(PAGE)
    assert {block.language for block in found} == {"python", "pycon", "sh", "toml"}
    for block in found:
        run_block(block, names, PAGE.name)


def test_a_session_that_shows_something_else_is_found() -> None:
    with pytest.raises(AssertionError, match="    - 3\n    \\+ 2"):
        run_session(Block("pycon", "", ">>> 1 + 1\n3\n", 1), {}, "page")


def test_the_page_names_all_of_the_face_and_the_groups_that_are_read() -> None:
    text = PAGE.read_text()
    assert [name for name in llama_corpus.__all__ if f"`{name}" not in text and f"{name}(" not in text] == []
    (toml,) = [block.text for block in blocks(PAGE) if block.language == "toml"]
    assert tomllib.loads(toml)["project"]["entry-points"].keys() == {SOURCES, EXPORTS, COMMANDS}
