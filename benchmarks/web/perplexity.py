"""Claim: perplexity from raw text takes at most 1/2.5 of the CPU time of the plain way, for the same scores.

The plain way is cc_net's: normalise a character at a time, sp.encode, join, KenLM's score. Both take the same English
texts with the same models in one process, 64 documents of each in turns; nothing is remembered from text to text. The
models are of half of the pages; the texts are the other half and all other English at hand, none of it trained on.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import process_time
from types import ModuleType

import kenlm
import numpy as np
import pages as shared
import sentencepiece

from corpus import models
from corpus.document import Document
from corpus.readers.base import InputSplit, Seen
from filters.web.ccnet_text import CONTROLS, PUNCTUATION
from filters.web.language import LanguageModel
from filters.web.perplexity import load_pair
from pipelines.engine import files
from pipelines.engine.stages import EachDocument, bind, valued
from pipelines.engine.streams import SCORED_AT_ONCE
from pipelines.sources import c4, wikipedia
from pipelines.sources.books import source as books
from pipelines.sources.stackexchange import source as stackexchange

CLAIMED = 2.5
ROUNDS = 3
BOOK_CHARS = 400_000  # of each book, cut into documents: else they would be most of the text
DOCUMENT_CHARS = 20_000
OTHERS = {"c4": c4, "stackexchange": stackexchange, "wikipedia": wikipedia}
Way = Callable[[list[str]], list[float]]
_DIGIT, _CONTROL = re.compile(r"\d"), re.compile(f"[{re.escape(CONTROLS)}]")


def plain_text(text: str) -> str:
    """cc_net's normalisation for perplexity, spelt out."""
    bare = (c for c in unicodedata.normalize("NFD", text.strip().lower()) if unicodedata.category(c) != "Mn")
    return _CONTROL.sub("", "".join(PUNCTUATION.get(c, c) for c in _DIGIT.sub("0", "".join(bare))))


def plain_way(folder: Path) -> Way:
    """Perplexities as cc_net computes them."""
    encoder = sentencepiece.SentencePieceProcessor(model_file=str(folder / "en.sp.model"))
    ngrams = kenlm.Model(str(folder / "en.arpa.bin"))

    def perplexities(texts: list[str]) -> list[float]:
        sentences = (encoder.encode(plain_text(text), out_type=str) for text in texts)
        return [round(10 ** (-ngrams.score(" ".join(pieces)) / (len(pieces) + 1)), 1) for pieces in sentences]

    return perplexities


def english_pages(data: Path) -> list[str]:
    """The English pages of the real WET files."""
    found = shared.pages(data)
    scores = LanguageModel(str(models.find("lid.176")))([page.text for page in found])
    return [page.text for page, scored in zip(found, scores, strict=True) if scored["language"] == "en"]


def other_english(data: Path) -> dict[str, list[str]]:
    """The English texts of other real dumps by dump, as the stages of their sources that need no model leave them."""
    found = {name: [page.text for page in documents(data / name, source)] for name, source in OTHERS.items()}
    editions = {
        page.meta.get("ebook", page.id): page.text[:BOOK_CHARS] for page in documents(data / "gutenberg", books)
    }
    cuts = range(0, BOOK_CHARS, DOCUMENT_CHARS)
    found["gutenberg"] = [text[at : at + DOCUMENT_CHARS] for text in editions.values() for at in cuts if text[at:]]
    return found


def documents(folder: Path, module: ModuleType) -> Iterator[Document]:
    """The English documents that a source keeps of the dumps in a folder."""
    source, values = module.SOURCE, {name: number.value for name, number in module.RECIPE.items()}
    steps = [bind(step, values) for stage in source.stages if isinstance(stage, EachDocument) for step in stage.steps]
    limits = valued(source.reader.limits, values)
    for path in sorted(map(str, folder.rglob("*.*"))):
        if source.reader.accepts(path, files.head(path)):
            for outcome in source.reader.read(files.open_file, InputSplit(0, 1, path), Seen(), **limits):
                for step in steps:
                    outcome = step(outcome.document) if outcome.kept else outcome
                if outcome.kept and outcome.document.meta.get("language", "en") == "en":
                    yield outcome.document


def in_turns(ways: tuple[Way, ...], texts: list[str]) -> tuple[list[list[float]], list[list[float]]]:
    """CPU seconds for each batch, and results, of each way; they take turns, and none is always first."""
    seconds, found = [list[float]() for _ in ways], [list[float]() for _ in ways]
    turn = list(enumerate(ways))
    for start in range(0, len(texts), SCORED_AT_ONCE):
        for number, way in turn:
            before = process_time()
            found[number] += way(texts[start : start + SCORED_AT_ONCE])
            seconds[number].append(process_time() - before)
        turn.reverse()
    return seconds, found


def report(name: str, texts: list[str], ways: tuple[Way, Way]) -> float:
    """Print how fast the ways take texts, the best of each for each batch, and how many times as fast ours is."""
    rounds = [in_turns(ways, texts) for _ in range(ROUNDS)]
    (slow, fast), (plain, ours) = (
        np.min([seconds for seconds, _ in rounds], axis=0).sum(axis=1),
        np.array(rounds[-1][1]),
    )
    equal, apart = np.mean(plain == ours), np.abs(plain / ours - 1).max()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{name}: {len(texts)} documents, {megabytes:.1f} MB: plain {megabytes / slow:.2f} MB/s, ", end="")
    print(f"ours {megabytes / fast:.2f}, {slow / fast:.2f} times; ", end="")
    print(f"{equal:.1%} of perplexities equal, largest relative difference {apart:.0e}", flush=True)
    return float(slow / fast)


def main() -> None:
    options = shared.arguments(__doc__ or "").parse_args()
    pages = english_pages(options.data)
    texts = {"pages": pages[1::2], **other_english(options.data)}
    stream = [text for part in texts.values() for text in part]
    Random(1).shuffle(stream)
    print(", ".join(f"{name} {sum(map(len, part)) / 1e6:.1f}" for name, part in texts.items()), "million characters")
    with tempfile.TemporaryDirectory() as scratch:
        shared.language_model(pages[::2], Path(scratch))
        folder = Path(scratch) / "lm"
        pair = load_pair(str(folder), "en")
        ways = (plain_way(folder), lambda some: [pair.perplexity(text) for text in some])
        times = report("all", stream, ways)
        report("pages", texts["pages"], ways)
    print(f"claim: {CLAIMED} times over all texts: {'met' if times >= CLAIMED else 'NOT met'}")


if __name__ == "__main__":
    main()
