"""How surprised a language model of Wikipedia is by a text: perplexity, and the bucket it falls into."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, NamedTuple

import kenlm

from corpus.errors import ModelError
from filters.ccnet_text import text_for_perplexity
from filters.pieces import Pieces

HEAD, MIDDLE, TAIL, ALL = "head", "middle", "tail", "all"
CUTOFFS = "cutoff.csv"
_DECIMALS = 1
_PIECES_CHECKED = 2000


class Cutoffs(NamedTuple):
    """Perplexities below which a text of one language is head, or at least middle."""

    head: float
    middle: float


class LanguageModelPair(NamedTuple):
    """The pieces of one language and the n-gram model over them."""

    pieces: Pieces
    ngrams: Any

    def perplexity(self, text: str) -> float:
        """10 ** (-log10 P(text) / (pieces + 1)): the whole text is one sentence, its end counts as a piece.

        Source: facebookresearch/cc_net, perplexity.py.
        """
        pieces = self.pieces(text_for_perplexity(text))
        return float(round(10.0 ** (-self.ngrams.score(pieces) / (len(pieces.split()) + 1)), _DECIMALS))


class Perplexity:
    """Gives each text its perplexity and bucket, by the model of its language.

    A folder holds, for each language xx, xx.sp.model and xx.arpa.bin (or xx.arpa), and cutoff.csv with a row for each
    percentile and a column for each language: what `corpus train lm` writes, and what cc_net published.

    Args:
        path: that folder.
        languages: languages that must be there.
        head_percentile, tail_percentile: rows of cutoff.csv where head ends and where tail begins.
    """

    def __init__(self, path: str, *, languages: tuple[str, ...], head_percentile: int, tail_percentile: int) -> None:
        folder = Path(path)
        self._pairs = {language: load_pair(folder, language) for language in languages}
        self._cutoffs = read_cutoffs(folder / CUTOFFS, languages, head_percentile, tail_percentile)

    def __call__(self, texts: list[str], *, language: list[str]) -> list[dict[str, float | str]]:
        """For each text `perplexity` and `bucket`: head, middle, tail, or all where its language has no model."""
        return [self._scores(text, name) for text, name in zip(texts, language, strict=True)]

    def _scores(self, text: str, language: str) -> dict[str, float | str]:
        if language not in self._pairs:
            return {"bucket": ALL}
        perplexity = self._pairs[language].perplexity(text)
        return {"perplexity": perplexity, "bucket": bucket(perplexity, self._cutoffs[language])}


def bucket(perplexity: float, cutoffs: Cutoffs) -> str:
    """The bucket of a perplexity; one that equals a cutoff falls into the worse."""
    return HEAD if perplexity < cutoffs.head else MIDDLE if perplexity < cutoffs.middle else TAIL


def load_pair(folder: Path, language: str) -> LanguageModelPair:
    """The two models of a language.

    Raises:
        ModelError: one is missing or damaged, or they were not made for each other.
    """
    pieces = Pieces(str(_file(folder, f"{language}.sp.model")))
    path = str(_file(folder, f"{language}.arpa.bin", f"{language}.arpa"))
    try:
        ngrams = kenlm.Model(path)
    except (OSError, RuntimeError) as error:
        raise ModelError(
            "a KenLM model", str(error).splitlines()[0], path, "the file is damaged or of another kind"
        ) from None
    vocabulary = pieces.vocabulary(_PIECES_CHECKED)
    if 2 * sum(piece in ngrams for piece in vocabulary) < len(vocabulary):
        raise ModelError(f"n-grams over the pieces of {language}.sp.model", "a model of other words", path)
    return LanguageModelPair(pieces, ngrams)


def _file(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    there = ", ".join(sorted(path.name for path in folder.glob("*.sp.model"))) or "no language model"
    language = names[0].partition(".")[0]
    do = f"`corpus train lm --language {language}` writes it, or leave the stage out with --set perplexity_models="
    raise ModelError(" or ".join(names), there, str(folder), do)


def read_cutoffs(path: Path, languages: tuple[str, ...], head: int, tail: int) -> dict[str, Cutoffs]:
    """The cutoffs of each language at two percentiles of cutoff.csv.

    Raises:
        ModelError: the file is missing, or has no such row or column.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = {row[""]: row for row in csv.DictReader(file)}
        return {name: Cutoffs(float(rows[str(head)][name]), float(rows[str(tail)][name])) for name in languages}
    except (OSError, KeyError, ValueError) as error:
        expected = f"rows {head} and {tail}, columns {', '.join(languages)}"
        do = "`corpus train lm` writes it; cc_net publishes that of its models"
        raise ModelError(expected, f"{type(error).__name__}: {error}", str(path), do) from None
