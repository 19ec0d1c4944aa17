"""The library of faults counts and strikes, and a power cut loses what was not flushed and nothing else."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from reliability.kills import power
from reliability.kills.control import Action, Control, compiled, compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang) for the library of faults")

SYNC_FOLDER = "folder = os.open('.', os.O_RDONLY); os.fsync(folder); os.close(folder)"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("library"))


class Watched:
    """A folder, and Python run in it under the library."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.root, self.shadow, self.library = folder / "root", folder / "shadow", library
        self.root.mkdir()
        self.shadow.mkdir()
        self.control: Control | None = None

    def run(self, code: str, at: int = 0, action: Action = Action.NOTHING, error: int = 0) -> str:
        """What a program prints, or how it ended."""
        path = self.root.parent / "control"
        self.control = Control(path, self.root, self.shadow, at, action, error)
        environment = {**os.environ, "LD_PRELOAD": str(self.library), "FAULTS_CONTROL": str(path)}
        command = [sys.executable, "-c", f"import os, signal, subprocess, sys\n{code}"]
        ended = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        return ended.stdout if not ended.returncode else f"{ended.returncode}: {ended.stderr.strip().splitlines()[-1:]}"

    def requests(self) -> list[str]:
        assert self.control
        return [str(one) for one in self.control.log()]

    def after_a_cut(self, seed: int) -> dict[str, str]:
        assert self.control
        power.cut(self.root, self.shadow, self.control.log(), random.Random(seed))
        return {path.name: path.read_text() for path in sorted(self.root.iterdir())}


@pytest.fixture
def watched(tmp_path: Path, library: Path) -> Watched:
    return Watched(tmp_path, library)


WRITE = "with open('new.part', 'w') as file: file.write('new'); {}\nos.replace('new.part', 'file'); {}"


def test_requests_of_a_program_and_of_those_it_starts_are_counted(watched: Watched) -> None:
    child = "open('b', 'w').write('x'); os.rename('b', 'c'); os.mkdir('d'); os.rmdir('d'); os.link('c', 'e')"
    command = [sys.executable, "-c", f"import os; {child}"]
    watched.run(f"open('a', 'w').close(); subprocess.run({command!r}, check=True); os.unlink('a'); os.truncate('c', 0)")
    assert watched.requests() == [
        "open a", "close a", "open b", "write b", "close b", "rename b -> c", "mkdir d", "rmdir d", "link e -> c",
        "unlink a", "truncate c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "action", "said"),
    [
        (2, Action.FAIL_ONCE, "28: 1"),
        (2, Action.FAIL_ON, "28: 0"),
        (2, Action.SHORT_WRITE, "0: 3"),
        (0, Action.NOTHING, "0: 2"),
    ],
)
def test_a_request_fails_once_or_from_then_on_or_is_cut_short(
    watched: Watched, at: int, action: Action, said: str
) -> None:
    code = """
failed = 0
for name in "ab":
    try:
        handle = os.open(name, os.O_CREAT | os.O_WRONLY)
        size = os.write(handle, b"123456")
    except OSError as error:
        failed = error.errno
    else:
        os.close(handle)
print(f"{failed}: {len([name for name in os.listdir() if os.stat(name).st_size]) + (os.stat('a').st_size == 3)}")
"""
    assert watched.run(code, at, action, errno.ENOSPC).strip() == said


@pytest.mark.parametrize(
    ("action", "ended"), [(Action.KILL_ONE, "-9"), (Action.SEGV_ONE, "-11"), (Action.EXIT_ONE, "3")]
)
def test_a_process_is_ended_at_a_request(watched: Watched, action: Action, ended: str) -> None:
    assert watched.run("open('a', 'w').write('x'); open('b', 'w')", 3, action).startswith(f"{ended}:")
    assert [path.name for path in watched.root.iterdir()] == ["a"]


def test_what_was_flushed_outlives_every_power_cut(watched: Watched) -> None:
    (watched.root / "file").write_text("old")
    watched.run(WRITE.format("file.flush(); os.fsync(file.fileno())", SYNC_FOLDER))
    assert all(watched.after_a_cut(seed) == {"file": "new"} for seed in range(20))


def _cuts(folder: Path, library: Path, code: str) -> set[str]:
    found = set()
    for seed in range(24):
        (folder / str(seed)).mkdir()
        watched = Watched(folder / str(seed), library)
        (watched.root / "file").write_text("old")
        watched.run(code)
        found.add(json.dumps(watched.after_a_cut(seed)))
    return found


def test_a_rename_without_a_flush_of_the_folder_may_be_undone(tmp_path: Path, library: Path) -> None:
    found = _cuts(tmp_path, library, WRITE.format("file.flush(); os.fsync(file.fileno())", "pass"))
    assert found == {'{"file": "new"}', '{"file": "old", "new.part": "new"}'}


def test_a_name_may_be_there_and_its_bytes_not(tmp_path: Path, library: Path) -> None:
    found = _cuts(tmp_path, library, WRITE.format("pass", SYNC_FOLDER))
    assert found == {'{"file": "new"}', '{"file": ""}', '{"file": "\\u0000\\u0000\\u0000"}'}


def test_a_deleted_file_may_come_back(tmp_path: Path, library: Path) -> None:
    assert _cuts(tmp_path, library, "os.unlink('file')") == {'{"file": "old"}', "{}"}
