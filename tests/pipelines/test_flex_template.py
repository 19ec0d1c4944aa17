"""The Flex Template: its parameters are those of its entry, and its entry writes a graph as a template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy
from conftest import ROOT
from fake_cloud import fake_cloud

from pipelines import flex_template
from pipelines.cli import main
from pipelines.command_line import parser

METADATA = json.loads((ROOT / "flex-template.json").read_text("utf-8"))


def test_parameters_are_those_of_the_entry() -> None:
    actions = {action.dest: action.required for action in flex_template.parser()._actions if action.dest != "help"}
    assert {one["name"]: not one.get("isOptional", False) for one in METADATA["parameters"]} == actions


def test_the_container_has_launcher_and_entry() -> None:
    container = (ROOT / "Dockerfile").read_text("utf-8")
    assert "FLEX_TEMPLATE_PYTHON_PY_FILE=/llama-corpus/pipelines/flex_template.py" in container
    assert "COPY . /llama-corpus" in container


def test_parameters_become_one_command() -> None:
    given = ["--source=c4", "--input=gs://a/x 'gs://a/y z'", "--output=gs://b/out", "--settings=least=2 model=gs://m/f"]
    words = flex_template.command([*given, "--stop_after=ids", "--project=p", "--template_location=gs://t"])
    assert words == [
        "build", "c4", "--input", "gs://a/x", "gs://a/y z", "--output", "gs://b/out", "--preset", "paper",
        "--set", "least=2", "model=gs://m/f", "--stop-after", "ids",
        "--", "--runner=DataflowRunner", "--project=p", "--template_location=gs://t",
    ]  # fmt: skip
    assert parser().parse_args(words[: words.index("--")]).source == "c4"
    beside = flex_template.command(["--source=c4", "--input=a", "--output=b", "--runner=DataflowRunner"])
    assert beside[beside.index("--") :] == ["--", "--runner=DataflowRunner"]


def test_the_entry_writes_a_template_and_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    (tmp_path / "notes.py").write_text("from toy import CLEAN, source\n\nSOURCE = source(CLEAN)\n")
    for name in ("temp", "staging"):
        (tmp_path / name).mkdir()
    dump = toy.write(tmp_path / "dump", a="one text\n\nanother text")
    with fake_cloud(lambda cloud, method, path, body: {}) as cloud:
        words = flex_template.command([
            f"--source={tmp_path}/notes.py", f"--input={dump}", f"--output={tmp_path}/out", "--no_auth",
            "--project=p-test", "--region=us-central1", f"--dataflow_endpoint={cloud.endpoint}",
            f"--temp_location={tmp_path}/temp", f"--staging_location={tmp_path}/staging",
            "--sdk_container_image=example.com/llama-corpus:0.1", "--sdk_location=container",
            f"--template_location={tmp_path}/template.json",
        ])  # fmt: skip
        assert main(words) == 0
        assert not any(method == "POST" and "/jobs" in path for method, path, _body in cloud.requests)
    said = capsys.readouterr().err
    assert f"corpus: the job's graph is in {tmp_path}/template.json; its manifest is written when a job" in said
    job = json.loads((tmp_path / "template.json").read_text())
    assert job["labels"] == {"llama-corpus": "toy"}
