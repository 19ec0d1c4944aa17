"""Workers that are killed, and faults of storage that pass or stay."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import toy

from pipelines.engine import passes
from pipelines.engine.build import build

CACHE = f"llama-corpus-{os.geteuid()}"


def killed(folder: Path, times: int, how: str = "SIGKILL") -> subprocess.CompletedProcess[str]:
    """A build of whose workers some are ended (tests/pipelines/killing.py)."""
    words = [sys.executable, "-m", "killing", str(folder), str(times), how]
    environment = {**os.environ, "TMPDIR": str(folder / "tmp")}
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=folder, env=environment, timeout=180
    )  # fmt: skip


def left(folder: Path) -> list[str]:
    """What a build left beside its files and the work it keeps: in the cache, in the folder for temporary files."""
    found = [*(folder / "tmp").rglob("*"), *(folder / "out").rglob(".*"), *(folder / "out").rglob("*.part")]
    kept, cache = folder / "out" / "toy" / ".work", folder / "tmp" / CACHE
    return [path.name for path in found if path != kept and not (path.is_dir() and path.is_relative_to(cache))]


def test_a_build_survives_a_worker_that_is_killed_while_it_waits(tmp_path: Path) -> None:
    ended = killed(tmp_path, 1, "idle")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "4\n", "")
    assert left(tmp_path) == []


@pytest.mark.soak
@pytest.mark.parametrize("how", ["SIGKILL", "SIGSEGV", "SIGTERM", "exit", "exit 0"])
def test_a_build_survives_a_worker_that_is_lost_at_work(tmp_path: Path, how: str) -> None:
    ended = killed(tmp_path, 1, how)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "4\n", "")


def test_work_that_ends_three_workers_is_named_with_its_record(tmp_path: Path) -> None:
    ended = killed(tmp_path, 9, "SIGSEGV")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    (said,) = ended.stdout.splitlines()
    lost = f"pass 0, shard 0, {tmp_path}/dump/a.txt, stage clean, record toy:a/1; the last one killed by SIGSEGV"
    assert f"expected workers that live, got 3 lost with the same work in hand: {lost}; give the machine" in said
    log = Path(said.rpartition(" ")[2]).read_text()
    assert "Segmentation fault" in log
    assert "Traceback" in log


def test_workers_that_end_with_a_build_that_fails_are_not_lost(tmp_path: Path) -> None:
    ended = killed(tmp_path, 9, "no loss")
    assert ended.returncode == 1
    assert "expected a build that can be meant, got another" in ended.stdout
    assert "workers that live" not in ended.stdout
    assert len(list((tmp_path / "marks").iterdir())) == 1


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("build", 143),
        pytest.param("Ctrl-C", 130, marks=pytest.mark.soak),
        pytest.param("killed build", -9, marks=pytest.mark.soak),
    ],
)
def test_a_build_that_is_stopped_takes_its_workers_with_it_and_continues(tmp_path: Path, how: str, code: int) -> None:
    ended = killed(tmp_path, 1, how)
    assert ended.returncode == code
    assert not [pid for pid in map(int, (path.name for path in (tmp_path / "marks").iterdir())) if _lives(pid)]
    assert list((tmp_path / "out").rglob(".lock-*")) == [] or how == "killed build"
    assert killed(tmp_path, 1).stdout == "4\n"
    assert left(tmp_path) == []


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_pass_is_tried_again_after_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = passes.run_pass, [OSError(errno.EIO, "odd")]

    def run(*arguments: object) -> object:
        if left:
            raise left.pop()
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("pipelines.engine.build.run_pass", run)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    dump = toy.write(tmp_path / "dump", a="first one")
    built = build(toy.source(), [dump], str(tmp_path / "out"), beam_arguments=["--direct_num_workers=1"])
    assert built.manifest["documents"] == 1
