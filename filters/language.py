"""The language of a text, by fastText's lid.176."""

from __future__ import annotations

from filters import fasttext_model

_HUNDREDTHS = 100
"""cc_net rounds a score before it compares it, halves to even, so that 0.495 is kept at a limit of 0.5."""


class LanguageModel:
    """Gives each text its likeliest language and the probability of it, 0 to 1, to 2 decimals.

    Source: facebookresearch/cc_net, split_by_lang.py: newlines are deleted, not made spaces.

    Args:
        path: lid.176.ftz or lid.176.bin.
        languages: the languages the recipe keeps; a model that does not know one of them is refused.
    """

    def __init__(self, path: str, *, languages: tuple[str, ...] = ()) -> None:
        self._model = fasttext_model.load(path, languages)

    def __call__(self, texts: list[str]) -> list[dict[str, float | str]]:
        """For each text `language`, a code such as en, and `language_score`."""
        return [self._language(text) for text in texts]

    def _language(self, text: str) -> dict[str, float | str]:
        ((score, language),) = fasttext_model.predict(self._model, text.replace("\n", ""), 1)
        return {"language": language, "language_score": round(score * _HUNDREDTHS) / _HUNDREDTHS}
