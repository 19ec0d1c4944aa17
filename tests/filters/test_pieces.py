"""The word cache gives what SentencePiece gives for the whole text."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import sentencepiece

from corpus.demo.commoncrawl import article
from corpus.errors import ModelError
from filters import pieces as module
from filters.pieces import Pieces, load_encoder

WORDS = (
    "baker",
    "mill",
    "candles,",
    "0000",
    "naïve",
    "水曜日",
    "\u2581",
    "a\u00a0b",
    "\u00a0",
    "",
    "  ",
    "x" * 60,
    "\ufffd",
    "\t",
)


@pytest.fixture(scope="module")
def model(lm_folder: Path) -> str:
    return str(lm_folder / "en.sp.model")


def test_pieces_of_articles_and_of_anything(model: str) -> None:
    whole, cached = sentencepiece.SentencePieceProcessor(model_file=model), Pieces(model)
    dice = Random(3)
    texts = [" ".join(article(number)).lower() for number in range(100, 130)]
    texts += [" ".join(dice.choices(WORDS, k=dice.randrange(12))) for _ in range(2000)]
    for text in texts + texts[:50]:
        assert cached(text) == " ".join(whole.encode(text, out_type=str)), repr(text)


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_nothing_has_no_pieces(text: str, model: str) -> None:
    assert Pieces(model)(text) == ""


def test_a_full_cache_starts_anew_with_the_same_result(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(article(5)).lower()
    expected = Pieces(model)(text)
    monkeypatch.setattr(module, "_CACHED_BYTES", 30)
    small = Pieces(model)
    assert [small(text), small("a mill"), small(text)] == [expected, Pieces(model)("a mill"), expected]


@pytest.mark.parametrize(("letters", "starts"), [(1 << 14, 1), ((1 << 14) + 1, 2)], ids=["at the limit", "above"])
def test_a_word_without_end_is_cut(letters: int, starts: int, model: str) -> None:
    found = Pieces(model)("ab" * (letters // 2) + "c" * (letters % 2))
    assert found.count("\u2581") == starts
    assert len(found.replace(" ", "").replace("\u2581", "")) == letters


def trained(path: Path, **settings: object) -> str:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([line for number in range(40) for line in article(number)]),
        model_prefix=str(path / "m"), vocab_size=500, hard_vocab_limit=False, minloglevel=2, **settings,
    )  # fmt: skip
    return str(path / "m.model")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split_by_whitespace": False}, "stay within a word"),
        ({"remove_extra_whitespaces": False}, "extra spaces"),
        ({"normalization_rule_name": "identity"}, "every white space"),
    ],
    ids=["pieces span words", "spaces count", "other white space counts"],
)
def test_a_model_whose_words_do_not_stand_alone_is_refused(
    settings: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=message):
        load_encoder(trained(tmp_path, **settings))


@pytest.mark.parametrize("content", [b"", b"no model at all"], ids=["empty", "other bytes"])
def test_a_file_that_is_no_model_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "en.sp.model"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"en\.sp\.model: expected a SentencePiece model"):
        Pieces(str(path))
