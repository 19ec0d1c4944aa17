"""Small models, trained once from the demo crawl's sentences."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import sentencepiece

from filters.web.ccnet_text import text_for_perplexity
from filters.web.kneser_ney import arpa, estimate
from filters.web.pieces import Pieces
from pipelines.demo.commoncrawl import article

ARTICLES = ["\n".join(article(number)) for number in range(60)]


def train_pieces(path: Path, **settings: object) -> Path:
    """A SentencePiece model of the demo articles."""
    model = io.BytesIO()
    lines = (text_for_perplexity(line) for text in ARTICLES for line in text.split("\n"))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_writer=model, model_type="unigram", vocab_size=400, hard_vocab_limit=False,
        minloglevel=2, **settings,
    )  # fmt: skip
    path.write_bytes(model.getvalue())
    return path


@pytest.fixture(scope="session")
def lm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `corpus train lm` leaves it: en.sp.model, en.arpa, cutoff.csv."""
    folder = tmp_path_factory.mktemp("lm")
    pieces = Pieces(str(train_pieces(folder / "en.sp.model")))
    sentences = [pieces(text_for_perplexity(text)).split() for text in ARTICLES]
    (folder / "en.arpa").write_text("".join(arpa(estimate(sentences, 5))), "utf-8")
    rows = [",en,de", *(f"{row},{10.0 + row},{5.0 + row}" for row in range(100))]
    (folder / "cutoff.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder
