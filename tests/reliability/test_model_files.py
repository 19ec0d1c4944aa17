"""Model files from outside: what is wrong with one is said in a line, and no process but a trial dies of it.

Two mutations of each file in every test run; `make soak` does 70 of each.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from reliability.damage import KINDS, damaged

FILES = {
    "language/lid.176.ftz": "language",
    "reference/reference.bin": "reference",
    "packed/reference.bin": "reference",
    "arpa/en.arpa": "perplexity",
    "arpa/en.sp.model": "perplexity",
    "arpa/cutoff.csv": "perplexity",
    "binary/en.arpa.bin": "perplexity",
    "arpa/en.card.json": "card",
    "tokenizer/tokenizer.model": "tokenizer",
    "evaluated/tokenizer.model": "evaluated",
    "weights/model.safetensors": "weights",
    "weights/config.json": "weights",
}
"""Every kind of model file, and who loads it."""


class Users:
    """A process that loads models, started again where a model ended it."""

    def __init__(self, temporary: Path) -> None:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        self._environment = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(temporary), "CUDA_VISIBLE_DEVICES": ""}
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, kind: str, folder: Path) -> str:
        """What came of loading the models in a folder."""
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, str(ROOT / "tests" / "reliability" / "model_users.py")]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process = subprocess.Popen(command, env=self._environment, text=True, **pipes)  # type: ignore[call-overload]
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{kind} {folder}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().rstrip("\n")
        return said or f"died: {self._process.wait()}"

    def close(self) -> None:
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Users]:
    started = Users(tmp_path_factory.mktemp("temporary"))
    yield started
    started.close()


def mutated(sound_models: Path, file: str, number: int, into: Path) -> Path:
    """A folder of models of which one file is damaged."""
    folder = Path(shutil.copytree(sound_models / Path(file).parent, into / f"mutation-{number}"))
    name = Path(file).name
    for card in folder.glob("*card.json"):
        if card.name != name:
            card.unlink()
    (folder / name).write_bytes(damaged((folder / name).read_bytes(), number))
    return folder


def outcomes(users: Users, sound_models: Path, file: str, numbers: range, into: Path) -> dict[int, str]:
    """What came of each mutation of a file."""
    found = {}
    for number in numbers:
        folder = mutated(sound_models, file, number, into)
        found[number] = users(FILES[file], folder)
        shutil.rmtree(folder)
    return found


def faults(found: dict[int, str]) -> dict[int, str]:
    """The outcomes that no user should meet."""
    return {number: said for number, said in found.items() if not said.startswith(("used", "refused: "))}


@pytest.mark.parametrize("file", FILES)
def test_a_sound_model_is_used(file: str, users: Users, sound_models: Path) -> None:
    assert users(FILES[file], (sound_models / file).parent) == "used"


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_model_is_refused_in_words(file: str, users: Users, sound_models: Path, tmp_path: Path) -> None:
    assert faults(outcomes(users, sound_models, file, range(2), tmp_path)) == {}


@pytest.mark.soak
@pytest.mark.parametrize("file", FILES)
def test_seventy_damages_are_refused_in_words(file: str, users: Users, sound_models: Path, tmp_path: Path) -> None:
    found = outcomes(users, sound_models, file, range(14 * len(KINDS)), tmp_path)
    print(file, len(found), sum(said.startswith("refused") for said in found.values()), "refused")
    assert faults(found) == {}
