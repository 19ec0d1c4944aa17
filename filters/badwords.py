"""Words a page may not hold, from the user's list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from corpus.errors import ModelError

_WORD = re.compile(r"\w+")


class BadWords:
    """Tells which texts hold a listed word or phrase as a whole word, in either case.

    A text is cut into words once. Only the phrases one of whose words occurs are then looked for, as the released rule
    looks for all of them: with no letter, digit or underscore on either side.

    Source: tensorflow/datasets, text/c4_utils.py, get_badwords_filter_fn.
    Differs: an empty line of the list is no word; there it matches every page.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_word: dict[str, list[re.Pattern[str]]] = {}
        self._wordless: list[re.Pattern[str]] = []
        for phrase in sorted({phrase.strip() for phrase in phrases} - {""}):
            rule = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
            words = _WORD.findall(phrase)
            rules = self._by_word.setdefault(max(words, key=len), []) if words else self._wordless
            rules.append(rule)

    @classmethod
    def load(cls, path: str) -> BadWords:
        """The list in a file, one word or phrase a line.

        Raises:
            ModelError: there is no such file, or it lists nothing.
        """
        try:
            phrases = Path(path).read_text("utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError("a list of bad words in UTF-8, one a line", str(error), path) from None
        if not any(phrase.strip() for phrase in phrases):
            raise ModelError("a list of bad words, one a line", "an empty file", path)
        return cls(phrases)

    def __call__(self, texts: list[str]) -> list[dict[str, float]]:
        """For each text, `bad_words`: 1 if it holds a listed word, else 0."""
        return [{"bad_words": float(self.found_in(text))} for text in texts]

    def found_in(self, text: str) -> bool:
        """True if the text holds a listed word."""
        text = text.lower()
        suspects = self._by_word.keys() & set(_WORD.findall(text))
        rules = [rule for word in suspects for rule in self._by_word[word]]
        return any(rule.search(text) for rule in rules + self._wordless)
