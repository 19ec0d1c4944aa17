"""What the benchmarks of books share: real books cleaned by the source's own steps, and its decision without Beam."""

from __future__ import annotations

import argparse
import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from corpus.document import Document
from corpus.readers.base import InputSplit, Seen
from filters.near import (
    DocumentRef,
    Match,
    Sketches,
    decide,
    find_pairs,
    group_candidates,
    join_sketches,
    likely,
    sketch,
)
from filters.overlap import find_words, sample, shingle
from pipelines.engine.stages import EachDocument, bind, valued
from pipelines.sources.books.source import RECIPE, SOURCE

VALUES: dict[str, Any] = {name: number.value for name, number in RECIPE.items()}


def arguments(text: str) -> argparse.Namespace:
    """The one option of these scripts: where the real dumps lie."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    return parser.parse_args()


def raw_books(data: Path) -> dict[str, bytes]:
    """The files of the real books as served, unpacked, by name."""
    paths = sorted((data / "gutenberg").glob("*.txt.gz"))
    if not paths:
        raise SystemExit(f"no books in {data}/gutenberg: give --data")
    return {path.name.removesuffix(".txt.gz"): gzip.decompress(path.read_bytes()) for path in paths}


def clean(name: str, raw: bytes) -> str:
    """The text that the source keeps of a file, by its own reader and steps."""
    limits = valued(SOURCE.reader.limits, VALUES)
    (outcome,) = SOURCE.reader.read(lambda path: io.BytesIO(raw), InputSplit(0, 1, f"{name}.txt"), Seen(), **limits)
    document: Document = outcome.document
    for stage in SOURCE.stages:
        for step in stage.steps if isinstance(stage, EachDocument) else ():
            document = bind(step, VALUES)(document).document
    return document.text


def sketched(doc_index: int, text: str) -> tuple[int, Sketches]:
    """A book's words and its sketch."""
    words = find_words(text).hashes
    sampled = sample(shingle(words, VALUES["shingle_words"]), VALUES["sample_one_in"])
    return len(words), sketch(doc_index, len(words), sampled, VALUES["probe_hashes"])


def near_drops(texts: Mapping[str, str], known: Mapping[str, tuple[int, Sketches]] | None = None) -> list[Match]:
    """The drops of these books by the source. known: sketches made before, by name (their indexes are set anew)."""
    books, sketches = [], []
    for doc_index, (name, text) in enumerate(texts.items()):
        words, made = (known or {}).get(name) or sketched(doc_index, text)
        books.append(DocumentRef(doc_index, name, words))
        sketches.append(made._replace(doc_indexes=made.doc_indexes * 0 + doc_index))
    pairs = likely(find_pairs(join_sketches(sketches), VALUES["max_postings"]), VALUES["min_probe_share"])
    limits = VALUES["overlap_share"], VALUES["shingle_words"], VALUES["evidence_words"]
    groups = group_candidates(books, pairs)
    return [match for group in groups for _book, match in decide(group, lambda book: texts[book.id], *limits)]


def written(seed: int, words: int) -> str:
    """A generated book: words drawn by the law of Zipf and Mandelbrot, the commonest about one in eleven."""
    ranks = 10 * np.random.default_rng(seed).pareto(1.0, words)
    return " ".join(f"w{rank}" for rank in np.minimum(ranks, 30_000).astype(int).tolist())
