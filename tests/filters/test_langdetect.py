"""Language by langdetect: its answers, drawn with a fixed seed."""

from __future__ import annotations

import pytest

from filters.langdetect import LangDetect


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
