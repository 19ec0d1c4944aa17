"""Training the classifier of pages that Wikipedia cites: positives by their addresses, negatives at random.

Differs: RedPajama v1, which published the first one, counted its negatives before it filtered them, and did not drop
repeated positives; here both sides pass the same rules before they are counted.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from corpus.document import Document
from corpus.errors import InputError
from corpus.json_values import json_value
from corpus.models import CARD, card_bytes
from corpus.output.made import FINGERPRINT, contents_of, fingerprint_of, made_before
from corpus.output.manifest import REFERENCE_MODEL
from corpus.output.write import writing_here
from corpus.progress.steps import DOCUMENT
from corpus.progress.work import step
from corpus.recipe import Cited, Recipe, cited
from corpus.storage import PART, measure
from corpus.stores.addresses import read_text, storage_of
from corpus.writers import id_hash
from filters.web.fasttext_model import LABEL, one_line
from filters.web.reference import MODEL, OTHER, REFERENCE, ReferenceModel, page_address, page_host
from pipelines.documents import BuiltDocuments, documents_in, open_table
from pipelines.engine import files
from pipelines.training.fasttext import train_supervised

_REDPAJAMA = "RedPajama-Data v1, data_prep/cc/classifier"
RECIPE = Recipe(
    "train reference",
    min_chars=cited(1000, f"{_REDPAJAMA}: for positives; here for both sides", "chars", "peer"),
    match=cited("url", "a page is a positive when its address is cited, or its host", choices=("url", "host")),
    most_positives=cited(300_000, f"{_REDPAJAMA}: about 300,000 references were fetched", "pages", "peer"),
    negatives=cited(1.0, f"{_REDPAJAMA}: as many random pages as references", "per positive", "peer"),
    least_positives=cited(20, "from fewer it learns the sites' names", "pages"),
    held_one_in=cited(10, "a tenth measures precision and recall", "pages"),
    seed=cited(1, "any; the same seed gives the same bytes"),
    epochs=cited(5, "fastText's default", "passes"),
    learning_rate=cited(0.1, "fastText's default", ""),
    dimensions=cited(16, "as good as 100 on two classes, and a sixth of the size", "numbers per word"),
    word_ngrams=cited(2, "pairs of words distinguish prose from lists", "words"),
    buckets=cited(
        200_000, "pairs of words are hashed into 200,000; fastText's 2,000,000 make a model of 1 GB", "buckets"
    ),
)
CURVE = "curve.csv"
_THRESHOLDS = np.linspace(0.05, 0.95, 19)


class Curve(NamedTuple):
    """The effect of a threshold on P(reference) on held-out pages; each value is a share, 0 to 1."""

    threshold: float
    precision: float
    recall: float
    kept_share: float


class Trained(NamedTuple):
    """The result of `train_reference`: the model, its card, the numbers of pages of either side, and the curve."""

    model: str
    card: str
    positives: int
    negatives: int
    curve: list[Curve]


def train_reference(positives: list[str], pages: list[str], output: str | Path, recipe: Mapping[str, Cited]) -> Trained:
    """Train the classifier into a folder: reference.bin, card.json, curve.csv.

    One that was trained on the same, in the same way, and is still what was written is not trained again.

    Args:
        positives: tables of references, with a column url, as a build of Wikipedia writes them.
        pages: builds of the web, with their addresses in meta.
        recipe: RECIPE, resolved.

    Raises:
        InputError: no such table, or too few of its references among the pages.
    """
    numbers: dict[str, Any] = {name: number.value for name, number in recipe.items()}
    target, web = str(output).rstrip("/"), documents_in(pages)
    fingerprint = fingerprint_of(
        [choose, read_references, _train, curve], numbers, _held(positives), contents_of(web.builds)
    )
    if made_before(target, REFERENCE_MODEL, lambda it: it.get(FINGERPRINT) == fingerprint, storage_of(target)):
        return _trained_before(target)
    with step("read references"):
        references = read_references(positives, numbers["match"])
    cited_pages, others = choose(references, web, numbers)
    labelled = [(REFERENCE, page) for page in cited_pages] + [(OTHER, page) for page in others]
    held = [pair for pair in labelled if _hash(pair[1], numbers["seed"]) % numbers["held_one_in"] == 0]
    train = [pair for pair in labelled if _hash(pair[1], numbers["seed"]) % numbers["held_one_in"]]
    with writing_here(target, REFERENCE_MODEL, [MODEL, CURVE, CARD], storage_of(target)) as out:
        with out.create_at(MODEL) as new:
            _train(train, numbers, Path(new.path))
        with step("measure", cost=1.0):
            measured = curve(ReferenceModel(f"{out.folder}/{MODEL}"), held)
        rows = [",".join(Curve._fields), *(",".join(f"{value:.4f}" for value in row) for row in measured)]
        with out.create(CURVE) as file:
            file.write("\n".join(rows).encode() + b"\n")
        fields = card_bytes(
            {MODEL: out.files[MODEL].sha256}, positives=len(cited_pages), negatives=len(others), held=len(held),
            references=positives, pages=pages, recipe=numbers, curve=[row._asdict() for row in measured],
        )  # fmt: skip
        with out.create(CARD) as file:
            file.write(fields)
        out.finish(**{FINGERPRINT: fingerprint})
    return Trained(f"{target}/{MODEL}", f"{target}/{CARD}", len(cited_pages), len(others), measured)


def _trained_before(folder: str) -> Trained:
    """What is in a folder, as `train_reference` gave it."""
    card = json_value(read_text(f"{folder}/{CARD}"))
    measured = [Curve(**row) for row in card["curve"]]
    return Trained(f"{folder}/{MODEL}", f"{folder}/{CARD}", card["positives"], card["negatives"], measured)


def _held(patterns: list[str]) -> list[list[str]]:
    """The tables of references: for each its name and a digest of its bytes."""
    return sorted([file.path.rpartition("/")[2], _digest(file.path)] for file in files.find(patterns))


def _digest(path: str) -> str:
    with open_table(path) as file:
        return measure(file)[1]


def read_references(patterns: list[str], match: str) -> set[str]:
    """The addresses, or hosts, that the tables of references name.

    Raises:
        InputError: a file has no column url.
    """
    addresses: set[str] = set()
    for file in files.find(patterns):
        with open_table(file.path) as opened:
            table = pq.ParquetFile(opened)
            if "url" not in table.schema_arrow.names:
                raise InputError("a table of references with a column url", str(table.schema_arrow.names), file.path)
            for batch in table.iter_batches(columns=["url"]):
                addresses.update(map(_normalizer(match), filter(None, batch.column(0).to_pylist())))
    return addresses - {""}


def _normalizer(match: str) -> Callable[[str], str]:
    return page_address if match == "url" else page_host


def choose(
    references: set[str], pages: BuiltDocuments, numbers: Mapping[str, Any]
) -> tuple[list[Document], list[Document]]:
    """The pages that are cited, and `negatives` times as many others; each text and each address once.

    The choice is by hashes of addresses with the seed. Addresses and texts seen take 200 bytes per page.

    Raises:
        InputError: too few of the references are among the pages.
    """
    normalize = _normalizer(numbers["match"])
    most = numbers["most_positives"]
    sides = {True: _Sample(most), False: _Sample(int(most * numbers["negatives"]))}
    seen: set[int] = set()
    with step("read pages", pages.count, DOCUMENT):
        for page in pages.documents():
            url = page.meta.get("url", "")
            keys = {id_hash(page.text), id_hash(page_address(url))}
            if url and len(page.text) >= numbers["min_chars"] and not keys & seen:
                seen |= keys
                sides[normalize(url) in references].offer(_hash(page, numbers["seed"]), page)
    cited_pages = sides[True].pages()
    if len(cited_pages) < numbers["least_positives"]:
        expected = f"{numbers['least_positives']} pages that are references"
        do = "crawl the references, or use --set match=host"
        where = ", ".join(build.folder for build in pages.builds)
        raise InputError(expected, f"{len(cited_pages)} of {len(references):,}", where, do)
    return cited_pages, sides[False].pages()[: int(len(cited_pages) * numbers["negatives"])]


class _Sample:
    """A bottom-k sample: of all pages that were offered, the `most` with the smallest hashes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[int, Document]] = []

    def offer(self, key: int, page: Document) -> None:
        push = heapq.heappush if len(self._heap) < self._most else heapq.heappushpop
        push(self._heap, (-key, page))

    def pages(self) -> list[Document]:
        """In the order of their hashes."""
        return [page for _key, page in sorted(self._heap, key=lambda kept: -kept[0])]


def _hash(page: Document, seed: int) -> int:
    return id_hash(f"{seed} {page_address(page.meta['url'])}")


def _train(labelled: list[tuple[str, Document]], numbers: Mapping[str, Any], path: Path) -> None:
    with tempfile.TemporaryDirectory(PART, dir=path.parent) as scratch:
        text = Path(scratch) / "pages.txt"
        with text.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{LABEL}{label} {one_line(page.text)}\n" for label, page in sorted(labelled, key=_mixed))
        train_supervised(
            text, path, seed=numbers["seed"], epoch=numbers["epochs"], lr=numbers["learning_rate"],
            dim=numbers["dimensions"], wordNgrams=numbers["word_ngrams"], bucket=numbers["buckets"],
        )  # fmt: skip


def _mixed(labelled: tuple[str, Document]) -> int:
    """An order that mixes both sides, because fastText trains in the order of the file."""
    return id_hash(labelled[1].id)


def curve(model: ReferenceModel, held: list[tuple[str, Document]]) -> list[Curve]:
    """Precision, recall and share kept of labelled pages, by threshold."""
    scores = np.array([row["reference"] for row in model([page.text for _label, page in held])])
    truth = np.array([label == REFERENCE for label, _page in held], np.bool_)
    return [_at(threshold, scores >= threshold, truth) for threshold in _THRESHOLDS.tolist()]


def _at(threshold: float, kept: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> Curve:
    right = int((kept & truth).sum())
    precision, recall = right / max(1, int(kept.sum())), right / max(1, int(truth.sum()))
    return Curve(round(threshold, 2), precision, recall, int(kept.sum()) / max(1, len(truth)))
