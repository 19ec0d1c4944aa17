"""What the tests of the model share: a tiny shape, and a mixture of token shards to train on."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # compiling is most of what a tiny model costs

import jax
import numpy as np
import pytest
import torch
from made_outputs import make_tokens
from tokenizer_texts import SENTENCES, sentences, settings

from corpus.mixture import table_shares
from model.config import Config
from model.weights import Array, initial
from tokenizer.encode import Encoder
from tokenizer.mixture import mix
from tokenizer.train import train
from tokenizer.write_shards import Row, write_shards

PIECES = 600

torch.set_num_threads(1)  # models this small gain nothing from two, and tests may run beside others


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What JAX compiles for one test serves the next, as it would within one run."""
    jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("compiled")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


@pytest.fixture(scope="session")
def config() -> Config:
    return Config(dim=48, heads=4, layers=3, vocab_size=500, context=300)


@pytest.fixture(scope="session")
def weights(config: Config) -> dict[str, Array]:
    return initial(config, seed=7)


@pytest.fixture(scope="session")
def rows(config: Config) -> Array:
    return np.random.default_rng(0).integers(0, config.vocab_size, (2, 281), dtype=np.int32)


@pytest.fixture(scope="session")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tokenizer.model, shards of two sources, and their mixture."""
    folder = tmp_path_factory.mktemp("mixture")
    texts = [*SENTENCES, *sentences(1500)]
    trained = train(("\n".join(texts)).split("\n"), settings(vocab_size=PIECES))
    (folder / "tokenizer.model").write_bytes(trained.model)
    encoder = Encoder(trained.model)
    for n, source in enumerate(("books", "github")):
        documents = [Row(f"{source}:{i}", source, f"{source}#{i}", text) for i, text in enumerate(texts[n::2])]
        (folder / source).mkdir()
        write_shards(documents, encoder, str(folder / source / "tokens-00000-of-00001"))
        make_tokens(folder / source)
    mix([str(folder / "books"), str(folder / "github")], str(folder), table_shares())
    return folder
