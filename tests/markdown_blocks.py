"""The code blocks of a page, and running them as they stand."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.cli import main

FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One block: its language, the file it is to be (```python my_notes.py), its text, and the line it begins at."""

    language: str
    file: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text()
    return [
        Block(found[1], found[2] or "", found[3], text.count("\n", 0, found.start()) + 2)
        for found in FENCE.finditer(text)
    ]


def run_block(block: Block, names: dict[str, Any], page: str) -> None:
    """Run a block in the working folder: Python, a session of it, `corpus` commands; or write the file it names."""
    if block.file:
        Path(block.file).parent.mkdir(parents=True, exist_ok=True)
        Path(block.file).write_text(block.text)
    elif block.language == "python":
        exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
    elif block.language == "pycon":
        run_session(block, names, page)
    elif block.language == "sh":
        for line in block.text.splitlines():
            assert line.startswith("corpus "), line
            assert main(shlex.split(line, comments=True)[1:]) == 0, line


def run_session(block: Block, names: dict[str, Any], page: str) -> None:
    """Run a session of Python; what it prints has to be what stands there."""
    test = doctest.DocTestParser().get_doctest(block.text, names, page, page, block.line - 1)
    test.globs = names  # what one session defines the next may use
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    results = runner.run(test, out=said.append, clear_globs=False)
    assert results.attempted > 0
    assert results.failed == 0, "".join(said)
