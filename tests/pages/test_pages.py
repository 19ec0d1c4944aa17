"""Every command of the site's pages for beginners and of its pages of sources is run, in order, on the demo's dumps.

`corpus fetch` is checked as a command line, and the demo's dump of that source is written where it would have put one.
A command that needs a cloud is checked as a command line alone. `make site` runs this, no other command does.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from pipelines import demo
from pipelines.cli import main
from pipelines.command_line import parser
from pipelines.parsing import modules_of

pytestmark = pytest.mark.site
PAGES = [*sorted((ROOT / "docs/start").glob("*.md")), *sorted((ROOT / "docs/sources").glob("*.md"))]
_BLOCK = re.compile(r"^```(sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"BUCKET|PROJECT")
"""What only its owner has."""
NO_DUMP = {"dumps/arxiv": "arxiv", "exports/github_repos": "github"}
"""Folders that no page fetches: arXiv's bucket is paid for, GitHub's tables are exported by BigQuery."""


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """The blocks of a page: their language, their text with continued lines joined."""
    for found in _BLOCK.finditer(page.read_text("utf-8")):
        yield found[1], re.sub(r"\\\n\s*", " ", found[2])


def write_dump(source: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    modules_of(demo)[source].write(folder)


def run(words: list[str]) -> None:
    parser().parse_args(words[: words.index("--")] if "--" in words else words)
    if words[0] == "fetch":
        write_dump(words[1], Path(words[words.index("--output") + 1]))
    elif not ELSEWHERE.search(" ".join(words)):
        assert main(words) == 0, shlex.join(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_all_commands_of_a_page_run_in_order(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, source in NO_DUMP.items():
        write_dump(source, tmp_path / folder)
    ran = 0
    for language, text in blocks(page):
        if language == "yaml":
            Path("corpus.yaml").write_text(text)
            continue
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            assert words == [] or words[0] == "corpus", line
            if words:
                run(words[1:])
                ran += 1
    assert ran > 1
