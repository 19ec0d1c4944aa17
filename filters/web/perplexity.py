"""How surprised a language model of Wikipedia is by a text: its perplexity, and the bucket that puts it in."""

from __future__ import annotations

import csv
from typing import Any, NamedTuple

import kenlm
import numpy as np
from numpy.typing import NDArray

from corpus import model_files
from corpus.document import KEPT, Document, Outcome
from corpus.errors import ModelError
from corpus.model_trial import require_sound
from corpus.recipe import cited
from filters.web.ccnet_text import stored_for_perplexity
from filters.web.pieces import Pieces

HEAD, MIDDLE, TAIL, ALL = "head", "middle", "tail", "all"
CUTOFFS = "cutoff.csv"
_LOG_BASE = 10.0
_DECIMALS = cited(1, "facebookresearch/cc_net, perplexity.py, round(perplexity, 1)", "decimals", "peer")
_PIECES_CHECKED = cited(2000, "enough to tell an n-gram model over other pieces by, of which it knows few", "pieces")
_TRIED = "A sentence of words, and another one.\n" * 10


class LanguageModelPair(NamedTuple):
    """The pieces of one language and the n-gram model over them."""

    pieces: Pieces
    ngrams: Any

    def perplexity(self, text: str) -> float:
        """10 ** (-log10 P(text) / (pieces + 1)): the whole text is one sentence, its end counts as a piece.

        Source: facebookresearch/cc_net, perplexity.py.
        """
        pieces = self.pieces.of_stored(stored_for_perplexity(text))
        return float(round(_LOG_BASE ** (-self.ngrams.score(b" ".join(pieces)) / (len(pieces) + 1)), _DECIMALS.value))


class Perplexity:
    """Gives each text its perplexity by the model of its language, and the percentile of pages that it stands at.

    A folder holds, for each language xx, xx.sp.model and xx.arpa.bin (or xx.arpa), and cutoff.csv with a row for each
    percentile and a column for each language: what `corpus train lm` writes, and what cc_net published.

    Args:
        path: that folder.
        languages: languages that must be there.
    """

    def __init__(self, path: str, *, languages: tuple[str, ...]) -> None:
        self._pairs = {language: load_pair(path, language) for language in languages}
        self._cutoffs = read_cutoffs(model_files.within(path, CUTOFFS), languages)

    def __call__(self, texts: list[str], *, language: list[str]) -> list[dict[str, float]]:
        """For each text `perplexity` and `percentile`; neither for a language without a model."""
        return [self._scores(text, name) for text, name in zip(texts, language, strict=True)]

    def _scores(self, text: str, language: str) -> dict[str, float]:
        if language not in self._pairs:
            return {}
        perplexity = self._pairs[language].perplexity(text)
        return {"perplexity": perplexity, "percentile": percentile(perplexity, self._cutoffs[language])}


def percentile(perplexity: float, cutoffs: NDArray[np.float64]) -> float:
    """The last row of cutoffs, ascending, that a perplexity reaches; 0 below all of them."""
    return float(max(0, int(np.searchsorted(cutoffs, perplexity, "right")) - 1))


def in_bucket(document: Document, *, head_percentile: int, tail_percentile: int, buckets: tuple[str, ...]) -> Outcome:
    """A document with its `bucket`, by its percentile; dropped by the bucket's name when that is not among buckets.

    Source: facebookresearch/cc_net, perplexity.py: a perplexity that equals a cutoff falls into the worse bucket.

    Args:
        head_percentile: below it is head.
        tail_percentile: below it is middle, from it on tail.
        buckets: those that are kept, among head, middle, tail and all (languages without a model).
    """
    at = document.scores.get("percentile")
    bucket = ALL if at is None else HEAD if at < head_percentile else MIDDLE if at < tail_percentile else TAIL
    labelled = document._replace(meta={**document.meta, "bucket": bucket})
    return Outcome(labelled, KEPT if bucket in buckets else f"bucket_{bucket}")


def load_pair(folder: str, language: str) -> LanguageModelPair:
    """The two models of a language.

    Raises:
        ModelError: one is missing or damaged, or they were not made for each other.
    """
    pieces = _file(folder, f"{language}.sp.model")
    ngrams = _file(folder, f"{language}.arpa.bin", f"{language}.arpa")
    require_sound(__name__, pieces, ngrams)
    return _pair(pieces, ngrams)


def try_model(pieces: str, ngrams: str) -> None:
    """Load the two models and ask them, where that may do harm (see corpus.model_trial)."""
    pair = _pair(pieces, ngrams)
    vocabulary = pair.pieces.vocabulary(pair.pieces.encoder.get_piece_size())
    for at in range(0, len(vocabulary), _PIECES_CHECKED.value):
        pair.ngrams.score(" ".join(vocabulary[at : at + _PIECES_CHECKED.value]))
    pair.perplexity(_TRIED)


def _pair(pieces_path: str, path: str) -> LanguageModelPair:
    pieces = Pieces(pieces_path)
    try:
        ngrams = kenlm.Model(path)
    except (OSError, RuntimeError, MemoryError) as error:
        got = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelError("a KenLM model", got, path, "the file is damaged or of another kind") from None
    vocabulary = pieces.vocabulary(_PIECES_CHECKED.value)
    if 2 * sum(piece in ngrams for piece in vocabulary) < len(vocabulary):
        raise ModelError(f"n-grams over the pieces of {pieces_path}", "a model of other words", path)
    return LanguageModelPair(pieces, ngrams)


def _file(folder: str, *names: str) -> str:
    if found := model_files.find_file(folder, *names):
        return found
    there = ", ".join(model_files.names_ending(folder, ".sp.model")) or "no language model"
    language = names[0].partition(".")[0]
    do = f"`corpus train lm --language {language}` writes it, or leave the stage out with --set perplexity_models="
    raise ModelError(" or ".join(names), there, folder, do)


def read_cutoffs(path: str, languages: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """The perplexity at each percentile, for each language, from cutoff.csv.

    Raises:
        ModelError: the file is missing, has no such column, or its rows are not percentiles 0, 1, 2, ...
    """
    try:
        rows = list(csv.DictReader(model_files.read_text(path).splitlines()))
        if not rows or [row[""] for row in rows] != [str(number) for number in range(len(rows))]:
            raise ValueError("rows that are not percentiles from 0 on")
        cutoffs = {name: np.array([float(row[name]) for row in rows]) for name in languages}
        if any(not np.isfinite(column).all() or (np.diff(column) < 0).any() for column in cutoffs.values()):
            raise ValueError("perplexities that do not rise with their percentile")
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        expected = f"perplexities by percentile in columns {', '.join(languages)}"
        do = "`corpus train lm` writes it; cc_net publishes that of its models"
        raise ModelError(expected, f"{type(error).__name__}: {error}", path, do) from None
    return cutoffs
