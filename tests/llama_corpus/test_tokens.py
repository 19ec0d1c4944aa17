"""Token shards and batches from Python."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from batch_shards import numbered, write_ids
from made_outputs import make_tokens

import llama_corpus
from corpus.errors import InputError
from corpus.writers import id_hash
from llama_corpus import TokenShards
from model.data.batches import open as open_batches
from tokenizer.shards import ShardInfo
from tokenizer.write_shards import Encoded, write_encoded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources: two documents of books, one of github, whose id is known."""
    write_ids(tmp_path, "books", np.arange(10), [4, 6])
    frame = ShardInfo("", "", 0, 0, "uint32", 0, 0, 1 << 20, 1, 2, "model", "recipe", 0, 0)
    one = Encoded(id_hash("github:a"), "github", "github/documents.parquet#0", np.arange(5, dtype="<u4"))
    write_encoded([one], frame, str(tmp_path / "github/tokens-00000-of-00001"), 1000)
    make_tokens(tmp_path / "github")
    return tmp_path


def test_shards_say_what_they_hold(folder: Path) -> None:
    shards = TokenShards(folder)
    assert {name: tuple(source) for name, source in shards.sources.items()} == {
        "books": (2, 10, 1),
        "github": (1, 5, 1),
    }
    assert (shards.vocab_size, shards.tokenizer) == (1 << 20, "model")
    assert repr(shards) == f"<TokenShards of books, github: 15 tokens in {folder}>"


def test_documents_come_in_order(folder: Path) -> None:
    shards = TokenShards(folder)
    assert [(one.source, one.tokens.tolist()) for one in shards.documents()] == [
        ("books", [0, 1, 2, 3]), ("books", [4, 5, 6, 7, 8, 9]), ("github", [0, 1, 2, 3, 4]),
    ]  # fmt: skip
    (only,) = shards.documents("github")
    assert only.locator == "github/documents.parquet#0"
    with pytest.raises(InputError, match="expected a source of these shards: books, github, got 'c4'"):
        list(shards.documents("c4"))


def test_a_document_is_found_by_its_id(folder: Path) -> None:
    assert TokenShards(folder).tokens("github:a").tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="expected the id of a document in these shards, got 'github:b'"):
        TokenShards(folder).tokens("github:b")


def test_batches_are_those_of_training_from_any_start_and_rank(tmp_path: Path) -> None:
    numbered(tmp_path, {"books": 3000, "github": 2000}, {"books": 0.5, "github": 0.5}, shard_bytes=2000)
    folder = tmp_path / "mixture"
    expected = [open_batches(folder, 7, rows=4, context=16).batch(k) for k in range(5)]
    found = list(islice(llama_corpus.batches(folder, rows=4, context=16, seed=7), 5))
    assert np.array_equal(found, expected)
    assert expected[0].shape == (4, 17)
    assert np.array_equal(next(llama_corpus.batches(folder, 4, 16, 7, start=3)), expected[3])
    ranks = [next(llama_corpus.batches(folder, 4, 16, 7, start=3, rank=rank, world=2)) for rank in (0, 1)]
    assert np.array_equal(np.concatenate(ranks), expected[3])
