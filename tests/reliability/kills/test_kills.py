"""A few trials of kills, power cuts and faults; `make soak` does many (`python -m reliability.kills`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from reliability.kills.control import compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang) for the library of faults")


def test_a_few_trials_are_sound(tmp_path: Path) -> None:
    results = tmp_path / "trials.jsonl"
    command = [sys.executable, "-m", "reliability.kills", "--trials", "10", "--results", str(results)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    ended = subprocess.run(
        [*command, "--command", "build stackexchange", "export jsonl", "train tokenizer"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    trials = [json.loads(line) for line in results.read_text().splitlines()]
    assert len(trials) == 10
    assert any(trial["struck"] and trial["code"] == -9 for trial in trials)


@pytest.mark.soak
def test_an_output_that_is_not_committed_is_found(tmp_path: Path) -> None:
    """The suite itself fails where a command is unsound: with a manifest that says `finished` from the first."""
    planted = tmp_path / "sitecustomize.py"
    planted.write_text(
        "import corpus.output.manifest as manifest\nmanifest.UNFINISHED = manifest.FINISHED\n"
        "import corpus.output.write as write\nwrite.UNFINISHED = manifest.FINISHED\n"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-m", "reliability.kills", "--trials", "1", "--command", "build stackexchange"]
    ended = subprocess.run(
        [*command, "--at", "60", "--fault", "kill"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr
