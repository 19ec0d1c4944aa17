"""Language by lid.176, the compressed model that the environment brings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import fasttext
import pytest

from corpus import models
from corpus.errors import ModelError
from filters.web.fasttext_lines import DOUBT
from filters.web.fasttext_model import one_line
from filters.web.language import LanguageModel
from filters.web.lines import line_keys

TEXTS = {
    "en": "The apprentices carry everything out into the yard,\nbecause the light is better there in the evening.",
    "de": "Die Lehrlinge tragen alles in den Hof,\nweil dort am Abend das Licht besser ist.",
    "fr": "Les apprentis portent tout dans la cour,\nparce que la lumière y est meilleure le soir.",
    "uk": "Учні виносять усе на подвір'я,\nбо ввечері там краще світло.",
}


@pytest.fixture(scope="module")
def path() -> str:
    return str(models.find("lid.176"))


@pytest.fixture(scope="module")
def language(path: str) -> LanguageModel:
    return LanguageModel(path, languages=("en", "de"))


@pytest.mark.parametrize("code", TEXTS)
def test_languages_are_told_apart(code: str, language: LanguageModel) -> None:
    (found,) = language([TEXTS[code]])
    assert found["language"] == code
    assert 0.5 < float(found["language_score"]) <= 1
    assert float(found["language_score"]) == round(float(found["language_score"]), 2)


def test_every_line_counts_not_only_the_first(language: LanguageModel) -> None:
    text = "Start\n" + TEXTS["de"] * 5
    assert language([text])[0]["language"] == "de"
    assert language([text]) == language([text.replace("\n", "")])


ODD = {"none": "", "lines": "\n\n", "nul": "\0", "nul inside": "a\0b", "lone": "\ud800 lone", "long": "x" * 1_000_000}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_have_a_language_of_low_or_any_score(text: str, language: LanguageModel) -> None:
    (found,) = language([text])
    assert 0 <= float(found["language_score"]) <= 1


class Fixed:
    """Stands for fastText's binding: always the same answer."""

    def __init__(self, score: float) -> None:
        self.score = score

    def predict(self, line: str, *_settings: object) -> list[tuple[float, str]]:
        return [(self.score, "__label__en")]


@pytest.mark.parametrize(
    ("score", "rounded"), [(0.494, 0.49), (0.495, 0.5), (0.4951, 0.5), (0.505, 0.5), (0.515, 0.52), (1.00002, 1.0)]
)
def test_scores_are_rounded_as_cc_net_rounds_them(score: float, rounded: float, language: LanguageModel) -> None:
    fixed = LanguageModel.__new__(LanguageModel)
    fixed._model, fixed._lines = Fixed(score), lambda lines: [None] * len(lines)
    assert fixed(["text"])[0]["language_score"] == rounded


@pytest.mark.parametrize("edge", [0.495, 0.605])
@pytest.mark.parametrize(("off", "asked"), [(-1.1, False), (-0.9, True), (0.9, True), (1.1, False)])
def test_fasttext_is_asked_where_rounding_could_go_either_way(edge: float, off: float, asked: bool) -> None:
    model = LanguageModel.__new__(LanguageModel)
    model._model, model._lines = Fixed(0.25), lambda lines: [(edge + off * DOUBT.value, "en")] * len(lines)
    assert (model(["text"])[0]["language_score"] == 0.25) == asked


def test_a_damaged_model_is_named(path: str, tmp_path: Path) -> None:
    damaged = tmp_path / "own.ftz"
    damaged.write_bytes(Path(path).read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"own\.ftz: expected a fastText model"):
        LanguageModel(str(damaged))


def test_a_model_that_does_not_know_the_language_is_refused(path: str) -> None:
    with pytest.raises(ModelError, match="expected a classifier that knows xx"):
        LanguageModel(path, languages=("en", "xx"))


def test_the_binding_predicts_what_fasttext_predicts(path: str, language: LanguageModel) -> None:
    model = fasttext.load_model(path)
    (labels,), (scores,) = model.predict([TEXTS["fr"].replace("\n", "")])
    assert language([TEXTS["fr"]]) == [{"language": labels[0][9:], "language_score": round(float(scores[0]), 2)}]


def test_words_that_look_like_labels_are_broken() -> None:
    assert one_line("a __label__wiki\nb") == "a __ label__wiki b"


def test_documents_of_cc_net_have_the_fields_that_our_stages_give(shared_data: Path, language: LanguageModel) -> None:
    with gzip.open(shared_data / "commoncrawl" / "real" / "ccnet-output-cc_en_head-0091.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    for row in rows:
        text, meta = row["text"], row["metadata"]
        (found,) = language([text])
        assert found["language"] == meta["language"]
        # theirs is the whole model, ours the compressed one
        assert float(found["language_score"]) == pytest.approx(meta["language_score"], abs=0.1)
        keys = line_keys(text)
        written = [key for key, line in zip(keys.tolist(), text.split("\n"), strict=True) if line]
        assert len(set(written)) == len(written)
        assert meta["original_length"] >= 300
        # the set's publishers took further lines out of some documents; where none is missing, all is equal
        assert len(keys) <= meta["nlines"] == len(meta["line_ids"])
        assert len(text) <= meta["length"]
        assert (len(keys) == meta["nlines"]) == (len(text) == meta["length"])
    assert any(len(row["text"]) == row["metadata"]["length"] for row in rows)
