"""PyTorch, JAX, Trainer, nanoGPT's way and datatrove's loader on tokens."""

from __future__ import annotations

import numpy as np
import pytest
from tools.expected import EOS, flat, sources, tokens, windows
from tools.page import run

pytestmark = pytest.mark.filterwarnings("ignore")


def test_torch_and_jax_read_the_same_batches() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    torch_, jax_ = run("torch"), run("jax")
    for name in ("inputs", "targets", "segments"):
        assert torch_["batch"][name].shape == (8, 64)
        assert torch_["batch"][name].tolist() == jax_["batch"][name].tolist()
    second = next(torch_["batches"])["inputs"].tolist()
    assert second == next(jax_["batches"])["inputs"].tolist()
    ids = "\n".join(" ".join(map(str, flat(name))) for name in sources())
    assert sum(" ".join(map(str, row)) in ids for row in second) >= 6  # others lie across the end of a source


def test_trainer() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # of so small a model more threads are slower, and by much where other tests run beside
    try:
        trainer = run("trainer")["trainer"]
    finally:
        torch.set_num_threads(threads)
    losses = [one["loss"] for one in trainer.state.log_history if "loss" in one]
    assert trainer.state.global_step == len(losses) == 20
    assert float(losses[-1]) < float(losses[0]) - 0.5


def test_nanogpt() -> None:
    pytest.importorskip("torch")
    opened = run("nanogpt")
    assert opened["x"].shape == (8, 64)
    assert opened["x"][:, 1:].tolist() == opened["y"][:, :-1].tolist()
    assert opened["vocab_size"] == 900
    train, val = ({tuple(one) for one in split(opened[name])} for name in ("data", "val"))
    assert not train & val
    drawn = {tuple(one) for name in sources() for one in tokens(name)}
    assert train | val <= drawn


def split(ids: np.ndarray) -> list[list[int]]:
    ends = np.flatnonzero(ids == EOS) + 1
    return [part.tolist() for part in np.split(ids, ends)[:-1]]


def test_datatrove_tokens() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("datatrove")
    opened = run("datatrove_tokens")
    mixed = [opened["mixed"][number] for number in range(len(opened["mixed"]))]
    assert [one["input_ids"].tolist() for one in mixed] == windows(flat("mixture"), 32)
    assert opened["window"].tolist() == mixed[0]["input_ids"].tolist()
    starts = [one["input_ids"][one["positions"] == 0].tolist()[1:] for one in mixed]
    assert {token for some in starts for token in some} == {1}  # position 0 within a window is a document's BOS
