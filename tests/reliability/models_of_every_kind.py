"""Models of every kind, small ones, to be damaged."""

from __future__ import annotations

import io
from pathlib import Path

import fasttext
import sentencepiece
from tokenizer_texts import SENTENCES, sentences, settings

from corpus.manifest import file_digest
from corpus.models import card_bytes, find
from filters.web.ccnet_text import text_for_perplexity
from filters.web.kneser_ney import arpa, estimate
from filters.web.pieces import Pieces
from model.config import Config
from model.hugging_face import write_hugging_face
from model.weights import initial
from pipelines.demo.commoncrawl import article
from pipelines.training.fasttext import train_supervised
from pipelines.training.kenlm_binary import write_binary
from tokenizer.train import train

ARTICLES = ["\n".join(article(number)) for number in range(40)]


def write_models(root: Path) -> None:
    """A folder for each kind of model, by the names of model_users."""
    for kind in ("arpa", "binary", "reference", "packed", "language", "tokenizer", "evaluated", "weights"):
        (root / kind).mkdir()
    (root / "language" / "lid.176.ftz").write_bytes(find("lid.176").read_bytes())
    _language_models(root)
    _classifiers(root)
    trained = train("\n".join([*SENTENCES, *sentences(800)]).split("\n"), settings(vocab_size=500))
    (root / "tokenizer" / "tokenizer.model").write_bytes(trained.model)
    config = Config(dim=16, heads=2, layers=1, vocab_size=32, context=8)
    for kind in ("weights", "evaluated"):
        write_hugging_face(initial(config, 0), config, root / kind)
    (root / "evaluated" / "tokenizer.model").write_bytes(trained.model)


def _language_models(root: Path) -> None:
    model = io.BytesIO()
    lines = (text_for_perplexity(line) for text in ARTICLES for line in text.split("\n"))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_writer=model, model_type="unigram", vocab_size=400, hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    cutoffs = "\n".join([",en", *(f"{row},{10.0 + row}" for row in range(100))]) + "\n"
    for kind in ("arpa", "binary"):
        (root / kind / "en.sp.model").write_bytes(model.getvalue())
        (root / kind / "cutoff.csv").write_text(cutoffs)
    pieces = Pieces(str(root / "arpa" / "en.sp.model"))
    ngrams = estimate([pieces(text_for_perplexity(text)).split() for text in ARTICLES], 5)
    (root / "arpa" / "en.arpa").write_text("".join(arpa(ngrams)), "utf-8")
    write_binary(root / "arpa" / "en.arpa", root / "binary" / "en.arpa.bin")
    files = {name: file_digest(root / "arpa" / name) for name in ("en.arpa", "en.sp.model")}
    (root / "arpa" / "en.card.json").write_bytes(card_bytes(files))


def _classifiers(root: Path) -> None:
    lines = [f"__label__{('wiki', 'cc')[n % 2]} {text.replace(chr(10), ' ')}" for n, text in enumerate(ARTICLES)]
    (root / "lines.txt").write_text("\n".join(lines) + "\n", "utf-8")
    path = root / "reference" / "reference.bin"
    train_supervised(root / "lines.txt", path, seed=1, dim=8, bucket=2000, wordNgrams=2)
    packed = fasttext.load_model(str(path))
    packed.quantize(str(root / "lines.txt"), cutoff=300, retrain=False, qnorm=True, verbose=0)
    packed.save_model(str(root / "packed" / "reference.bin"))
