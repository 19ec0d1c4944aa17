"""The site is built without a warning, its reference has all commands and numbers, and a broken link fails it."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from pipelines import commands
from pipelines.engine.plan import numbers
from pipelines.parsing import modules_of
from pipelines.sources import find_source, names

pytestmark = pytest.mark.site


def build(project: Path, out: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(project / "mkdocs.yml")]
    told = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run([*words, "--site-dir", str(out)], capture_output=True, text=True, env=told, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    made = build(ROOT, out)
    assert made.returncode == 0, made.stderr
    assert "WARNING" not in made.stderr
    return out


def text(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text("utf-8")))


def test_the_reference_has_every_command_and_every_number(site: Path) -> None:
    said = text(site / "reference/commands/index.html")
    assert [name for name in modules_of(commands) if f"usage: corpus {name}" not in said] == []
    rules = text(site / "reference/rules/index.html")
    assert [name for source in names() for name in numbers(find_source(source), "paper", {}) if name not in rules
            and name in find_source(source).recipe] == []  # fmt: skip


def test_every_page_of_docs_is_on_the_site(site: Path) -> None:
    pages = [path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")]
    missing = [page for page in pages if not (site / page / "index.html").exists() and page.name != "index"]
    assert missing == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("[x](nowhere.md)", "contains a link 'nowhere.md', but the target is not found"),
        ("[x](project.md#no-such-heading)", "does not contain an anchor '#no-such-heading'"),
        ("[x](../nowhere.py)", "nowhere.py"),
    ],
    ids=["page", "heading", "file"],
)
def test_a_broken_link_fails_it(link: str, said: str, tmp_path: Path) -> None:
    for name in ("docs", ".ci"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    page = tmp_path / "docs/faq.md"
    page.write_text(page.read_text() + f"\n{link}\n")
    made = build(tmp_path, tmp_path / "out")
    assert made.returncode != 0
    assert said in made.stdout + made.stderr
