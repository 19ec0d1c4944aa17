"""Claim: C4's page rules run at least 3 times as fast as the released clean_page, and 15 times as fast as datatrove's.

All three clean the same pages in one process; CPU seconds, best of three rounds. Peers: tensorflow-datasets
(`pip install --no-deps tensorflow-datasets`; only its text/c4_utils.py is loaded, without tensorflow, with the sentence
splitter we use) and datatrove (which needs spacy). A peer that is not installed is left out and named. The texts that
the peers make of the pages are compared with ours, datatrove's with those of our preset of that name.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus.document import Document
from corpus.readers.base import InputSplit, Seen
from corpus.readers.c4 import read as c4
from corpus.readers.web import warc
from filters.c4.rules import clean_page
from filters.c4.sentences import _splitter
from pipelines.engine.files import open_file
from pipelines.sources.c4 import RECIPE

LIMITS = (
    "max_word_chars",
    "end_marks",
    "min_line_words",
    "marks_are_words",
    "policy_phrases",
    "min_sentences",
)
ROUNDS = 3


def pages_of(data: Path) -> list[Document]:
    """The pages of all WET files at hand, else of the published sample."""
    pages: list[Document] = []
    for path in sorted((data / "commoncrawl").glob("*.wet.gz")):
        outcomes = warc.read_records(open_file, InputSplit(0, 1, str(path)), Seen(), source="c4", record_bytes=1 << 24)
        pages += [outcome.document for outcome in outcomes if outcome.kept]
    for path in [] if pages else sorted((data / "c4").glob("*.json.gz")):
        outcomes = c4.read(open_file, InputSplit(0, 1, str(path)), Seen(), record_bytes=1 << 24)
        pages += [outcome.document for outcome in outcomes if outcome.kept]
    return pages


def ours(preset: str) -> Callable[[Document], str]:
    limits: dict[str, Any] = {name: number.value for name, number in RECIPE.resolve(preset).items() if name in LIMITS}

    def clean(page: Document) -> str:
        outcome = clean_page(page, **limits)
        return outcome.document.text if outcome.kept else ""

    return clean


def released() -> Callable[[Document], str] | None:
    """The released clean_page; None where it is not installed."""
    package = importlib.util.find_spec("tensorflow_datasets")
    if package is None or package.origin is None:
        return None
    text = types.SimpleNamespace(compat=types.SimpleNamespace(as_text=str))
    stubs = {
        "absl": {"logging": None},
        "tensorflow_datasets": {},
        "tensorflow_datasets.core": {},
        "tensorflow_datasets.core.utils": {},
        "tensorflow_datasets.core.utils.lazy_imports_utils": {"tensorflow": text},
        "tensorflow_datasets.public_api": {},
    }
    for name, content in stubs.items():
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__dict__.update(content)
    sys.modules["tensorflow_datasets"].public_api = sys.modules["tensorflow_datasets.public_api"]  # type: ignore[attr-defined]
    file = Path(package.origin).parent / "text" / "c4_utils.py"
    spec = importlib.util.spec_from_file_location("released_c4_utils", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["released_c4_utils"] = module
    spec.loader.exec_module(module)
    module._SENTENCE_TOKENIZER = _splitter()
    clean_one = module.get_clean_page_fn()

    def clean(page: Document) -> str:
        features = module.PageFeatures(url=page.id, normalized_url=page.id, text=page.text)
        return "".join(kept.text for kept in clean_one(features, counter_inc_fn=lambda counter: None))

    return clean


def datatrove() -> Callable[[Document], str] | None:
    """datatrove's C4QualityFilter with its own sentence splitter; None where it or spacy is not installed."""
    if not all(map(importlib.util.find_spec, ("datatrove", "spacy"))):
        return None
    from datatrove.data import Document as Page
    from datatrove.pipeline.filters import C4QualityFilter

    rules = C4QualityFilter()

    def clean(page: Document) -> str:
        copy = Page(page.text, page.id)
        return copy.text if rules.filter(copy) is True else ""

    return clean


def cpu_seconds(clean: Callable[[Document], str], pages: list[Document]) -> tuple[float, list[str]]:
    best, texts = float("inf"), []
    for _ in range(ROUNDS):
        start = time.process_time()
        texts = [clean(page) for page in pages]
        best = min(best, time.process_time() - start)
    return best, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    pages = pages_of(parser.parse_args().data)
    megabytes = sum(len(page.text.encode()) for page in pages) / 1e6
    print(f"{len(pages)} pages, {megabytes:.1f} MB")
    for preset, name, peer, claim in (
        ("rebuild", "released clean_page", released(), 3),
        ("datatrove", "datatrove C4QualityFilter", datatrove(), 15),
    ):
        seconds, texts = cpu_seconds(ours(preset), pages)
        print(f"preset {preset}: {megabytes / seconds:.1f} MB/s")
        if peer is None:
            print(f"{name}: not installed, not measured")
            continue
        took, theirs = cpu_seconds(peer, pages)
        same = sum(a == b for a, b in zip(texts, theirs, strict=True))
        print(
            f"{name}: {megabytes / took:.2f} MB/s; ours is {took / seconds:.1f} times as fast (claimed: {claim}); ",
            end="",
        )
        print(f"{same} of {len(pages)} texts equal")


if __name__ == "__main__":
    main()
