"""The script of `corpus completion bash`, run by bash; zsh's by its text, as not every machine has a zsh."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.sources import names

COMPLETE = (
    'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_corpus; printf "%s\\n" "${COMPREPLY[@]}"'
)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "corpus.bash"
    with pytest.MonkeyPatch.context() as patch, path.open("w") as file:
        patch.setattr("sys.stdout", file)
        assert main(["completion", "bash"]) == 0
    return path


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["le"], ["ledger"]),
        (["build", "git"], ["github"]),
        (["build", "my"], ["my_source.py"]),
        (["build", "github", "--pre"], ["--preset"]),
        (["build", "github", "--output", ""], ["a_folder"]),
        (["build", "github", "--input", "note"], ["notes.txt"]),
        (["train", "re"], ["reference"]),
        (["model", "train", "--framework", "t"], ["torch"]),
        (["export", "na"], ["nanogpt"]),
    ],
    ids=["command", "source", "source of a file", "option", "folder", "file", "what to train", "model", "format"],
)
def test_bash_completes(script: Path, tmp_path: Path, words: list[str], found: list[str]) -> None:
    (tmp_path / "a_folder").mkdir()
    for name in ("my_source.py", "notes.txt"):
        (tmp_path / name).touch()
    program = ["bash", "-c", COMPLETE, "bash", str(script), "corpus", *words]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == found


def test_zsh_knows_commands_sources_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("#compdef corpus\n")
    assert "ledger:'print what became of everything that entered a build'" in text
    assert f":({' '.join(names())})" in text
    assert '"--output[the build is written to DIR\\/SOURCE]:DIR:_files -/"' in text


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"]) == 2
    assert "invalid choice: 'fish'" in capsys.readouterr().err
