"""docs/tools.md: its blocks, which the tests run as they stand, and its table. Needs the standard library alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tools.md"
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ROW = r"^\| (.+?) \| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| `tests/tools/(\w+)\.py` \|$"


class Block(NamedTuple):
    """A block of code: what names it (```python polars), its text, and the line it begins at."""

    name: str
    text: str
    line: int


class Cell(NamedTuple):
    """A row of the table: a tool with the name its block has, its version, what it opens, and what was seen."""

    tool: str
    block: str
    version: str
    opens: str
    result: str
    module: str


def blocks(language: str) -> list[Block]:
    """The page's blocks of a language, in order."""
    text = PAGE.read_text("utf-8")
    found = [one for one in FENCE.finditer(text) if one[1] == language]
    return [Block(one[2] or "", one[3], text.count("\n", 0, one.start()) + 2) for one in found]


def run(name: str) -> dict[str, Any]:
    """Run the Python block of a name in the working folder; the names that it leaves."""
    (block,) = [one for one in blocks("python") if one.name == name]
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile("\n" * (block.line - 1) + block.text, str(PAGE), "exec"), names)
    return names


def cells() -> list[Cell]:
    """The rows of the table."""
    rows = re.findall(ROW, PAGE.read_text("utf-8"), re.MULTILINE)
    return [Cell(*row) for row in rows]
