from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizer_texts import SENTENCES, VOCABULARY, sentences, settings, write_documents

from corpus.errors import InputError, ModelError, RecipeError
from tokenizer.proto import parse
from tokenizer.settings import RECIPE, trainer_settings
from tokenizer.train import Trained, train, train_tokenizer

FROM_FACTS = {
    "model_type": "bpe",
    "vocab_size": 32_000,
    "input_sentence_size": 200_000_000,
    "character_coverage": 0.99995,
    "max_sentence_length": 4192,
    "max_sentencepiece_length": 16,
    "split_by_unicode_script": True,
    "split_by_whitespace": True,
    "split_by_number": True,
    "split_digits": True,
    "allow_whitespace_only_pieces": True,
    "byte_fallback": True,
    "hard_vocab_limit": True,
    "unk_id": 0,
    "bos_id": 1,
    "eos_id": 2,
    "pad_id": -1,
    "unk_surface": " ⁇ ",
    "train_extremely_large_corpus": False,
    "normalization_rule_name": "identity",
    "add_dummy_prefix": True,
    "remove_extra_whitespaces": False,
    "escape_whitespaces": True,
}


def test_recipe_states_the_released_settings() -> None:
    assert {name: number.value for name, number in RECIPE.items() if name in FROM_FACTS} == FROM_FACTS
    assert FROM_FACTS.items() - trainer_settings(RECIPE).items() == {("train_extremely_large_corpus", False)}


def test_training_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    train(["x" * 5000, *sentences(300)], settings(vocab_size=600))
    assert capfd.readouterr() == ("", "")


def test_trained_model_states_the_released_settings_itself(trained: Trained) -> None:
    stated = parse(trained.model).settings
    assert stated.pop("precompiled_charsmap") == ""
    assert stated.pop("character_coverage") == pytest.approx(0.99995, abs=1e-7)  # a 32-bit float in the file
    expected = {name: value for name, value in FROM_FACTS.items() if name != "character_coverage"}
    assert stated == expected | {"vocab_size": VOCABULARY}


def test_a_setting_reaches_the_model() -> None:
    model = train(sentences(300), settings(vocab_size=600, split_digits=False, max_sentencepiece_length=4)).model
    stated = parse(model).settings
    assert (stated["split_digits"], stated["max_sentencepiece_length"], stated["vocab_size"]) == (False, 4, 600)


def test_vocabulary_begins_with_control_and_byte_pieces(trained: Trained) -> None:
    pieces = [piece.piece for piece in parse(trained.model).pieces]
    assert pieces[:3] == ["<unk>", "<s>", "</s>"]
    assert pieces[3:259] == [f"<0x{byte:02X}>" for byte in range(256)]
    assert len(pieces) == VOCABULARY


def test_same_lines_make_the_same_model_whatever_the_threads(trained: Trained) -> None:
    one = train(sentences(300), settings(vocab_size=600), threads=1)
    two = train(sentences(300), settings(vocab_size=600), threads=2)
    assert parse(one.model).pieces == parse(two.model).pieces
    assert (one.digest, one.lines, one.bytes) == (two.digest, two.lines, two.bytes)
    assert one.digest != trained.digest


def test_too_little_text_is_one_clear_error() -> None:
    with pytest.raises(ModelError, match=r"expected text enough for 32000 pieces, got \S.*--set vocab_size=N"):
        train(["just one line"])


def test_folder_gets_model_and_card(tmp_path: Path) -> None:
    github = {f"github:{n}": text for n, text in enumerate(sentences(400, 1))}
    books = {f"books:{n}": text for n, text in enumerate(sentences(400, 2))}
    paths = [
        str(write_documents(tmp_path / "github.parquet", github, language="en")),
        str(write_documents(tmp_path / "books.parquet", books)),
    ]
    recipe = settings(vocab_size=600, sample_bytes=40_000, card_bytes=5_000)
    encoder = train_tokenizer(paths, str(tmp_path / "out"), {"github": 0.75, "books": 0.25}, recipe)
    again = train_tokenizer(paths[::-1], str(tmp_path / "again"), {"github": 0.75, "books": 0.25}, recipe)
    assert encoder.model.digest == again.model.digest
    card = json.loads((tmp_path / "out/card.json").read_text())
    assert card["model_sha256"] == encoder.model.digest
    assert card["settings"]["vocab_size"] == 600
    assert [(row["source"], row["language"]) for row in card["fertility"]] == [("books", ""), ("github", "en")]
    assert all(1 < row["tokens_per_word"] < 6 and row["documents"] > 10 for row in card["fertility"])
    drawn = {source: card["sampled"][source] * size for source, size in card["found_bytes"].items()}
    assert drawn["github"] / drawn["books"] == pytest.approx(3, rel=0.01)
    text = (tmp_path / "out/card.md").read_text()
    assert "| split_digits | `True` |" in text
    assert "| spaces_last | `True` |" in text


@pytest.mark.parametrize(
    ("texts", "shares", "error", "words"),
    [
        pytest.param({}, {"github": 1.0}, InputError, "no line of text", id="no_documents"),
        pytest.param({"github:1": ""}, {"github": 1.0}, InputError, "no line of text", id="empty_text"),
        pytest.param(
            {"gihub:1": SENTENCES[0]}, {"github": 1.0}, RecipeError, "did you mean github", id="unknown_source"
        ),
    ],
)
def test_nothing_to_train_on(
    tmp_path: Path, texts: dict[str, str], shares: dict[str, float], error: type[Exception], words: str
) -> None:
    path = write_documents(tmp_path / "documents.parquet", texts)
    with pytest.raises(error, match=words):
        train_tokenizer([str(path)], str(tmp_path / "out"), shares)
