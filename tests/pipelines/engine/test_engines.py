"""Engines that a command is to run on: found out to be there, or refused in one line, before anything is read."""

from __future__ import annotations

import inspect
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import (
    DirectOptions,
    FlinkRunnerOptions,
    PipelineOptions,
    PortableOptions,
    SparkRunnerOptions,
)
from apache_beam.portability.api import beam_provision_api_pb2, beam_runner_api_pb2
from apache_beam.runners.portability.portable_runner import JobServiceHandle

from corpus.errors import BuildError, MissingExtraError, UsageError
from pipelines.engine import engines, hand, job_server, portable_worker
from pipelines.engine.dask_cluster import require_one_end
from pipelines.engine.runner import pipeline_options


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine at which nobody listens."""
    with socket.socket() as one:
        one.bind(("localhost", 0))
        yield int(one.getsockname()[1])


@pytest.mark.parametrize("option", ["flink_job_server_jar", "spark_job_server_jar", "prism_location"])
def test_a_program_that_is_not_there(option: str) -> None:
    runner = {"flink": "FlinkRunner", "spark": "SparkRunner", "prism": "PrismRunner"}[option.split("_")[0]]
    with pytest.raises(UsageError) as raised:
        engines.require_engine(pipeline_options([f"--runner={runner}", f"--{option}=/no/file"], 2))
    wanted = f"--{option}=/no/file: expected the job server of {runner}, got no such file; `make engines` fetches it"
    assert str(raised.value) == f"{wanted} into .engines/ (docs/engines.md)"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--runner=PortableRunner", "--job_endpoint=localhost:{}"], "--job_endpoint=localhost"),
        (["--runner=FlinkRunner", "--job_endpoint=localhost:{}"], "--job_endpoint=localhost"),
        (["--runner=FlinkRunner", "--flink_master=localhost:{}"], "--flink_master=localhost"),
        (["--runner=FlinkRunner", "--flink_master=http://localhost:{}"], "--flink_master=http://localhost"),
        (["--runner=SparkRunner", "--spark_master_url=spark://localhost:{}"], "--spark_master_url=spark://localhost"),
    ],
)
def test_an_address_at_which_nobody_answers(words: list[str], option: str, closed_port: int) -> None:
    with pytest.raises(UsageError) as raised:
        engines.require_engine(pipeline_options([word.format(closed_port) for word in words], 2))
    assert str(raised.value).startswith(
        f"{option}:{closed_port}: expected somebody to answer there, got Connection refused; start the "
    )


def test_an_address_without_a_port() -> None:
    with pytest.raises(UsageError, match="expected somebody to answer there, got no host:port"):
        engines.require_engine(pipeline_options(["--runner=FlinkRunner", "--flink_master=cluster"], 2))


def test_a_runner_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="--runner=FlonkRunner: expected a runner of Beam, got Unexpected pipeline"):
        engines.require_engine(pipeline_options(["--runner=FlonkRunner"], 2))


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.engine.dask_cluster.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="--runner=DaskRunner: expected the packages of the extra 'dask'"):
        engines.require_engine(pipeline_options(["--runner=DaskRunner"], 2))


def test_what_is_not_said_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    here = pipeline_options(["--runner=FlinkRunner"], 3)
    assert here.view_as(FlinkRunnerOptions).parallelism == here.view_as(PortableOptions).sdk_worker_parallelism == 3
    assert here.view_as(PortableOptions).job_server_timeout == engines.JOB_SECONDS
    assert pipeline_options(["--runner=SparkRunner"], 3).view_as(SparkRunnerOptions).spark_master_url == "local[3]"
    assert pipeline_options(["--runner=DaskRunner"], 3).view_as(DirectOptions).direct_num_workers == 3


def test_what_is_said_stays() -> None:
    words = ["--runner=FlinkRunner", "--parallelism=7", "--sdk_worker_parallelism", "5", "--job_server_timeout=9"]
    options = pipeline_options(words, 3)
    portable = options.view_as(PortableOptions)
    assert (options.view_as(FlinkRunnerOptions).parallelism, str(portable.sdk_worker_parallelism)) == (7, "5")
    assert portable.job_server_timeout == 9
    cluster = pipeline_options(["--runner=FlinkRunner", "--flink_master=localhost:8081"], 3)
    assert cluster.view_as(FlinkRunnerOptions).parallelism == -1


def graph(*names: str) -> beam.Pipeline:
    """A graph with an end of each name."""
    pipeline = beam.Pipeline()
    made = pipeline | beam.Create([1, 2])
    for name in names:
        _ = made | name >> beam.Map(abs)
    return pipeline


def test_dask_is_not_given_what_it_would_lose() -> None:
    require_one_end(graph("one"))
    with pytest.raises(BuildError, match="expected a graph with one end, got several: one, two; another runner"):
        require_one_end(graph("one", "two"))
    tagged = beam.Pipeline()
    _ = tagged | beam.Create([1]) | "cut" >> beam.ParDo(abs).with_outputs("rest", main="main")
    with pytest.raises(BuildError, match="expected a graph with one end, got several outputs of cut"):
        require_one_end(tagged)


def test_a_worker_that_ended_without_a_word_is_lost(tmp_path: Path) -> None:
    with hand.noted_in(tmp_path / "notes"):
        with hand.at_work():
            assert hand.lost_workers(tmp_path / "notes") == []
        assert list((tmp_path / "notes").iterdir()) == []
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        (tmp_path / "notes" / f"worker-{process.pid}").touch()
        assert hand.lost_workers(tmp_path / "notes") == []
        process.kill()
        assert process.stdin
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now
        assert hand.lost_workers(tmp_path / "notes") == [process.pid]
        process.wait()
        assert hand.lost_workers(tmp_path / "notes") == [process.pid]


def provision(*staged: str) -> beam_provision_api_pb2.ProvisionInfo:
    """What an engine says to a worker."""
    info = beam_provision_api_pb2.ProvisionInfo(runner_capabilities=["beam:one", "beam:two"])
    info.control_endpoint.url, info.logging_endpoint.url = "localhost:1", "localhost:2"
    info.pipeline_options.update({"job_name": "corpus"})
    for name in staged:
        role = beam_runner_api_pb2.ArtifactStagingToRolePayload(staged_name=name)
        info.dependencies.add(role_payload=role.SerializeToString())
    return info


def test_a_worker_has_the_environment_that_beams_own_has(monkeypatch: pytest.MonkeyPatch) -> None:
    options = portable_worker._parsed(["--id='w'", "--provision_endpoint=localhost:9", "--artifact_endpoint=x:1"])
    made = portable_worker._environment(options, provision(), "w")
    assert made == {
        "CONTROL_API_SERVICE_DESCRIPTOR": 'url: "localhost:1"\n',
        "LOGGING_API_SERVICE_DESCRIPTOR": 'url: "localhost:2"\n',
        "WORKER_ID": "w",
        "PIPELINE_OPTIONS": '{\n  "job_name": "corpus"\n}',
        "RUNNER_CAPABILITIES": "beam:one beam:two",
    }
    given = portable_worker._parsed(["--id=w", "--provision_endpoint=x:1", "--control_endpoint=localhost:7"])
    control = portable_worker._environment(given, provision(), "w")["CONTROL_API_SERVICE_DESCRIPTOR"]
    assert control == 'url: "localhost:7"\n'


def test_a_worker_refuses_to_be_given_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(portable_worker, "_provision", lambda endpoint, worker: provision("workflow.tar.gz"))
    assert portable_worker.main(["--id=w", "--provision_endpoint=localhost:1"]) == 2
    assert "expected a job that stages no package, got workflow.tar.gz; install it" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "file"), [("FlinkRunner", "a.jar"), ("SparkRunner", "a.jar"), ("PrismRunner", "a")])
def test_command_lines_of_job_servers_are_beams(tmp_path: Path, name: str, file: str) -> None:
    (tmp_path / file).touch()
    words = [f"--runner={name}", f"--{job_server.FILES[name]}={tmp_path / file}", "--job_server_jvm_properties=-Xmx9m"]
    command, endpoint = job_server.SERVERS[name](pipeline_options(words, 2)).subprocess_cmd_and_endpoint()
    said = list(map(str, command))
    port = next(value for option, value in pairwise(said) if option.replace("_", "-") == "--job-port")
    assert endpoint == f"localhost:{port}"
    java = ["java", "-Xmx9m"] if file == "a.jar" else [str(tmp_path / file)]
    assert said[: len(java)] == java


def test_the_time_of_a_job_is_still_needed() -> None:
    assert PipelineOptions([]).view_as(PortableOptions).job_server_timeout == 300
    assert "timeout=self.timeout" in inspect.getsource(JobServiceHandle.run).split("GetMessageStream")[0]
