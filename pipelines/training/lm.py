"""Training the language model for perplexity: SentencePiece pieces, an n-gram model over them, and cutoffs.

It is trained as cc_net's are, on the openings of Wikipedia articles, normalised as the text that is scored.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from corpus.document import Document
from corpus.errors import InputError, ModelError, UnsoundError
from corpus.json_values import json_value
from corpus.manifest import file_digest
from corpus.models import CARD, card_bytes
from corpus.output.made import contents_of, fingerprint_of, made_before
from corpus.output.manifest import DOCUMENT_FILES, LANGUAGE_MODEL, files_of, read_manifest
from corpus.output.read import damaged
from corpus.output.write import Writing, writing_here
from corpus.progress.steps import DOCUMENT
from corpus.progress.work import counted, current, step
from corpus.recipe import Cited, Recipe, cited
from corpus.storage import PART
from corpus.stores.addresses import read_text, storage_of
from corpus.writers import id_hash
from filters.web.ccnet_text import text_for_perplexity
from filters.web.kneser_ney import arpa, estimate
from filters.web.perplexity import CUTOFFS, LanguageModelPair, load_pair
from filters.web.pieces import Pieces
from pipelines.documents import BuiltDocuments, documents_in
from pipelines.training.kenlm_binary import write_binary

_CC_NET = "facebookresearch/cc_net, Makefile"
RECIPE = Recipe(
    "train lm",
    pieces=cited(65_536, f"{_CC_NET}, spm_train", "pieces", "peer"),
    coverage=cited(0.9995, f"{_CC_NET}, spm_train", "share of characters", "peer"),
    order=cited(5, f"{_CC_NET}, lmplz -o", "pieces", "peer"),
    documents=cited(1_000_000, f"{_CC_NET}, NDOC_FOR_LM: a hashed sample where there are more", "documents", "peer"),
    opening_chars=cited(2000, "cc_net uses an article's opening text; dumps have no such field; 0 for all", "chars"),
    held_one_in=cited(50, "2 % of the articles are held out, to measure the model on", "documents"),
    pages=cited(20_000, "a percentile of 20,000 pages is within half a percentile, two times in three", "documents"),
    estimator=cited("auto", "lmplz when it is on PATH, faster and leaner", choices=("auto", "numpy", "lmplz")),
)
PIECES, NGRAMS, BINARY = "make pieces", "estimate n-grams", "write the binary"
PAGES, CUTTING = "read pages", "measure perplexity"
"""The steps of a training."""
PIECES_SECONDS, NGRAMS_SECONDS, BINARY_SECONDS = 2e-6, 2e-6, 0.3e-6
"""Expected for each character that is trained on."""
PAGE_SECONDS, CUTTING_SECONDS = 30e-6, 2e-3
"""Expected for each page that is read, and measured."""
_HASHES = 1 << 64
_PERCENTILES = range(100)
_LONGEST_SENTENCE_BYTES = 1 << 20


class Trained(NamedTuple):
    """The result of `train_lm`: its card, n-grams by order, perplexity of held-out articles, and the cutoffs."""

    card: str
    ngrams: list[int]
    held_perplexity: float
    cutoffs: NDArray[np.float64]


def train_lm(
    inputs: list[str], output: str | Path, language: str, pages: list[str], recipe: Mapping[str, Cited]
) -> Trained:
    """Train the models of a language into a folder: xx.sp.model, xx.arpa, xx.arpa.bin, xx.card.json, cutoff.csv.

    Models that were trained on the same, in the same way, and are still what was written are not trained again.

    Args:
        inputs: builds of Wikipedia, or folders of builds.
        pages: builds of the web, whose perplexities give the cutoffs; without any, the held-out articles are used,
            which have far lower perplexities than pages.
        recipe: RECIPE, resolved.

    Raises:
        InputError: no documents, or too few to hold some of them out.
    """
    numbers: dict[str, Any] = {name: number.value for name, number in recipe.items()}
    articles, web = documents_in(inputs), documents_in(pages) if pages else None
    target = str(output).rstrip("/")
    pieces_name, arpa_name, card = (f"{language}.{name}" for name in ("sp.model", "arpa", CARD))
    estimator = _estimator(str(numbers["estimator"]))
    fingerprint = _fingerprint(language, estimator, numbers, articles, web)
    if before := _trained_before(target, language, fingerprint):
        return before
    openings, held = _openings(articles, language, numbers)
    earlier = _earlier_cutoffs(target, language)
    _expect(sum(map(len, openings)), web, numbers["pages"] if web else len(held))
    owns = [f"{language}.*", CUTOFFS]
    with writing_here(target, LANGUAGE_MODEL, owns, storage_of(target), beside=True) as out:
        here = Path(out.folder)
        with out.create(pieces_name) as file, step(PIECES):
            file.write(train_pieces(openings, numbers))
        with step(NGRAMS):
            write_arpa(Pieces(str(here / pieces_name)), openings, numbers["order"], estimator, out, arpa_name)
        with out.create_at(f"{arpa_name}.bin") as new, step(BINARY):
            write_binary(here / arpa_name, Path(new.path))
        pair = load_pair(out.folder, language)
        with step(PAGES, web.count if web else 0, DOCUMENT):
            sample = [one.text for one in sampled(web, language, numbers["pages"])] if web else held
        with step(CUTTING, len(sample), DOCUMENT):
            cutoffs = _write_cutoffs(out, earlier, language, [pair.perplexity(text) for text in counted(sample)])
        ngrams, held_perplexity = _sizes(here / arpa_name), perplexity_of_all(pair, held)
        models = (pieces_name, arpa_name, f"{arpa_name}.bin")
        fields = card_bytes(
            {name: out.files[name].sha256 for name in models}, language=language, estimator=estimator,
            inputs=inputs, recipe=numbers, articles=len(openings), held_articles=len(held), ngrams=ngrams,
            held_perplexity=held_perplexity, cutoffs_of={"pages": pages, "documents": len(sample)},
            fingerprint=fingerprint,
        )  # fmt: skip
        with out.create(card) as file:
            file.write(fields)
        out.finish()
    return Trained(f"{target}/{card}", ngrams, held_perplexity, cutoffs)


def _fingerprint(
    language: str, estimator: str, numbers: Mapping[str, Any], articles: BuiltDocuments, web: BuiltDocuments | None
) -> str:
    """A digest of what the models of a language depend on; of lmplz its file stands for its version."""
    reached = [train_pieces, estimate, arpa, opening, sampled, perplexity_of_all, LanguageModelPair]
    held = [contents_of(some.builds) if some else None for some in (articles, web)]
    program = shutil.which("lmplz") if estimator == "lmplz" else None
    return fingerprint_of(reached, language, estimator, program and file_digest(program), numbers, held)


def _trained_before(folder: str, language: str, fingerprint: str) -> Trained | None:
    """What `train_lm` gave of the models in a folder, where they are the very ones; else None."""
    card, storage = f"{language}.{CARD}", storage_of(folder)

    def is_it(manifest: Mapping[str, Any]) -> bool:
        return (
            card in files_of(manifest) and json_value(read_text(f"{folder}/{card}")).get("fingerprint") == fingerprint
        )

    try:
        if made_before(folder, LANGUAGE_MODEL, is_it, storage) is None:
            return None
    except (OSError, ValueError):  # a damaged card
        return None
    fields = json_value(read_text(f"{folder}/{card}"))
    table = csv.DictReader(io.StringIO(read_text(f"{folder}/{CUTOFFS}"), newline=""))
    cutoffs = np.array([float(row[language]) for row in table])
    return Trained(f"{folder}/{card}", fields["ngrams"], fields["held_perplexity"], cutoffs)


def _expect(chars: int, web: BuiltDocuments | None, sample: int) -> None:
    """Say what is to come, once it is known how much text there is."""
    current().expect(PIECES, cost=chars * PIECES_SECONDS)
    current().expect(NGRAMS, cost=chars * NGRAMS_SECONDS)
    current().expect(BINARY, cost=chars * BINARY_SECONDS)
    current().expect(PAGES, web.count if web else 0, DOCUMENT, PAGE_SECONDS)
    current().expect(CUTTING, min(sample, web.count) if web else sample, DOCUMENT, CUTTING_SECONDS)


def _openings(articles: BuiltDocuments, language: str, numbers: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The openings to train on and those held out, in the order of the documents."""
    kept: tuple[list[str], list[str]] = ([], [])
    with step("read articles", articles.count, DOCUMENT):
        for document in sampled(articles, language, numbers["documents"]):
            text = opening(document.text, numbers["opening_chars"])
            kept[id_hash(document.id) % numbers["held_one_in"] == 0].append(text)
    if not all(kept):
        counts = f"{len(kept[0])} and {len(kept[1])} held out"
        where = ", ".join(build.folder for build in articles.builds)
        raise InputError(f"documents in {language} to train on and to hold out", counts, where)
    return kept


def sampled(documents: BuiltDocuments, language: str, most: int) -> Iterator[Document]:
    """Documents of a language, in order; where there are more than `most`, about `most`, chosen by hashes of their ids.

    A document whose meta names no language counts as one of it.
    """
    total = sum(file.documents or 0 for build in documents.builds for file in build.listed(DOCUMENT_FILES))
    limit = _HASHES if total <= most else _HASHES * most // total
    for document in documents.documents():
        if document.meta.get("language", language) == language and id_hash(document.id) < limit:
            yield document


def opening(text: str, chars: int) -> str:
    """The first characters of a text, up to the last line that ends within them, else the last word; 0 for all."""
    if not chars or len(text) <= chars:
        return text
    cut = text[: chars + 1]
    end = max(cut.rfind("\n"), 0) or max(cut.rfind(" "), 0) or chars
    return text[:end]


def train_pieces(texts: Iterable[str], numbers: Mapping[str, Any]) -> bytes:
    """A SentencePiece unigram model of texts, one sentence per line; fewer pieces where the texts are too small."""
    lines = (normal for text in texts for line in text.split("\n") if (normal := text_for_perplexity(line)))
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines, model_writer=model, model_type="unigram", vocab_size=numbers["pieces"],
            character_coverage=numbers["coverage"], hard_vocab_limit=False, minloglevel=2,
            max_sentence_length=_LONGEST_SENTENCE_BYTES,
        )  # fmt: skip
    except RuntimeError as error:
        raise InputError("enough text for SentencePiece to train on", str(error).splitlines()[0]) from None
    return model.getvalue()


def _estimator(asked: str) -> str:
    if asked != "auto":
        return asked
    return "lmplz" if shutil.which("lmplz") else "numpy"


def write_arpa(pieces: Pieces, texts: Iterable[str], order: int, estimator: str, out: Writing, name: str) -> None:
    """Estimate the n-gram model of texts, each one sentence, and write it as ARPA."""
    sentences = (pieces(text_for_perplexity(text)) for text in texts)
    if estimator == "lmplz":
        return _run_lmplz(sentences, order, out, name)
    with out.create(name) as file, io.TextIOWrapper(file, "utf-8", newline="\n") as lines:
        lines.writelines(arpa(estimate((sentence.split() for sentence in sentences), order)))


def _run_lmplz(sentences: Iterable[str], order: int, out: Writing, name: str) -> None:
    with out.create_at(name) as new, tempfile.TemporaryDirectory(PART, dir=out.folder) as scratch:
        text = Path(scratch) / "pieces.txt"
        with text.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(sentence + "\n" for sentence in sentences)
        command = [
            "lmplz",
            "-o",
            str(order),
            "--discount_fallback",
            "-T",
            scratch,
            "--text",
            str(text),
            "--arpa",
            new.path,
        ]
        lmplz = subprocess.run(command, capture_output=True, text=True, check=False)
        if lmplz.returncode:
            do = "--set estimator=numpy works without it"
            raise ModelError("lmplz to succeed", lmplz.stderr.strip()[-300:], do=do)


def perplexity_of_all(pair: LanguageModelPair, texts: list[str]) -> float:
    """The perplexity of all texts together: 10 ** (-sum of log10 P / sum of (pieces + 1))."""
    sentences = [pair.pieces(text_for_perplexity(text)) for text in texts]
    logprob = sum(pair.ngrams.score(sentence) for sentence in sentences)
    return float(round(10 ** (-logprob / sum(len(sentence.split()) + 1 for sentence in sentences)), 1))


def _sizes(path: Path) -> list[int]:
    """The numbers of n-grams by order, from the header of an ARPA file."""
    sizes: list[int] = []
    with path.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            if not line.startswith("ngram "):
                return sizes
            sizes.append(int(line.partition("=")[2]))
    return sizes


def _earlier_cutoffs(output: str, language: str) -> str:
    """The cutoff.csv of an output; empty where there is none, or where a damaged one is of this language alone.

    Raises:
        UnsoundError: it is damaged, and holds the cutoffs of other languages.
    """
    storage, path = storage_of(output), f"{output}/{CUTOFFS}"
    files = files_of(read_manifest(output, storage) or {})
    if CUTOFFS in files and any(damaged([files[CUTOFFS]], output, storage)):
        others = sorted(name for name in files if name.endswith(".sp.model") and name != f"{language}.sp.model")
        if others:
            do = "delete it, and train these languages again"
            raise UnsoundError(f"the cutoffs of {', '.join(others)}", "others than were written", path, do)
        return ""
    return read_text(path) if storage.stat(path) else ""


def _write_cutoffs(out: Writing, earlier: str, language: str, perplexities: list[float]) -> NDArray[np.float64]:
    """Set a language's column of cutoff.csv to the percentiles 0 to 99; other columns are not changed."""
    if not perplexities:
        raise InputError(f"pages in {language} to take percentiles of", "none", "--pages")
    cutoffs = np.percentile(perplexities, list(_PERCENTILES)).round(1)
    rows: list[dict[str, str]] = [{"": str(row)} for row in _PERCENTILES]
    if earlier:
        table = csv.DictReader(io.StringIO(earlier, newline=""))
        rows = [{**old, "": new[""]} for old, new in zip(table, rows, strict=False)]
    for row, cutoff in zip(rows, cutoffs.tolist(), strict=True):
        row[language] = str(cutoff)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with out.create(CUTOFFS) as file:
        file.write(text.getvalue().encode())
    return cutoffs
