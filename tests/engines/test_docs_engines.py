"""Every command of docs/engines.md, run: on the engine that it names, or on a stand-in where that is not at hand."""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT
from engines.demo_run import FETCHED, run_command
from engines.test_engines import free_port, serving
from engines.test_engines import java as java
from fake_cloud import FakeCloud, fake_cloud

from pipelines.demo import wikipedia
from pipelines.engine.job_server import worker_command

pytestmark = pytest.mark.engines

PAGE = (ROOT / "docs" / "engines.md").read_text("utf-8")
COMMANDS = re.findall(r"^corpus build .*$", PAGE, re.MULTILINE)
LISTENING = ("--flink_master", "--spark_master_url=spark")
"""Options whose address the command tries before it begins; the stand-in for the job server does not."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("docs")
    (made / "dumps" / "wikipedia").mkdir(parents=True)
    wikipedia.write(made / "dumps" / "wikipedia")
    return made


def test_the_page_has_commands_for_every_engine() -> None:
    runners = {re.findall(r"--runner=(\w+)", line)[0] for line in COMMANDS}
    assert runners == {
        "PrismRunner", "DaskRunner", "FlinkRunner", "SparkRunner", "PortableRunner", "DataflowRunner",
    }  # fmt: skip


def words_of(line: str, folder: Path, output: Path, java: str) -> list[str]:
    """The words of a command, with paths of this machine, and a stand-in for a job server that was not fetched."""
    line = line.replace("/shared/", "").replace("dumps/wikipedia", f"{folder}/dumps/wikipedia")
    line = line.replace("--output OUT", f"--output {output}").replace("/usr/local/bin/corpus-worker", worker_command())
    for jar in re.findall(r"\.engines/([\w-]+\.jar)", line):
        if (FETCHED / jar).is_file():
            line = line.replace(f"=.engines/{jar}", f"={FETCHED / jar}")
        else:
            beside = f" --job_server_java_launcher={java} --direct_num_workers=2"
            line = line.replace(f".engines/{jar}", f"{Path(java).parent}/job-server.jar") + beside
    return shlex.split(line.replace("=.engines/", f"={FETCHED}/"))[1:]


@contextmanager
def listening(words: list[str]) -> Iterator[list[str]]:
    """The words, with an address at which this test listens for that of a cluster."""
    with socket.socket() as one:
        one.bind(("localhost", 0))
        one.listen()
        port = one.getsockname()[1]
        yield [re.sub(r":(8081|7077)$", f":{port}", word) for word in words]


@pytest.mark.parametrize("line", [line for line in COMMANDS if re.search("Prism|Flink|Spark|direct_num", line)])
def test_commands_with_an_engine_of_their_own(folder: Path, tmp_path: Path, java: str, line: str) -> None:
    if "Prism" in line and not (FETCHED / "prism").is_file():
        pytest.skip("no prism (make engines)")
    if "localhost" in line and (FETCHED / "flink-job-server.jar").is_file():
        pytest.skip("a real job server needs a real cluster")
    with listening(words_of(line, folder, tmp_path / "out", java)) as words:
        run_command(words)
    assert (tmp_path / "out" / "wikipedia" / "manifest.json").is_file()


def test_the_command_with_a_job_server_and_a_worker_pool(folder: Path, tmp_path: Path, java: str) -> None:
    (line,) = [line for line in COMMANDS if "PortableRunner" in line]
    job, pool = free_port(), free_port()
    server = serving("apache_beam.runners.portability.local_job_service_main", "--job_port", str(job), port=job)
    service, program = f"--service_port={pool}", f"--container_executable={worker_command()}"
    assert "worker_pool_main --service_port=50000" in PAGE.replace("\n", " ")
    workers = serving("apache_beam.runners.worker.worker_pool_main", service, program, port=pool)
    with server as job_endpoint, workers as pool_endpoint:
        line = line.replace("localhost:8099", job_endpoint).replace("localhost:50000", pool_endpoint)
        run_command(words_of(line, folder, tmp_path / "out", java))
    assert (tmp_path / "out" / "wikipedia" / "manifest.json").is_file()


def test_the_command_with_a_scheduler_of_dask(folder: Path, tmp_path: Path, java: str) -> None:
    (line,) = [line for line in COMMANDS if "dask_client_address" in line]
    distributed = pytest.importorskip("distributed", reason="`make test-engines` installs it")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        line = line.replace("localhost:8786", cluster.scheduler_address)
        run_command(words_of(line, folder, tmp_path / "out", java))
    assert (tmp_path / "out" / "wikipedia" / "manifest.json").is_file()


@pytest.mark.parametrize("line", [line for line in COMMANDS if "DataflowRunner" in line])
def test_what_is_said_of_dataflow_is_posted(
    folder: Path, tmp_path: Path, java: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    for name in ("tmp", "staging"):
        (tmp_path / name).mkdir()

    def answer(cloud: FakeCloud, method: str, path: str, body: object) -> dict[str, object]:
        if "/messages" in path:
            return {"jobMessages": []}
        return {"id": "job-1", "name": "corpus", "projectId": "p", "location": "r", "currentState": "JOB_STATE_DONE"}

    line = line.replace("gs://BUCKET/dumps", "dumps").replace("gs://BUCKET/OUT", "OUT")
    line = line.replace("gs://BUCKET", str(tmp_path)).replace("PROJECT", "p-test").replace("REPOSITORY", "r")
    with fake_cloud(answer) as cloud:
        beside = [
            "--no_auth", f"--dataflow_endpoint={cloud.endpoint}", f"--staging_location={tmp_path}/staging",
            "--sdk_location=container",
        ]  # fmt: skip
        with pytest.raises(AssertionError, match="expected the job to have written its manifest"):
            run_command([*words_of(line, folder, tmp_path / "out", java), *beside])
        (job,) = [
            body for method, path, body in cloud.requests if method == "POST" and path.split("?")[0][-5:] == "/jobs"
        ]
    assert job["labels"]["llama-corpus"] == "wikipedia"
