"""The process that workers are forked from: what a worker gets, and what is said when one, or the server, ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy

from corpus.errors import BuildError
from pipelines.engine import fork_server
from pipelines.engine.build import build
from pipelines.engine.fork_server import ForkServer, warm

TWO = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    started = ForkServer()
    yield started
    started.kill()


def test_a_worker_has_the_variables_it_is_given_alone_and_writes_to_its_log(server: ForkServer, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    worker = server.fork({"PIPELINE_OPTIONS": "{}", "HOME": "/x"}, log)
    assert worker.wait() == 1  # Beam's harness, which nobody has said where the runner is
    said = log.read_text()
    assert said.startswith("before\n")
    assert "Traceback (most recent call last):" in said
    assert said.rstrip().endswith("KeyError: 'CONTROL_API_SERVICE_DESCRIPTOR'")
    assert worker.poll() == 1


def test_workers_that_run_at_the_same_time_are_told_apart(server: ForkServer, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    waiting = server.fork({}, fifo)  # it opens its log, and waits for a reader
    other = server.fork({}, tmp_path / "log")
    assert (other.wait(), waiting.poll()) == (1, None)
    waiting.kill()
    assert waiting.wait() == -signal.SIGKILL


def test_workers_end_with_their_server(tmp_path: Path) -> None:
    started = ForkServer()
    os.mkfifo(tmp_path / "fifo")
    worker = started.fork({}, tmp_path / "fifo")
    started.kill()
    assert worker.wait() == -signal.SIGKILL
    with pytest.raises(RuntimeError, match="no worker can be started: the process that forks them ended with -9"):
        started.fork({}, tmp_path / "log")


def test_a_build_whose_workers_cannot_start_ends_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    dump = toy.write(tmp_path / "dump", a="one", b="two")
    with pytest.raises(BuildError, match="no worker can be started: the process that forks them ended with 1;"):
        build(toy.source(), [dump], str(tmp_path / "out"), settings={"shards_least": "99"}, beam_arguments=TWO)


def test_a_server_is_started_ahead_where_a_run_wants_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Server:
        killed = 0

        def kill(self) -> None:
            Server.killed += 1

    monkeypatch.setattr(fork_server, "ForkServer", Server)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    (tmp_path / "deep").mkdir()
    for name in ("deep/a", "b"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(fork_server.WORTH_BYTES // 2)
    folder, glob, half = str(tmp_path), f"{tmp_path}/*", f"{tmp_path}/b"
    started = []
    for inputs, words in (
        ([folder], TWO), ([half, half], []), ([folder], ["--direct_num_workers=1"]), ([folder], ["--runner=Spark"]),
        ([glob], []), ([half], []), ([], []), (["gs://bucket/dump"], []),
        ([folder], ["--direct_num_workers=16"]), ([folder], ["--direct_running_mode=multi_threading"]),
    ):  # fmt: skip
        with warm(inputs, words):
            started.append(len(fork_server._warm))
        assert not fork_server._warm
    assert started == [1, 1, 0, 0, 1, 0, 0, 0, 1, 0]
    assert Server.killed == 4


def test_a_run_takes_the_server_that_was_started_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = ForkServer()
    monkeypatch.setattr(fork_server, "_warm", [ahead])
    dump = toy.write(tmp_path / "dump", a="one", b="two")
    built = build(toy.source(), [dump], str(tmp_path / "out"), settings={"shards_least": "99"}, beam_arguments=TWO)
    assert built.manifest["documents"] == 2
    with pytest.raises(RuntimeError, match="no worker can be started"):
        ahead.fork({}, tmp_path / "log")
