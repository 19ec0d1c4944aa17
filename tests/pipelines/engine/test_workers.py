"""Workers that are killed, and faults of storage that pass or stay."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import toy

from corpus.errors import BuildError
from pipelines.engine import passes
from pipelines.engine.build import build
from pipelines.engine.stages import EachDocument, Source, edit
from pipelines.engine.workers import RETRIES, is_passing, retry

TWO = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]


class _Killing:
    """A step that kills its worker on one text, as many times as it is told to."""

    def __init__(self, marks: Path, times: int) -> None:
        self.marks, self.times, self.__name__, self.__qualname__ = marks, times, "killing", "_Killing"

    def __call__(self, text: str) -> str:
        if "second" in text and len(list(self.marks.iterdir())) < self.times:
            (self.marks / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return text


def source(tmp_path: Path, times: int) -> tuple[Source, str]:
    marks = tmp_path / "marks"
    marks.mkdir()
    dump = toy.write(tmp_path / "dump", a="first one\n\nsecond one", b="third one", c="fourth one")
    return toy.source(EachDocument("clean", edit("kill", _Killing(marks, times)))), dump


def test_a_build_survives_a_worker_that_is_killed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    killing, dump = source(tmp_path, 1)
    built = build(killing, [dump], str(tmp_path / "out"), beam_arguments=TWO)
    assert built.manifest["documents"] == 4
    assert not list(Path(built.folder).rglob("in-hand"))
    assert "Traceback" not in capfd.readouterr().err


def test_a_shard_that_kills_every_worker_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    killing, dump = source(tmp_path, 9)
    with pytest.raises(BuildError) as raised:
        build(killing, [dump], str(tmp_path / "out"), beam_arguments=TWO)
    said = str(raised.value)
    assert f"in hand: {dump}/a.txt; a worker was killed on it" in said
    assert "\n" not in said
    log = Path(said.rpartition(" ")[2])
    assert "Traceback" in log.read_text()
    assert "Traceback" not in capfd.readouterr().err


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
