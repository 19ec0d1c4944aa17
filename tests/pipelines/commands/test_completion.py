"""The script of `corpus completion bash`, run by bash; that of zsh by its text and, where there is a zsh, by zsh."""

from __future__ import annotations

import os
import pty
import select
import shutil
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
    assert f"'sources:source:({' '.join(names())})'" in text
    assert '"--output[the build is written to DIR\\/SOURCE]:DIR:_files -/"' in text


def typed_in_zsh(folder: Path, line: str, ends: bytes) -> bytes:
    """What an interactive zsh has on its line after a line and a tab, read until that ends so, a minute at most."""
    terminal, its_end = pty.openpty()
    variables = {"PATH": os.environ["PATH"], "TERM": "dumb", "PS1": "ready> "}
    # Not pty.fork: a library with threads that an earlier test imported warns of a fork of Python.
    zsh = subprocess.Popen(
        ["zsh", "-f", "-i"],
        cwd=folder,
        env=variables,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)
    said = b""
    # The prompt is made of two parts, so that its echo in what was typed is not taken for the prompt itself.
    setting = b"fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D; PS1=set; PS1+='> '\n"
    for asked, until in ((setting, b"set> "), (f"{line}\t".encode(), ends)):
        os.write(terminal, asked)
        while until not in said and select.select([terminal], [], [], 60)[0]:
            said += os.read(terminal, 4096)
    zsh.kill()
    zsh.wait()
    os.close(terminal)
    return said


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh")
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("corpus le", "corpus ledger"),
        ("corpus build git", "corpus build github"),
        ("corpus build my", "corpus build my_source.py"),
        ("corpus build github --output a_", "--output a_folder/"),
        ("corpus model train --framework t", "--framework torch"),
    ],
    ids=["command", "source", "source of a file", "folder", "model"],
)
def test_zsh_completes(tmp_path: Path, line: str, found: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    for name in ("a_folder", "functions"):
        (tmp_path / name).mkdir()
    (tmp_path / "functions" / "_corpus").write_text(capsys.readouterr().out)
    for name in ("my_source.py", "notes.txt"):
        (tmp_path / name).touch()
    assert found.encode() in typed_in_zsh(tmp_path, line, found.encode())


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"]) == 2
    assert "invalid choice: 'fish'" in capsys.readouterr().err
