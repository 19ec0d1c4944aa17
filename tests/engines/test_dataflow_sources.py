"""Each of the seven sources on Dataflow's stand-in, with dump, models and output in a bucket.

What was posted is run here, and leaves the bytes of a local build; it sends no document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from engines.demo_run import digests, options_of, run_demo
from engines.test_engines import free_port
from fake_cloud import FakeCloud, fake_cloud

from corpus.document import Document
from corpus.errors import BuildError
from corpus.output.manifest import MANIFEST, files_of, read_manifest
from corpus.recipe import parse_settings
from corpus.stores.addresses import connect, remote_storage, storage_of
from pipelines.commands.demo import steps
from pipelines.engine.build import build
from pipelines.engine.dataflow import BASE_BYTES
from pipelines.sources import find_source

pytestmark = pytest.mark.engines
BUCKET = "gs://bucket/all"
MIN_RAM = "beam:resources:min_ram_bytes:v1"
SOURCES = ["arxiv", "books", "c4", "commoncrawl", "github", "stackexchange", "wikipedia"]


def answer(cloud: FakeCloud, method: str, path: str, body: Any) -> Any:
    """A job that was done at once."""
    if "/messages" in path:
        return {"jobMessages": []}
    return {"id": "job-1", "name": "corpus", "projectId": "p", "location": "r", "currentState": "JOB_STATE_DONE"}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo leaves on this machine."""
    folder = tmp_path_factory.mktemp("dataflow") / "demo"
    list(run_demo(folder, options_of("local")))
    return folder


@pytest.fixture(scope="module")
def bucket(local: Path) -> Iterator[str]:
    """A bucket with dumps and models."""
    module = pytest.importorskip("gcp_storage_emulator.server", reason="`make test-storage` installs it")
    port = free_port()
    server = module.create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        patch.setenv("NO_GCE_CHECK", "true")
        connect({})
        for name in ("dumps", "models"):
            for path in (local / name).rglob("*"):
                if path.is_file() and ".work" not in path.parts:
                    with remote_storage(BUCKET).open_new(f"{BUCKET}/{path.relative_to(local)}") as file:
                        file.write(path.read_bytes())
        yield BUCKET
    connect({})
    server.stop()


def command(local: Path, source: str) -> tuple[list[str], dict[str, str]]:
    """The inputs and settings of the demo's last build of a source, in the bucket."""
    found = [words for words in steps(local) if words[:2] == ["build", source]][-1]
    words = [word.replace(str(local), BUCKET) for word in found]
    settings = words[words.index("--set") + 1 :] if "--set" in words else []
    return [words[words.index("--input") + 1]], parse_settings(settings)


def submitted(source: str, local: Path, folder: Path) -> tuple[dict[str, Any], Any]:
    """The job as it was posted, and its pipeline."""
    for name in ("temp", "staging"):
        (folder / name).mkdir()
    with fake_cloud(answer) as cloud:
        options = {
            "runner": "DataflowRunner", "project": "p-test", "region": "us-central1",
            "dataflow_endpoint": cloud.endpoint, "dataflow_service_options": "enable_prime",
            "temp_location": folder / "temp", "staging_location": folder / "staging",
            "sdk_container_image": "example.com/llama-corpus:0.1", "sdk_location": "container",
        }  # fmt: skip
        words = ["--no_auth", *(f"--{name}={value}" for name, value in options.items())]
        inputs, settings = command(local, source)
        with pytest.raises(BuildError, match="to have written its manifest, got an unfinished one"):
            build(find_source(source), inputs, f"{BUCKET}/documents", settings=settings, beam_arguments=words)
        posted = [body for method, path, body in cloud.requests if method == "POST" and "/jobs" in path.split("?")[0]]
    proto = beam_runner_api_pb2.Pipeline.FromString((folder / "staging" / "pipeline.pb").read_bytes())
    return posted[0], proto


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_posted_builds_the_bytes_of_a_local_build(
    bucket: str, local: Path, tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, proto = submitted(source, local, tmp_path)
    assert job["name"].startswith(f"corpus-{source}")
    assert job["labels"] == {"llama-corpus": source}
    monkeypatch.setattr(Document, "__reduce_ex__", refuse)
    needs = {step.unique_name: proto.components.environments[step.environment_id].resource_hints[MIN_RAM]
             for step in proto.components.transforms.values() if step.unique_name.startswith("pass ")}  # fmt: skip
    beside = {int(memory) - BASE_BYTES for memory in needs.values()}
    models = sum(path.stat().st_size for path in (local / "models" / "lm").glob("*"))
    assert min(beside) == 0
    assert (max(beside) >= models) == (source == "commoncrawl")
    for environment in proto.components.environments.values():
        assert environment.urn == "beam:env:docker:v1"
        environment.urn, environment.payload = python_urns.EMBEDDED_PYTHON, b""
    FnApiRunner().run_via_runner_api(proto, PipelineOptions(["--direct_num_workers=1"])).wait_until_finish()
    folder = f"{bucket}/documents/{source}"
    manifest = read_manifest(folder, storage_of(folder))
    assert manifest
    assert manifest["state"] == "finished"
    made = {name: content(f"{folder}/{name}") for name in files_of(manifest)}
    beside = (MANIFEST, "report.html")
    wanted = {name: sha for name, sha in digests(local / "documents" / source).items() if name not in beside}
    assert made == wanted


def refuse(document: Document, protocol: int) -> None:
    raise AssertionError("a document was sent from one worker to another")


def content(path: str) -> str:
    with closing(remote_storage(path).open(path)) as file:
        return hashlib.sha256(file.read()).hexdigest()
