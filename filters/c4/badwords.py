"""Words a page may not hold, from the user's list."""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus import model_files
from corpus.errors import ModelError

_WORD = re.compile(r"\w+")


class BadWords:
    """Tells which texts hold a listed word or phrase as a whole word, in either case.

    As in the released rule, neither side of it may touch a letter, digit or underscore. A text is cut into words once;
    a phrase is then only looked for where its longest word was met.

    Source: tensorflow/datasets, text/c4_utils.py, get_badwords_filter_fn.
    Differs: an empty line of the list is no word; there it matches every page.
    """

    def __init__(self, listed: Iterable[str]) -> None:
        phrases = {phrase.strip() for phrase in listed} - {""}
        self._words = {phrase for phrase in phrases if _WORD.fullmatch(phrase)}
        self._by_word: dict[str, list[str]] = {}
        for phrase in sorted(phrases - self._words):
            longest = max(_WORD.findall(phrase), key=len, default="")
            self._by_word.setdefault(longest, []).append(phrase)

    @classmethod
    def load(cls, path: str) -> BadWords:
        """The list in a file, one word or phrase a line.

        Raises:
            ModelError: there is no such file, or it lists nothing.
        """
        try:
            phrases = model_files.read_text(path).split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError("a list of bad words in UTF-8, one per line", str(error), path) from None
        if not any(phrase.strip() for phrase in phrases):
            raise ModelError("a list of bad words, one per line", "an empty file", path)
        return cls(phrases)

    def __call__(self, texts: list[str]) -> list[dict[str, float]]:
        """For each text, `bad_words`: 1 if it holds a listed word, else 0."""
        return [{"bad_words": float(self.found_in(text))} for text in texts]

    def found_in(self, text: str) -> bool:
        """True if the text holds a listed word."""
        text = text.lower()
        words = set(_WORD.findall(" ".join(set(text.split()))))
        if not self._words.isdisjoint(words):
            return True
        suspects = self._by_word.keys() & {*words, ""}
        return any(_stands_in(text, phrase) for word in suspects for phrase in self._by_word[word])


def _stands_in(text: str, phrase: str) -> bool:
    return phrase in text and re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None
