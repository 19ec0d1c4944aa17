"""The same commands on real engines: bytes equal to a local build's, lost workers, and errors in one line.

`make engines` fetches the engines and `make test-engines` runs this; an engine that is not there is skipped by name.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from conftest import ROOT
from engines.demo_run import ENGINES, digests, missing, options_of, run_demo

from pipelines.engine.job_server import worker_command

pytestmark = pytest.mark.engines

REAL = [name for name in ENGINES if name != "local"]
SINGLE = ["prism", "flink", "spark"]
"""Engines that a command starts for itself, each with worker processes of its own."""
PYTHON = {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests" / "pipelines")))}


def require(engine: str) -> list[str]:
    """The options of an engine; a test of one that was not fetched is skipped."""
    if missing(engine):
        pytest.skip(f"{engine}: no {missing(engine)} (make engines)")
    return options_of(engine)


def demo(folder: Path, engine: str, options: list[str]) -> dict[str, str]:
    """What the demo leaves on an engine, always in a folder of the same name, as manifests state paths."""
    list(run_demo(folder / "demo", options))
    (folder / "demo").rename(folder / engine)
    return digests(folder / engine)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="module")
def local(folder: Path) -> dict[str, str]:
    """Digests of the files of all seven sources, models, token shards, mixture and report, of a local run."""
    return demo(folder, "local", options_of("local"))


@pytest.fixture(scope="module")
def java(folder: Path) -> str:
    """A program that stands in for java, and Beam's own job service for the job servers of Flink and Spark."""
    path = folder / "java"
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m engines.stand_in "$@"\n')
    path.chmod(0o700)
    (folder / "job-server.jar").touch()
    (folder / "broken.jar").touch()
    return str(path)


def same(made: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """The files that differ."""
    return [name for name in sorted(made.keys() | wanted.keys()) if made.get(name) != wanted.get(name)]


def test_the_local_run_has_all_that_is_compared(local: dict[str, str]) -> None:
    sources = {Path(name).parts[1] for name in local if name.startswith("documents/")} - {"report.html"}
    assert sources == {"arxiv", "books", "c4", "commoncrawl", "github", "stackexchange", "wikipedia"}
    assert {Path(name).parts[0] for name in local} >= {"documents", "dumps", "models", "tokenizer", "tokens", "mixture"}
    assert len(local) > 200


@pytest.mark.parametrize("engine", REAL)
def test_every_file_has_the_bytes_of_a_local_run(folder: Path, local: dict[str, str], engine: str) -> None:
    assert same(demo(folder, engine, require(engine)), local) == []


@pytest.mark.parametrize("runner", ["FlinkRunner", "SparkRunner"])
def test_commands_of_flink_and_spark_send_their_jobs_and_start_two_workers(
    folder: Path, local: dict[str, str], java: str, runner: str
) -> None:
    """The job server is a stand-in: it is Beam's own service, with two worker processes as these runners start them."""
    jar = f"--{runner.removesuffix('Runner').lower()}_job_server_jar={folder}/job-server.jar"
    options = [f"--runner={runner}", jar, f"--job_server_java_launcher={java}", "--direct_num_workers=2"]
    assert same(demo(folder, f"stand-in {runner}", options), local) == []


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])


@contextmanager
def serving(*words: str, port: int) -> Iterator[str]:
    """A server of this machine, while the block runs; its address."""
    environment = {**os.environ, **PYTHON}
    with subprocess.Popen([sys.executable, "-m", *words], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    socket.create_connection(("localhost", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"localhost:{port}"
        finally:
            process.kill()  # Beam's own do not end by SIGTERM while a worker is connected


def test_two_workers_of_a_worker_pool_on_a_job_server_that_runs_by_itself(folder: Path, local: dict[str, str]) -> None:
    """As on a cluster: a job server that is named, and workers that a pool of the machine starts."""
    job, pool = free_port(), free_port()
    started = [
        serving("apache_beam.runners.portability.local_job_service_main", "--job_port", str(job), port=job),
        serving(
            "apache_beam.runners.worker.worker_pool_main", f"--service_port={pool}",
            f"--container_executable={worker_command()}", port=pool,
        ),
    ]  # fmt: skip
    with started[0] as job_endpoint, started[1] as pool_endpoint:
        options = [
            "--runner=PortableRunner", f"--job_endpoint={job_endpoint}", "--direct_num_workers=2",
            "--environment_type=EXTERNAL", f"--environment_config={pool_endpoint}",
        ]  # fmt: skip
        assert same(demo(folder, "worker pool", options), local) == []


def kill_once(folder: Path, times: int, options: list[str]) -> subprocess.CompletedProcess[str]:
    """A build of whose workers some are killed in the middle of a pass."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **PYTHON, "TMPDIR": str(folder / "tmp")}
    words = [sys.executable, "-m", "engines.kill_once", str(folder), str(times), *options]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment, timeout=300)


@pytest.mark.parametrize("engine", [*SINGLE, "dask"])
def test_a_worker_that_is_killed_during_a_pass_costs_no_byte(tmp_path: Path, engine: str) -> None:
    options = require(engine)
    whole = kill_once(tmp_path / "run", 0, ["--direct_num_workers=1"])
    wanted = digests(tmp_path / "run" / "out")
    os.rename(tmp_path / "run" / "out", tmp_path / "whole")
    ended = kill_once(tmp_path / "run", 1, options)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, whole.stdout, "")
    assert len(list((tmp_path / "run" / "marks").iterdir())) == 1
    assert same(digests(tmp_path / "run" / "out"), wanted) == []


@pytest.mark.parametrize("engine", SINGLE)
def test_work_that_kills_three_workers_is_named(tmp_path: Path, engine: str) -> None:
    ended = kill_once(tmp_path, 9, require(engine))
    (said,) = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "got 3 lost with the same work in hand: pass 0, shard 1" in said
    assert f"{tmp_path}/dump/b.txt, stage kill, record toy:b/1; the last one ended without a word" in said


@pytest.mark.parametrize("engine", [*SINGLE, "dask"])
def test_an_error_of_a_worker_is_one_line_with_its_own_text(tmp_path: Path, engine: str) -> None:
    options = require(engine)
    (tmp_path / "raise").touch()
    ended = kill_once(tmp_path, 0, options)
    (said,) = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "toy: expected a text, got another; leave it out; the runner's own messages are in " in said


def test_a_job_server_that_cannot_start_is_one_line_with_its_own_words(tmp_path: Path, folder: Path, java: str) -> None:
    options = ["--runner=FlinkRunner", f"--flink_job_server_jar={folder}/broken.jar"]
    ended = kill_once(tmp_path, 0, [*options, f"--job_server_java_launcher={java}"])
    (said,) = ended.stdout.splitlines()
    assert "expected an answer of the job server, got its end with exit code 1: Error: Invalid or corrupt" in said


def test_a_job_server_without_java_is_one_line(tmp_path: Path, folder: Path, java: str) -> None:
    options = ["--runner=FlinkRunner", f"--flink_job_server_jar={folder}/job-server.jar"]
    ended = kill_once(tmp_path, 0, [*options, "--job_server_java_launcher=/no/java"])
    (said,) = ended.stdout.splitlines()
    assert "got its end with exit code 1: /no/java: No such file or directory" in said


@pytest.mark.parametrize("engine", SINGLE)
def test_nothing_is_left_running(tmp_path: Path, engine: str) -> None:
    assert kill_once(tmp_path, 0, require(engine)).returncode == 0
    assert left_of(tmp_path) == []


@pytest.mark.parametrize("engine", SINGLE)
def test_a_build_that_is_killed_takes_engine_and_workers_with_it(tmp_path: Path, engine: str) -> None:
    options = require(engine)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "wait").touch()
    environment = {**os.environ, **PYTHON, "TMPDIR": str(tmp_path / "tmp")}
    words = [sys.executable, "-m", "engines.kill_once", str(tmp_path), "0", *options]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as build:
        wait_until(lambda: (tmp_path / "marks" / "waiting").exists())
        assert len([process for process in psutil.process_iter() if is_of(process, tmp_path)]) >= 3
        build.kill()
    wait_until(lambda: left_of(tmp_path) == [])


def left_of(folder: Path) -> list[list[str]]:
    """The processes that are left of a build with its temporary files in this folder."""
    return [process.cmdline() for process in psutil.process_iter() if is_of(process, folder)]


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait up to a minute.

    Raises:
        AssertionError: it does not hold by then.
    """
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)


def is_of(process: psutil.Process, folder: Path) -> bool:
    """Whether a process was started by a build with its temporary files in this folder."""
    try:
        return str(folder) in process.environ().get("TMPDIR", "")
    except psutil.Error:
        return False


LOSING = """
import sys
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.dask.dask_runner import DaskRunner

def touch(name):
    open(name, "w").close()

if __name__ == "__main__":
    options = PipelineOptions(["--dask_npartitions=1"])
    with beam.Pipeline(runner=DaskRunner(), options=options) as pipeline:
        made = pipeline | beam.Create([sys.argv[1]])
        made | "one" >> beam.Map(lambda folder: touch(folder + "/one"))
        made | "two" >> beam.Map(lambda folder: touch(folder + "/two"))
"""


def test_a_second_end_of_a_graph_is_still_lost_by_dask(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="`make test-engines` installs it")
    (tmp_path / "losing.py").write_text(LOSING)
    words = [sys.executable, str(tmp_path / "losing.py"), str(tmp_path)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    assert [name for name in ("one", "two") if (tmp_path / name).exists()] == ["two"]
