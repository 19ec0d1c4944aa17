from __future__ import annotations

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM
from transformers.utils import logging

from corpus.errors import CorpusError
from model.config import Config
from model.errors import WeightsError
from model.hugging_face import (
    INDEX,
    HuggingFaceWeights,
    config_from_hugging_face,
    join_pairs,
    split_into_files,
    split_pairs,
    write_hugging_face,
)
from model.jax import llama as llama_jax
from model.torch import llama as llama_torch
from model.weights import Array, initial, stack_layers

logging.disable_progress_bar()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, config: Config, weights: dict[str, Array]) -> Path:
    """Our weights as transformers reads them; its own feed-forward width is the config's."""
    path = tmp_path_factory.mktemp("hugging_face")
    write_hugging_face(weights, config, path)
    return path


@pytest.fixture(scope="module")
def theirs(folder: Path) -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)


@pytest.fixture(scope="module")
def ours(config: Config, weights: dict[str, Array]) -> llama_torch.Llama:
    model = llama_torch.Llama(config)
    model.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    return model


def test_torch_logits_are_transformers(theirs: LlamaForCausalLM, ours: llama_torch.Llama, rows: Array) -> None:
    pieces = torch.from_numpy(rows.astype(np.int64))
    with torch.no_grad():
        assert (ours(pieces) - theirs(pieces).logits).abs().max() < 1e-5


def test_jax_logits_are_transformers(
    theirs: LlamaForCausalLM, config: Config, weights: dict[str, Array], rows: Array
) -> None:
    tree = stack_layers(weights.__getitem__, config)
    logits, _ = llama_jax.forward(tree, jnp.asarray(rows), config)
    with torch.no_grad():
        assert np.abs(np.asarray(logits) - theirs(torch.from_numpy(rows.astype(np.int64))).logits.numpy()).max() < 1e-5


def test_greedy_generation_is_transformers(
    theirs: LlamaForCausalLM, ours: llama_torch.Llama, config: Config, weights: dict[str, Array], rows: Array
) -> None:
    prompt = torch.from_numpy(rows[:, :20].astype(np.int64))
    expected = theirs.generate(prompt, max_new_tokens=60, do_sample=False, eos_token_id=None, pad_token_id=0)
    tree = stack_layers(weights.__getitem__, config)
    assert torch.equal(llama_torch.generate(ours, prompt, 60), expected)
    found = llama_jax.generate(tree, jnp.asarray(rows[:, :20]), 60, config)
    assert np.array_equal(np.asarray(found), expected.numpy())


def test_without_the_permutation_logits_differ(
    theirs: LlamaForCausalLM, config: Config, weights: dict[str, Array], rows: Array
) -> None:
    model = llama_torch.Llama(config)
    wrong = {k: split_pairs(w, config.heads) if k.endswith("wq.weight") else w for k, w in weights.items()}
    model.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(weight)) for name, weight in wrong.items()})
    pieces = torch.from_numpy(rows.astype(np.int64))
    with torch.no_grad():
        assert (model(pieces) - theirs(pieces).logits).abs().max() > 1e-3


def test_weights_come_back_as_they_went(folder: Path, config: Config, weights: dict[str, Array]) -> None:
    back = HuggingFaceWeights(folder)
    assert back.config == config
    assert list(back) == list(weights)
    assert all(np.array_equal(back[name], weights[name]) for name in weights)


def test_pairs_are_reordered_row_by_row() -> None:
    rows = np.arange(8.0)[:, None]  # two heads, two pairs each
    assert split_pairs(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert join_pairs(split_pairs(rows, 2), 2)[:, 0].tolist() == list(range(8))


def test_bfloat16_files_are_rounded_once(tmp_path: Path, config: Config, weights: dict[str, Array]) -> None:
    write_hugging_face(weights, config, tmp_path, "bfloat16")
    name = "layers.1.attention.wk.weight"
    rounded = torch.from_numpy(weights[name]).to(torch.bfloat16).float().numpy()
    assert np.array_equal(HuggingFaceWeights(tmp_path)[name], rounded)


def test_large_models_are_dealt_into_files(config: Config) -> None:
    files = split_into_files(config, 4, file_bytes=200_000)
    assert len(files) == 4
    assert next(iter(files)) == "model-00001-of-00004.safetensors"
    assert sum(len(names) for names in files.values()) == 3 + 9 * config.layers
    assert list(split_into_files(config, 4)) == ["model.safetensors"]


def test_several_files_are_read_with_their_index(
    tmp_path: Path, config: Config, weights: dict[str, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "model.hugging_face.split_into_files", lambda config, item: split_into_files(config, item, 200_000)
    )
    write_hugging_face(weights, config, tmp_path)
    assert len(set(json.loads((tmp_path / INDEX).read_text())["weight_map"].values())) == 4
    back = HuggingFaceWeights(tmp_path)
    assert all(np.array_equal(back[name], weights[name]) for name in weights)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"intermediate_size": 999}, "intermediate_size 256, got 999"),
        ({"num_key_value_heads": 2}, "num_key_value_heads 4, got 2"),
        ({"tie_word_embeddings": True}, "tie_word_embeddings False, got True"),
        ({"model_type": "mistral"}, "model_type llama, got mistral"),
        ({"hidden_size": None}, "the config.json of a LLaMA, got ValueError: dim as a positive number, got None"),
    ],
    ids=["other width", "grouped keys", "tied tables", "another model", "no size"],
)
def test_another_architecture_is_refused(tmp_path: Path, folder: Path, changes: dict[str, object], words: str) -> None:
    config = json.loads((folder / "config.json").read_text()) | changes
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CorpusError, match=words):
        config_from_hugging_face(tmp_path)


def test_damaged_files_are_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(WeightsError, match=r"a folder with \*\.safetensors"):
        HuggingFaceWeights(tmp_path)
    whole = (folder / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="a complete safetensors file"):
        HuggingFaceWeights(tmp_path)


def test_a_missing_or_misshapen_weight_is_named(tmp_path: Path, config: Config, weights: dict[str, Array]) -> None:
    write_hugging_face(weights, config, tmp_path)
    changed = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(changed | {"num_hidden_layers": 4}))
    with pytest.raises(WeightsError, match=r"a weight model\.layers\.3\.self_attn\.q_proj\.weight, got none"):
        HuggingFaceWeights(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(changed | {"vocab_size": 501}))
    with pytest.raises(WeightsError, match=r"model\.embed_tokens\.weight of shape \(501, 48\), got \(500, 48\)"):
        HuggingFaceWeights(tmp_path)


def test_a_conversion_that_breaks_off_leaves_nothing_that_is_read_and_the_next_one_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(dim=16, heads=2, layers=1, vocab_size=32, context=8)
    write_hugging_face(initial(config, 0), config, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def stop(old: Path, new: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", stop)
        with pytest.raises(KeyboardInterrupt):
            write_hugging_face(initial(config, 1), config, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors"]
    (tmp_path / ".writing").mkdir()
    (tmp_path / ".writing" / "left").touch()
    write_hugging_face(initial(config, 0), config, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
