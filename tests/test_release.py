"""What `make release` asks of a wheel: all of the packages, and nothing else."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

CHECK = ROOT / ".ci" / "check_wheel.py"


def check(wheel: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(CHECK), str(wheel)], capture_output=True, text=True, check=False)


@pytest.fixture
def names() -> set[str]:
    spec = importlib.util.spec_from_file_location("check_wheel", CHECK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return set(module.expected())


def write(wheel: Path, names: set[str]) -> Path:
    with zipfile.ZipFile(wheel, "w") as file:
        for name in sorted(names):
            file.writestr(name, "")
        file.writestr("llama_corpus-0.dist-info/METADATA", "")
    return wheel


def test_a_whole_wheel_passes(tmp_path: Path, names: set[str]) -> None:
    assert {"corpus/document.py", "pipelines/sources/github/source.py"} <= names
    ended = check(write(tmp_path / "a.whl", names))
    assert (ended.returncode, ended.stdout) == (0, "")


def test_a_missing_module_and_a_foreign_file_are_named(tmp_path: Path, names: set[str]) -> None:
    ended = check(write(tmp_path / "a.whl", names - {"corpus/document.py"} | {"tests/conftest.py"}))
    assert ended.returncode == 1
    assert ended.stdout.splitlines() == [
        "missing in the wheel: corpus/document.py",
        "not of this checkout: tests/conftest.py",
    ]
