"""Runs on a mesh, of processes in torch (gloo) and of devices in JAX, against the same run on one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy_training
from conftest import ROOT
from toy_training import CONFIG, EVERY, SETTINGS, Counting

from corpus.errors import UsageError
from model.checkpoint import Run, read_weights
from model.config import Config
from model.metrics import METRICS
from model.settings import ParallelConfig
from model.torch.parallel import join_processes
from model.train import build, run_to_end


def losses(folder: Path) -> list[float]:
    return [json.loads(row)["loss"] for row in (folder / METRICS).read_text().splitlines()]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(words: list[str], **environment: str) -> subprocess.Popen[str]:
    program = [sys.executable, str(ROOT / "tests" / "toy_training.py"), *words]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    env = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **environment}
    return subprocess.Popen(program, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one torch process."""
    folder = tmp_path_factory.mktemp("alone")
    toy_training.main("torch", [1], folder)
    return folder / "1"


@pytest.fixture(scope="module")
def torch_mesh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two torch processes: FSDP in 1, tensor and sequence parallel in 2."""
    folder, port = tmp_path_factory.mktemp("mesh"), str(free_port())
    fixed = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    started = [start(["torch", "1", "2", str(folder)], RANK=rank, LOCAL_RANK=rank, **fixed) for rank in "01"]
    said = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    return folder


@pytest.fixture(scope="module")
def jax_mesh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of four JAX devices: sharded data in 1, two by two in 2."""
    folder = tmp_path_factory.mktemp("mesh")
    process = start(
        ["jax", "1", "2", str(folder)], XLA_FLAGS=os.environ["XLA_FLAGS"] + " --xla_force_host_platform_device_count=4"
    )
    said = process.communicate()[0]
    assert process.returncode == 0, said
    return folder


@pytest.mark.parametrize("model_parallel", ["1", "2"], ids=["fsdp", "tensor and sequence parallel"])
def test_two_torch_processes_learn_as_one(alone: Path, torch_mesh: Path, model_parallel: str) -> None:
    found = np.array(losses(torch_mesh / model_parallel))
    assert len(found) == 5
    assert np.abs(found - losses(alone)).max() < 1e-5


@pytest.mark.parametrize("model_parallel", ["1", "2"], ids=["sharded data", "two by two"])
def test_four_jax_devices_learn_as_one_process(alone: Path, jax_mesh: Path, model_parallel: str) -> None:
    found = np.array(losses(jax_mesh / model_parallel))
    assert len(found) == 5
    assert np.abs(found - losses(alone)).max() < 2e-5


@pytest.mark.parametrize("model_parallel", ["1", "2"], ids=["fsdp", "tensor parallel"])
def test_a_mesh_s_checkpoint_is_read_by_one_process(alone: Path, torch_mesh: Path, model_parallel: str) -> None:
    expected, found = read_weights(alone)[1], read_weights(torch_mesh / model_parallel)[1]
    assert all(np.abs(found[name] - expected[name]).max() < 1e-4 for name in expected)


def test_one_process_goes_on_from_a_mesh_s_checkpoint(torch_mesh: Path, tmp_path: Path) -> None:
    longer = replace(SETTINGS, steps=5)
    trainer = build("torch", CONFIG, longer, ParallelConfig())
    last = (torch_mesh / "2" / "step-00000005" / "state").absolute()
    trainer.load(last)
    loss = float(trainer.step(Counting().batch(5), 0.0)[0])
    run = Run("torch", CONFIG, longer, Counting.digest, Counting.tokenizer)
    assert run_to_end(build("torch", CONFIG, longer, ParallelConfig()), Counting(), run, tmp_path, EVERY) > loss > 0


def test_a_compiled_split_layer_needs_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(
        UsageError, match="expected --compute bfloat16 with --compile and --model-parallel, got float32"
    ):
        join_processes(CONFIG, ParallelConfig(model_parallel=2, compile=True), "float32")


@pytest.mark.parametrize(
    ("world", "axis", "config", "words"),
    [
        ("2", 3, CONFIG, "expected a divisor of the number of processes, got 3 of 2; start with torchrun"),
        ("8", 8, CONFIG, "expected a divisor of heads, context and vocabulary, got 8"),
        ("2", 2, replace(CONFIG, vocab_size=127), "expected a divisor of heads, context and vocabulary, got 2"),
    ],
    ids=["processes", "heads", "vocabulary"],
)
def test_a_mesh_that_does_not_divide_is_refused(
    monkeypatch: pytest.MonkeyPatch, world: str, axis: int, config: Config, words: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", world)
    with pytest.raises(UsageError, match=words):
        join_processes(config, ParallelConfig(model_parallel=axis))
