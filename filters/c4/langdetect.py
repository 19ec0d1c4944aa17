"""Language by langdetect, the detector C4 was made with; from its Rust port, which gives the same answers."""

from __future__ import annotations

from collections.abc import Callable

from langdetect_rs import PROFILES_DIRECTORY, DetectorFactory, LangDetectException

from corpus import models
from filters.web.language import LanguageModel

NAME = "langdetect"
Detector = Callable[[list[str]], list[dict[str, float | str]]]


class LangDetect:
    """Gives each text its likeliest language and the probability of it, 0 to 1.

    Args:
        seed: langdetect draws at random; with a seed its answer depends on the text alone.
    """

    def __init__(self, seed: int) -> None:
        self._factory = DetectorFactory()
        self._factory.load_profile(PROFILES_DIRECTORY)
        self._factory.set_seed(seed)

    def __call__(self, texts: list[str]) -> list[dict[str, float | str]]:
        """For each text `language` (a code such as en; "" where no letter tells) and `language_score`."""
        return [self._detect(text) for text in texts]

    def _detect(self, text: str) -> dict[str, float | str]:
        detector = self._factory.create()
        detector.append(text)
        try:
            best = next(iter(detector.get_probabilities()), None)
        except LangDetectException:
            best = None
        return {"language": best.lang if best else "", "language_score": best.prob if best else 0.0}


def locate_detector(model: str) -> str:
    """`langdetect` as it is, which is no file; else where the fastText model of that name or path lies.

    Raises:
        ModelError: there is no such model.
    """
    return model if model == NAME else str(models.find(model))


def load_detector(model: str, *, languages: tuple[str, ...], seed: int, fasttext_chars: int) -> Detector:
    """The detector of a recipe: langdetect, drawing from a seed, or the fastText model at a path, on openings only.

    langdetect reads 10,000 characters of a text by itself.
    """
    if model == NAME:
        return LangDetect(seed)
    detector = LanguageModel(model, languages=languages)
    return lambda texts: detector([text[:fasttext_chars] for text in texts])
