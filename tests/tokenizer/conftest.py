"""A small tokenizer that every test of this package shares."""

from __future__ import annotations

import pytest
from tokenizer_texts import SENTENCES, VOCABULARY, sentences, settings

from tokenizer.encode import Encoder
from tokenizer.train import Trained, train


@pytest.fixture(scope="session")
def trained() -> Trained:
    texts = [*SENTENCES * 5, *sentences(3000)]
    return train((line for text in texts for line in text.split("\n")), settings(vocab_size=VOCABULARY))


@pytest.fixture(scope="session")
def encoder(trained: Trained) -> Encoder:
    return Encoder(trained.model)
