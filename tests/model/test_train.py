"""The loop and both frameworks' steps: equal losses, exact resume, checkpoints that are complete or absent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_training import CONFIG, EVERY, SETTINGS, Counting

from model.checkpoint import Run, complete_checkpoints, read_weights
from model.config import Config
from model.errors import BatchError, CheckpointError, RunError
from model.metrics import METRICS
from model.settings import ParallelConfig, Settings
from model.train import LogConfig, Trainer, build, check_vocabulary, run_to_end
from model.weights import Array


def run_of(framework: str, settings: Settings = SETTINGS, config: Config = CONFIG) -> Run:
    return Run(framework, config, settings, "mixture", "tokenizer")


def trained(
    folder: Path, framework: str, parallel_config: ParallelConfig | None = None, settings: Settings = SETTINGS
) -> Trainer:
    """A run to its end in a folder."""
    trainer = build(framework, CONFIG, settings, parallel_config or ParallelConfig(microbatch_rows=2, recompute="none"))
    run_to_end(trainer, Counting(), run_of(framework, settings), folder, EVERY)
    return trainer


def losses(folder: Path) -> list[float]:
    return [json.loads(row)["loss"] for row in (folder / METRICS).read_text().splitlines()]


def state(folder: Path) -> dict[str, Array]:
    """The last weights of a run."""
    return dict(read_weights(folder)[1])


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One uninterrupted run of each framework."""
    folders = {framework: tmp_path_factory.mktemp(framework) for framework in ("torch", "jax")}
    for framework, folder in folders.items():
        trained(folder, framework)
    return folders


def test_torch_and_jax_learn_alike(straight: dict[str, Path]) -> None:
    torch_losses, jax_losses = losses(straight["torch"]), losses(straight["jax"])
    assert len(torch_losses) == 20
    assert np.abs(np.array(torch_losses) / jax_losses - 1).max() < 1e-4
    assert torch_losses[-1] < 0.5 * torch_losses[0]


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(
    framework: str, straight: dict[str, Path], tmp_path: Path
) -> None:
    class Breaks(Counting):
        def batch(self, k: int, rank: int = 0, world: int = 1) -> Array:
            if k == 13:
                raise KeyboardInterrupt
            return super().batch(k, rank, world)

    parallel_config = ParallelConfig(microbatch_rows=2, recompute="none")
    with pytest.raises(KeyboardInterrupt):
        run_to_end(build(framework, CONFIG, SETTINGS, parallel_config), Breaks(), run_of(framework), tmp_path, EVERY)
    assert [path.name for path in complete_checkpoints(tmp_path)] == ["step-00000008"]
    trained(tmp_path, framework)
    assert losses(tmp_path) == losses(straight[framework])
    expected, found = state(straight[framework]), state(tmp_path)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_recomputation_and_microbatches_change_nothing(framework: str) -> None:
    machines = [ParallelConfig(rows, what) for rows, what in ((2, "none"), (4, "selective"), (1, "full"))]
    found = [
        build(framework, CONFIG, SETTINGS, parallel_config).step(Counting().batch(0), 0.0)
        for parallel_config in machines
    ]
    (loss, norm), *others = [(float(loss), float(norm)) for loss, norm in found]
    for other in others:
        assert other == pytest.approx((loss, norm), rel=1e-5)


def test_torch_starts_from_what_jax_learned(straight: dict[str, Path]) -> None:
    weights = read_weights(straight["jax"])[1]
    rows = Counting().batch(99)
    found = [
        float(build(framework, CONFIG, SETTINGS, ParallelConfig(), weights.__getitem__).step(rows, 0.0)[0])
        for framework in ("torch", "jax")
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-5)
    assert found[0] < 1.1 * losses(straight["jax"])[-1]


def test_norms_do_not_decay() -> None:
    settings = replace(SETTINGS, weight_decay=0.9, clip=1e-12)  # so small a gradient moves by decay alone
    trainers: dict[str, Any] = {name: build(name, CONFIG, settings, ParallelConfig()) for name in ("torch", "jax")}
    for trainer in trainers.values():
        trainer.step(Counting().batch(0), 1e-3)
    torch_weights = dict(trainers["torch"].model.named_parameters())
    jax_weights = trainers["jax"].weights
    start = build("torch", CONFIG, settings, ParallelConfig())
    before = dict(start.model.named_parameters())  # type: ignore[attr-defined]
    for norm in (torch_weights["norm.weight"].detach().numpy(), np.asarray(jax_weights["norm"])):
        assert np.abs(norm - 1).max() < 1e-4 * 1.1  # at most one step of 1e-3 by an eps-damped gradient
    share = 1 - 1e-3 * 0.9
    name = "output.weight"
    expected = before[name].detach().numpy() * share
    assert np.abs(torch_weights[name].detach().numpy() - expected).max() < 1e-4 * 1.1
    assert np.abs(np.asarray(jax_weights["output"]).T - expected).max() < 1e-4 * 1.1


def test_the_rest_of_a_killed_write_is_no_checkpoint_and_goes(tmp_path: Path) -> None:
    (tmp_path / ".step-00000020" / "state").mkdir(parents=True)
    (tmp_path / ".step-00000020" / "state" / "__0_0.distcp").write_bytes(b"half")
    (tmp_path / "step-00000008").mkdir()  # a folder without run.json
    assert complete_checkpoints(tmp_path) == []
    trained(tmp_path, "torch", settings=replace(SETTINGS, steps=1))
    assert [path.name for path in complete_checkpoints(tmp_path)] == ["step-00000001"]
    assert list(tmp_path.glob(".step-*")) == []


def test_old_checkpoints_go_and_the_last_stay(tmp_path: Path) -> None:
    trainer = build("torch", CONFIG, SETTINGS, ParallelConfig(microbatch_rows=4, recompute="none"))
    run_to_end(trainer, Counting(), run_of("torch"), tmp_path, LogConfig(log_every=50, checkpoint_every=6, keep=2))
    assert [path.name for path in complete_checkpoints(tmp_path)] == ["step-00000018", "step-00000020"]
    assert [json.loads(row)["step"] for row in (tmp_path / METRICS).read_text().splitlines()] == [20]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config": replace(CONFIG, layers=3)}, "expected config.layers 3, got 2"),
        ({"settings": replace(SETTINGS, peak_lr=1e-3)}, "expected settings.peak_lr 0.001, got 0.01"),
        ({"settings": replace(SETTINGS, seed=2)}, "expected settings.seed 2, got 1"),
        ({"tokenizer": "another"}, "expected tokenizer another, got tokenizer"),
        ({"mixture": "another"}, "expected mixture another, got mixture"),
        ({"framework": "jax"}, "expected framework jax, got torch"),
    ],
    ids=["config", "rate", "seed", "tokenizer", "mixture", "framework"],
)
def test_a_checkpoint_of_another_run_is_refused(straight: dict[str, Path], change: dict[str, Any], words: str) -> None:
    trainer = build("torch", CONFIG, SETTINGS, ParallelConfig())
    with pytest.raises(CheckpointError, match=words):
        run_to_end(trainer, Counting(), replace(run_of("torch"), **change), straight["torch"], EVERY)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_a_damaged_checkpoint_is_refused(framework: str, straight: dict[str, Path], tmp_path: Path) -> None:
    damaged = tmp_path / "step-00000020"
    for path in complete_checkpoints(straight[framework])[-1].rglob("*"):
        if path.is_file():
            copy = damaged / path.relative_to(complete_checkpoints(straight[framework])[-1])
            copy.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes()
            copy.write_bytes(data if path.name == "run.json" else data[: len(data) // 2])
    with pytest.raises(CheckpointError, match=r"expected SHA-256 .*: a damaged file; delete the checkpoint"):
        trained(tmp_path, framework)
    (damaged / "run.json").write_text("{")
    with pytest.raises(CheckpointError, match="expected a checkpoint, got JSONDecodeError"):
        trained(tmp_path, framework)


def test_a_vocabulary_of_another_size_is_refused() -> None:
    check_vocabulary(Counting(), CONFIG)
    with pytest.raises(BatchError, match="expected a mixture of 129 pieces, got 128; pass --vocab-size 128"):
        check_vocabulary(Counting(), replace(CONFIG, vocab_size=129))


def test_a_run_that_diverges_stops_with_its_step(tmp_path: Path) -> None:
    trainer = build("torch", CONFIG, SETTINGS, ParallelConfig(microbatch_rows=4))
    with torch.no_grad():
        trainer.model.norm.weight.fill_(float("inf"))  # type: ignore[attr-defined]
    with pytest.raises(RunError, match="step 1: expected a finite loss, got nan") as caught:
        run_to_end(trainer, Counting(), run_of("torch"), tmp_path, EVERY)
    assert complete_checkpoints(tmp_path) == []
    assert caught.value.exit_code == 1
