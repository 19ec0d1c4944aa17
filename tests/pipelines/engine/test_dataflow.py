"""The same command submits to Dataflow: what is posted, and that the posted pipeline builds the same corpus."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
import toy
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from conftest import ROOT
from content import content_sha256
from fake_cloud import FakeCloud, fake_cloud

from corpus.document import Document
from corpus.errors import BuildError
from corpus.progress import work
from pipelines.engine import dataflow
from pipelines.engine.build import build
from pipelines.engine.layout import Pass, Plan
from pipelines.engine.stages import Score

DUMP = {
    "a": "one line\nshared line\n\nhello there",
    "b": "shared line\nanother\n\nhello there\nfine",
    "c": "unique thing\n\ntwice over\n\ntwice over",
}
SOURCE = toy.source(toy.CLEAN, toy.LINES, toy.EXACT)
GROUPS = "beam:transform:group_by_key:v1"


def dataflow_answer(cloud: FakeCloud, method: str, path: str, body: Any) -> Any:
    """A job that was done at once."""
    if "/messages" in path:
        return {"jobMessages": []}
    return {"id": "job-1", "name": "corpus", "projectId": "p", "location": "r", "currentState": "JOB_STATE_DONE"}


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """(folder, the job as it was posted); staging/pipeline.pb lies in the folder, and nothing is built yet."""
    folder = tmp_path_factory.mktemp("dataflow")
    dump = toy.write(folder / "dump", **DUMP)
    for name in ("temp", "staging"):
        (folder / name).mkdir()
    with pytest.MonkeyPatch.context() as patch, fake_cloud(dataflow_answer) as cloud:
        patch.setenv("NO_GCE_CHECK", "true")
        options = {
            "runner": "DataflowRunner",
            "project": "p-test",
            "region": "us-central1",
            "job_name": "corpus",
            "dataflow_endpoint": cloud.endpoint,
            "temp_location": str(folder / "temp"),
            "staging_location": str(folder / "staging"),
            "setup_file": str(ROOT / "setup.py"),
            "sdk_container_image": "example.com/llama-corpus:0.1",
        }
        words = ["--no_auth", *(f"--{name}={value}" for name, value in options.items())]
        with pytest.raises(BuildError, match="to have written its manifest, got an unfinished one"):
            build(SOURCE, [dump], str(folder / "out"), beam_arguments=words)
        (job,) = [
            body for method, path, body in cloud.requests if method == "POST" and path.split("?")[0].endswith("/jobs")
        ]
    return folder, job


@pytest.fixture(scope="module")
def proto(submitted: tuple[Path, dict[str, Any]]) -> Any:
    """The pipeline as it was staged."""
    return beam_runner_api_pb2.Pipeline.FromString((submitted[0] / "staging" / "pipeline.pb").read_bytes())


def test_the_job_carries_the_project_as_a_package(submitted: tuple[Path, dict[str, Any]]) -> None:
    folder, job = submitted
    assert job["name"] == "corpus"
    (pool,) = job["environment"]["workerPools"]
    assert "workflow.tar.gz" in [package["name"] for package in pool["packages"]]
    assert pool["workerHarnessContainerImage"] == "example.com/llama-corpus:0.1"
    with tarfile.open(folder / "staging" / "workflow.tar.gz") as package:
        names = {name.partition("/")[2] for name in package.getnames()}
    here = {path.relative_to(ROOT).as_posix() for package in ("corpus", "filters", "pipelines", "tokenizer")
            for path in (ROOT / package).rglob("*.py")}  # fmt: skip
    assert here <= names


def test_keys_are_whole_numbers_with_a_coder_of_their_own(proto: Any) -> None:
    components = proto.components
    steps = [step for step in components.transforms.values() if step.spec.urn == GROUPS]
    groups = [step for step in steps if not step.unique_name.startswith("add up/")]  # one key for all: Beam's own
    assert {group.unique_name.split(":")[0].split("/")[0] for group in groups} >= {"deal shards", "lines", "exact"}
    for group in groups:
        (given,) = group.inputs.values()
        coder = components.coders[components.pcollections[given].coder_id]
        assert coder.spec.urn == "beam:coder:kv:v1", group.unique_name
        key = components.coders[coder.component_coder_ids[0]]
        assert key.spec.urn == "beam:coder:varint:v1", group.unique_name


def test_the_graph_has_one_end(proto: Any) -> None:
    steps = proto.components.transforms.values()
    read = {pcollection for step in steps for pcollection in step.inputs.values()}
    ends = {step.unique_name for step in steps for made in step.outputs.values() if made not in read}
    assert {end.split("/")[0] for end in ends} == {"finish"}


def test_the_posted_pipeline_builds_the_same_bytes_and_sends_no_document(
    submitted: tuple[Path, dict[str, Any]], proto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _job = submitted

    def refuse(document: Document, protocol: int) -> None:
        raise AssertionError("a document was sent from one worker to another")

    monkeypatch.setattr(Document, "__reduce_ex__", refuse)
    for environment in proto.components.environments.values():
        environment.urn, environment.payload = python_urns.EMBEDDED_PYTHON, b""
    FnApiRunner().run_via_runner_api(proto, PipelineOptions(["--direct_num_workers=1"])).wait_until_finish()
    local = build(SOURCE, [str(folder / "dump")], str(folder / "local"), beam_arguments=["--direct_num_workers=1"])

    def digests(made: Path) -> dict[str, str]:
        files = [path for path in made.rglob("*") if path.is_file() and ".work" not in path.parts]
        return {path.name: content_sha256(path) for path in files}

    assert digests(folder / "out" / "toy") == digests(Path(local.folder))
    assert len(digests(Path(local.folder))) == 8


def options(*words: str) -> PipelineOptions:
    return PipelineOptions(list(words))


@pytest.mark.parametrize(
    ("words", "name", "labels"),
    [
        (["--runner=DataflowRunner"], r"corpus-my-notes-\d{8}-\d{6}", ["llama-corpus=my-notes"]),
        (["--runner=DataflowRunner", "--job_name=mine", "--labels=a=b"], "mine", ["a=b", "llama-corpus=my-notes"]),
        (["--runner=DataflowRunner", "--labels=llama-corpus=x"], r"corpus-my-notes-.*", ["llama-corpus=x"]),
        (["--runner=FlinkRunner"], "None", None),
    ],
    ids=["none given", "some given", "the same given", "another runner"],
)
def test_names_and_labels(words: list[str], name: str, labels: list[str] | None) -> None:
    given = options(*words)
    dataflow.name_job(given, "My_notes")
    cloud = given.view_as(GoogleCloudOptions)
    assert re.fullmatch(name, str(cloud.job_name))
    assert cloud.labels == labels


def test_only_prime_gets_hints_as_each_hint_is_a_container_on_every_other_machine(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for file, size in (("a.bin", 1000), ("b.bin", 24)):
        (tmp_path / "model" / file).write_bytes(bytes(size))
    score = Score("score", load=toy.text_key, model=toy.RECIPE.keep)
    plan = Plan("toy", toy.READER, (), {}, {"keep": str(tmp_path / "model")}, (), "out", "work")
    one, none = Pass(0, None, (score,), None), Pass(1, None, (), None)
    prime = options("--runner=DataflowRunner", "--dataflow_service_options=enable_prime")
    assert dataflow.hints(prime, plan, one) == {"min_ram": f"{dataflow.BASE_BYTES + 1024}B"}
    assert dataflow.hints(prime, plan, none) == {"min_ram": f"{dataflow.BASE_BYTES}B"}
    plan.values["keep"] = str(tmp_path / "model" / "a.bin")  # type: ignore[index]
    assert dataflow.hints(prime, plan, one) == {"min_ram": f"{dataflow.BASE_BYTES + 1000}B"}
    assert dataflow.hints(options("--runner=DataflowRunner"), plan, one) == {}
    assert dataflow.hints(options("--runner=PrismRunner"), plan, one) == {}


def test_a_job_is_named_with_its_page_as_soon_as_it_is_there() -> None:
    class Submitted:
        def job_id(self) -> str:
            return "2026-12-01_03_04"

    chosen = options("--runner=DataflowRunner", "--project=ours", "--region=europe-west4")
    with work.begun(work.Work()) as watched:
        dataflow.say_where(Submitted(), chosen)
        dataflow.say_where(Submitted(), options("--runner=FlinkRunner"))
        dataflow.say_where(object(), chosen)
        notes = watched.take_notes()
    page = "https://console.cloud.google.com/dataflow/jobs/europe-west4/2026-12-01_03_04?project=ours"
    assert notes == [work.Note(f"Dataflow job 2026-12-01_03_04: {page}", always=True)]
