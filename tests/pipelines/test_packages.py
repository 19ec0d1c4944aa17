"""Packages of others that stand in for ours, and what the processes we start may import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from pipelines.packages import foreign_package, worker_environment

SHADOW = "raise SystemExit('the wrong module was imported')\n"


def corpus(words: list[str], folder: Path, paths: list[Path], *flags: str) -> subprocess.CompletedProcess[str]:
    """`python -m pipelines` in a folder, with these paths to import from."""
    program = [sys.executable, *flags, "-m", "pipelines", *words]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    return subprocess.run(program, capture_output=True, text=True, cwd=folder, env=env, check=False)


def test_ours_are_ours() -> None:
    assert foreign_package() == ""


@pytest.mark.parametrize("name", ["corpus.py", "model.py", "tokenizer/__init__.py"])
def test_a_package_that_stands_in_for_ours_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(SHADOW)
    package = name.partition("/")[0].removesuffix(".py")
    done = corpus(["--help"], ROOT, [tmp_path, ROOT], "-P")
    assert done.returncode == 2
    found = tmp_path / (package if "/" in name else name)
    assert done.stderr == (
        f"corpus: expected the package {package} of llama-corpus at {ROOT / package}, got another at {found}; "
        f"rename it, or take {tmp_path} out of PYTHONPATH\n"
    )
    assert done.stdout == ""


def test_one_from_the_index_is_to_be_uninstalled(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    (site / "tokenizer").mkdir(parents=True)
    (site / "tokenizer" / "__init__.py").write_text(SHADOW)
    (site / "other_tokenizer-1.0.dist-info").mkdir()
    (site / "other_tokenizer-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: other-tokenizer\n")
    (site / "other_tokenizer-1.0.dist-info" / "top_level.txt").write_text("tokenizer\n")
    done = corpus(["--help"], ROOT, [site, ROOT], "-P")
    assert done.returncode == 2
    assert "; `pip uninstall other-tokenizer`, or install llama-corpus in an environment" in done.stderr


def test_the_working_folder_is_not_imported_from(tmp_path: Path) -> None:
    for name in ("model.py", "argparse.py", "pyarrow.py"):
        (tmp_path / name).write_text(SHADOW)
    done = corpus(["rules", "tokenizer"], tmp_path, [ROOT])
    assert done.stderr == ""
    assert done.stdout.startswith("tokenizer\n")


def test_a_worker_imports_what_we_do_and_not_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "json.py").write_text(SHADOW)
    (tmp_path / "mine").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "mine")
    program = [sys.executable, "-m", "only_here"]
    (tmp_path / "mine" / "only_here.py").write_text("import json, pipelines; print(json.dumps(pipelines.__file__))\n")
    env = os.environ | worker_environment()
    done = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path / "cwd", env=env, check=True)
    assert done.stdout == f'"{ROOT / "pipelines" / "__init__.py"}"\n'
