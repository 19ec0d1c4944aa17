"""The language of a text, by fastText's lid.176."""

from __future__ import annotations

from corpus.model_trial import require_sound
from corpus.recipe import cited
from filters.web import fasttext_model
from filters.web.fasttext_lines import DOUBT, LineModel, fits

_HUNDREDTHS = cited(100, "facebookresearch/cc_net, split_by_lang.py: rounded to two decimals", "parts", "peer")
"""cc_net rounds a score before it compares it, halves to even, so that 0.495 is kept at a limit of 0.5."""


class LanguageModel:
    """Gives each text its likeliest language and the probability of it, 0 to 1, to 2 decimals.

    Source: facebookresearch/cc_net, split_by_lang.py: newlines are deleted, not made spaces.

    Args:
        path: lid.176.ftz or lid.176.bin.
        languages: the languages the recipe keeps; a model that does not know one of them is refused.
    """

    def __init__(self, path: str, *, languages: tuple[str, ...] = ()) -> None:
        require_sound(__name__, path)
        self._model = fasttext_model.load(path, languages)
        try:
            self._lines = LineModel(path, self._model) if fits(path, self._model) else _nothing
        except (ValueError, IndexError, ArithmeticError, MemoryError, RuntimeError) as error:
            raise fasttext_model.damaged(path, error) from None

    def exercise(self) -> None:
        """Ask the model about the words it knows, as a trial."""
        fasttext_model.exercise(self._model)
        self(["A line of words\nand another one."])

    def __call__(self, texts: list[str]) -> list[dict[str, float | str]]:
        """For each text `language`, a code such as en, and `language_score`."""
        lines = [text.replace("\n", "") for text in texts]
        return [self._language(line, found) for line, found in zip(lines, self._lines(lines), strict=True)]

    def _language(self, line: str, found: tuple[float, str] | None) -> dict[str, float | str]:
        if found is None or _could_round_otherwise(found[0]):
            (found,) = fasttext_model.predict(self._model, line, 1)
        score, language = found
        return {"language": language, "language_score": round(score * _HUNDREDTHS.value) / _HUNDREDTHS.value}


def try_model(path: str) -> None:
    """Load a model and ask it, where that may do harm (see corpus.model_trial)."""
    fasttext_model.check_file(path)
    LanguageModel(path).exercise()


def _could_round_otherwise(score: float) -> bool:
    return abs(score * _HUNDREDTHS.value % 1 - 1 / 2) < DOUBT.value * _HUNDREDTHS.value


def _nothing(lines: list[str]) -> list[tuple[float, str] | None]:
    """Stands for a LineModel where the model is of another kind: fastText is asked about every line."""
    return [None] * len(lines)
