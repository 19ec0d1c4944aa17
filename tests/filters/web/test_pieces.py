"""Pieces are what SentencePiece gives for the whole text, of long texts too."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import sentencepiece

from corpus.errors import ModelError
from corpus.recipe import cited
from filters.web import pieces as module
from filters.web.pieces import Pieces, load_encoder
from pipelines.demo.commoncrawl import article

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
    for text in texts:
        assert cached(text) == " ".join(whole.encode(text, out_type=str)), repr(text)


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_nothing_has_no_pieces(text: str, model: str) -> None:
    assert Pieces(model)(text) == ""


@pytest.mark.parametrize("most", [60, 61, 1000])
def test_a_long_text_is_cut_at_spaces_with_the_same_result(
    most: int, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CUT_BYTES", cited(most, "a test's", "bytes"))
    text = "  ".join(line for number in range(20) for line in article(number)).lower()
    parts = list(module._parts(text.encode()))
    assert len(parts) > 1
    assert max(map(len, parts)) <= most
    assert b"".join(parts).decode() == text
    whole = sentencepiece.SentencePieceProcessor(model_file=model)
    assert Pieces(model)(text) == " ".join(whole.encode(text, out_type=str))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("abcdefgh", ["abcdefgh"]),
        ("abcdefghi", ["abcdefgh", "i"]),
        ("abcdefg hi", ["abcdefg", " hi"]),
        ("abc efgh i", ["abc efgh", " i"]),
        ("abcdéfgh", ["abcdéfg", "h"]),
        ("abcdefgé", ["abcdefg", "é"]),
        ("水曜日水曜日", ["水曜", "日水", "曜日"]),
        (" abcdefghi", [" abcdefg", "hi"]),
        ("          ", [" " * 8, " " * 2]),
    ],
    ids=["at the limit", "above", "at a space", "at a space just after", "two bytes whole", "two bytes cut", "three",
         "no space but the first", "spaces alone"],
)  # fmt: skip
def test_a_text_is_cut_before_a_space_or_between_characters(
    text: str, parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CUT_BYTES", cited(8, "a test's", "bytes"))
    assert [part.decode() for part in module._parts(text.encode())] == parts


@pytest.mark.parametrize(("letters", "starts"), [(1 << 18, 1), ((1 << 18) + 1, 2)], ids=["at the limit", "above"])
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
