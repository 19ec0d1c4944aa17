"""`corpus run`: steps are run, found done, recorded, stopped; one output is made again from its manifest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import ROOT

from corpus.output.manifest import RUN, read_manifest, write_manifest
from pipelines.cli import main
from pipelines.demo import stackexchange
from pipelines.project.run import bytes_on_disk
from pipelines.project.spawn import Spawner


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one source, whose dump the demo brings."""
    (tmp_path / "dump").mkdir()
    stackexchange.write(tmp_path / "dump")
    path = tmp_path / "corpus.yaml"
    path.write_text(
        f"output: {tmp_path}/OUT\nsources:\n  stackexchange: {{input: {tmp_path}/dump}}\nreport: no\n"
        "runner: {direct_num_workers: 1}\n"
    )
    return path


def record(project: Path) -> dict[str, Any]:
    return dict(json.loads((project.parent / "OUT/run.json").read_text()))


def test_a_project_is_run_recorded_and_found_done(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(project)]) == 0
    out = capfd.readouterr().out
    folder = project.parent / "OUT/documents/stackexchange"
    assert out.startswith(f"\n[1/1] corpus build stackexchange --input {project.parent}/dump --output ")
    assert "s were forecast" in out
    assert out.endswith(f"All of {project} is in {project.parent}/OUT; what it took: {project.parent}/OUT/run.json\n")
    (step,) = record(project)["steps"]
    assert step["command"][:3] == ["corpus", "build", "stackexchange"]
    assert (step["code"], step["output"]) == (0, str(folder))
    assert step["forecast"].keys() == {"wall_seconds", "cpu_seconds", "memory_bytes", "disk_bytes"}
    assert step["cpu_seconds"] > 0
    assert 50e6 < step["memory_bytes"] < 2e9
    assert step["disk_bytes"] >= sum(path.stat().st_size for path in folder.glob("data/*"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    assert main(["run", str(project)]) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")} == before
    assert "forecast" not in record(project)["steps"][0]

    manifest = str(folder / "manifest.json")
    assert main(["run", "--from", manifest, "--output", str(project.parent / "again")]) == 0
    again = project.parent / "again/stackexchange"
    files = len(list(folder.glob("data/*")))
    assert f"the same again: {files} files in {again}" in capfd.readouterr().out
    stated = read_manifest(str(folder))
    assert stated
    write_manifest(str(folder), {**stated, RUN: {**stated[RUN], "versions": {"numpy": "1.0"}}, "code": "another"})
    next((project.parent / "dump").glob("*.7z")).unlink()
    assert main(["run", "--from", str(folder), "--output", str(project.parent / "third")]) == 1
    said = capfd.readouterr().out
    assert "not the same: " in said
    assert "the code differs: it was " in said
    assert "numpy was 1.0, and is " in said
    assert "inputs differ: " in said


def test_a_step_that_fails_ends_the_run(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    project.write_text(project.read_text().replace("/dump", "/nowhere") + "tokenizer: none.model\n")
    assert main(["run", str(project)]) == 2
    out, error = capfd.readouterr()
    assert error.count("corpus: ") == 1
    assert "nothing at " in error
    assert out.endswith("[1/3] build stackexchange failed; `corpus run` goes on from here once that is mended\n")
    assert [step["code"] for step in record(project)["steps"]] == [2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "expected FILE, or --from MANIFEST, got neither"),
        (["corpus.yaml", "--from", "x"], "expected FILE, or --from MANIFEST, got both"),
        (["corpus.yaml", "--output", "x"], "expected the output that the file states, got --output; it goes with"
             " --from"),
        (["corpus.yaml", "--only", "tokenise"], "expected a step of the project, got 'tokenise'; there are build"),
        (["--from", "."], "expected an output with a manifest.json, got none"),
    ],
    ids=["neither", "both", "output", "only", "no manifest"],
)  # fmt: skip
def test_bad_usage(
    words: list[str], said: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.parent)
    assert main(["run", *words]) == 2
    assert said in capsys.readouterr().err


def test_an_output_that_states_no_command_cannot_be_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_manifest(str(tmp_path), {"kind": "build", "state": "finished", "files": []})
    assert main(["run", "--from", str(tmp_path)]) == 2
    assert "expected a manifest.json that states its command, got none" in capsys.readouterr().err


def test_the_memory_of_a_command_is_its_own() -> None:
    """The kernel would count what this process has, had it started the command itself."""
    spawner = Spawner()
    large = bytearray(b"x") * 500_000_000
    ended = spawner.run(["--version"])
    assert ended.code == 0
    assert 5e6 < ended.memory_bytes < 300e6 < len(large)
    assert spawner.run(["biuld"]).code == 2
    spawner.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_leaves_no_process(project: Path, number: signal.Signals) -> None:
    """Its step, which would sleep for minutes, ends with it."""
    folder = project.parent / "site"
    folder.mkdir()
    started = project.parent / "started"
    (folder / "sitecustomize.py").write_text(
        "import os, sys, time\n"
        "if 'build' in sys.orig_argv:\n"
        f"    open({str(started) + '.part'!r}, 'w').write(str(os.getpid()))\n"
        f"    os.rename({str(started) + '.part'!r}, {str(started)!r})\n"
        "    time.sleep(600)\n"
    )
    told = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    words = [sys.executable, "-m", "pipelines", "run", str(project)]
    with subprocess.Popen(words, env=told, cwd=project.parent, stdin=subprocess.DEVNULL) as running:
        until = time.monotonic() + 60
        while not started.exists() and time.monotonic() < until:
            time.sleep(0.02)
        step = psutil.Process(int(started.read_text()))
        others = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(number)
        code = running.wait(timeout=30)
    _gone, alive = psutil.wait_procs([step, *others], timeout=30)
    assert alive == []
    assert code in {signal.SIGKILL: {-9}, signal.SIGTERM: {143}, signal.SIGINT: {130, 1}}[number]


def test_a_file_of_two_names_counts_once_on_disk(tmp_path: Path) -> None:
    assert bytes_on_disk(str(tmp_path / "none")) == 0
    (tmp_path / "a").write_bytes(b"123")
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/d").write_bytes(b"12")
    assert bytes_on_disk(str(tmp_path)) == 5
