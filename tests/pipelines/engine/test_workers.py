"""Workers that are killed, and faults of storage that pass or stay."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import toy

from corpus.errors import BuildError
from pipelines.engine import passes
from pipelines.engine.build import build
from pipelines.engine.workers import RETRIES, is_passing, retry


def killed(folder: Path, times: int) -> subprocess.CompletedProcess[str]:
    """A build of whose workers some are killed (tests/pipelines/killing.py)."""
    words = [sys.executable, "-m", "killing", str(folder), str(times)]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)


def test_a_build_survives_a_worker_that_is_killed(tmp_path: Path) -> None:
    ended = killed(tmp_path, 1)
    assert (ended.returncode, ended.stdout) == (0, "4\n")
    assert not list((tmp_path / "out").rglob("in-hand"))
    assert "Traceback" not in ended.stderr


def test_a_shard_that_kills_every_worker_is_named(tmp_path: Path) -> None:
    ended = killed(tmp_path, 9)
    assert ended.returncode == 1
    (said,) = ended.stdout.splitlines()
    assert f"in hand: {tmp_path}/dump/a.txt; a worker was killed on it" in said
    log = Path(said.rpartition(" ")[2])
    assert "Traceback" in log.read_text()
    assert "Traceback" not in ended.stderr


def faulty(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    return work


@pytest.mark.parametrize(("times", "pauses"), [(0, []), (1, [1.0]), (3, [1.0, 4.0, 16.0])])
def test_a_fault_that_passes_is_waited_for_with_growing_pauses(times: int, pauses: list[float]) -> None:
    waited: list[float] = []
    assert retry(faulty(times, OSError(errno.EIO, "odd")), "a.txt", waited.append) == "done"
    assert waited == pauses


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(OSError(errno.EIO, "input/output error"), 4), (OSError(errno.ENOSPC, "no space left"), 1)],
    ids=["EIO", "ENOSPC"],
)
def test_a_fault_that_stays_is_one_line_with_the_file(error: OSError, attempts: int) -> None:
    waited: list[float] = []
    with pytest.raises(BuildError) as raised:
        retry(faulty(9, error), "a.txt", waited.append)
    assert len(waited) == attempts - 1
    assert str(raised.value).startswith("a.txt: expected to read and write files")
    assert str(error) in str(raised.value)


@pytest.mark.parametrize(("name", "passing"), [("ETIMEDOUT", True), ("ECONNRESET", True), ("EACCES", False)])
def test_which_faults_may_pass(name: str, passing: bool) -> None:
    assert is_passing(OSError(getattr(errno, name), name)) is passing
    assert is_passing(ConnectionResetError()) is True


def test_a_pass_is_tried_again_after_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = passes.run_pass, [OSError(errno.EIO, "odd")]

    def run(*arguments: object) -> object:
        if left:
            raise left.pop()
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("pipelines.engine.build.run_pass", run)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert RETRIES.first_pause_seconds.value == 1.0
    dump = toy.write(tmp_path / "dump", a="first one")
    built = build(toy.source(), [dump], str(tmp_path / "out"), beam_arguments=["--direct_num_workers=1"])
    assert built.manifest["documents"] == 1
