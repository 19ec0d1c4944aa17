"""Training the tokenizer: SentencePiece BPE with LLaMA's settings, on a sample streamed from the documents."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple, cast

from sentencepiece import SentencePieceTrainer

from corpus.errors import InputError, ModelError
from corpus.mixture import shares_of
from corpus.output.made import FINGERPRINT, fingerprint_of, made_before
from corpus.output.manifest import TOKENIZER
from corpus.output.write import writing
from corpus.progress.steps import BYTES, DOCUMENT
from corpus.progress.work import Counter, current, step
from corpus.recipe import Cited
from corpus.storage import LOCAL, Storage
from tokenizer.card import CARDS, Card, fertility, write_card
from tokenizer.encode import Encoder
from tokenizer.model import merges_spaces_last, spaces_last
from tokenizer.sample import Open, draw, lines, position, sample_rates, source_bytes
from tokenizer.settings import RECIPE, trainer_settings

MODEL_NAME = "tokenizer.model"


READING, MAKING, MEASURING = "read the sample", "make pieces", "measure"
"""The steps of a training."""
READING_SECONDS, MAKING_SECONDS, MEASURING_SECONDS = 150e-9, 500e-9, 0.5
"""Expected: for each byte that is read for the sample, for each byte of it, and for the card."""


class Trained(NamedTuple):
    """A trained model: the bytes of its file; number, UTF-8 bytes and SHA-256 of the lines that it was trained on."""

    model: bytes
    lines: int
    bytes: int
    digest: str


def train(
    text_lines: Iterable[str], recipe: Mapping[str, Cited] = RECIPE, threads: int = 1, sample_bytes: float = 0
) -> Trained:
    """Train on lines of text, read one by one (the trainer keeps at most input_sentence_size of them).

    Args:
        text_lines: the lines.
        recipe: the resolved settings.
        threads: of the trainer; the model is the same for any number.
        sample_bytes: about how many the lines have, for progress.

    Raises:
        InputError: no line of text.
        ModelError: SentencePiece fails (most often because the text is too small for the vocabulary).
    """
    out = io.BytesIO()
    settings = trainer_settings(recipe)
    try:
        with ExitStack() as steps:
            seen = _Seen(text_lines, lambda size: _go_on(steps, size))
            seen.counter = steps.enter_context(step(READING, sample_bytes))
            SentencePieceTrainer.train(
                sentence_iterator=iter(seen), model_writer=out, num_threads=threads, minloglevel=2, **settings
            )
    except (RuntimeError, OSError, ValueError) as error:
        if not seen.lines:
            raise InputError("text to train on", "no line of text", MODEL_NAME, "run `corpus build` first") from None
        do = "give more text, or a smaller vocabulary with --set vocab_size=N"
        expected = f"text enough for {settings['vocab_size']} pieces"
        raise ModelError(expected, _first_line(error), MODEL_NAME, do) from None
    model = spaces_last(out.getvalue()) if recipe["spaces_last"].value else out.getvalue()
    return Trained(model, seen.lines, seen.bytes, seen.digest.hexdigest())


def train_tokenizer(
    paths: list[str],
    output: str,
    shares: Mapping[str, float],
    recipe: Mapping[str, Cited] = RECIPE,
    open_file: Open = LOCAL.open,
    storage: Storage = LOCAL,
    threads: int = 1,
    contents: Any = None,
    documents: int = 0,
    input_bytes: int = 0,
) -> Encoder:
    """Train on documents in Parquet files and write OUTPUT/tokenizer.model, card.json and card.md.

    A tokenizer that was trained on the same, in the same way, and is still what was written is not trained again.

    Args:
        paths: the `documents-*.parquet` of one or more builds.
        output: a folder.
        shares: the mixture: share (0 to 1) by source.
        recipe: the resolved settings.
        open_file: opens a path for reading.
        storage: the filesystem of output.
        threads: of the trainer; the model is the same for any number.
        contents: what the files hold, as a JSON value (corpus/output/made.py); without it training is always done.
        documents: how many there are in the files, for progress.
        input_bytes: of the files together, for progress.

    Raises:
        InputError: no text at all.
        RecipeError: a source without a share.
        OutputError: another writer is at it.
    """
    seed, sample_bytes = cast(int, recipe["sample_seed"].value), cast(int, recipe["sample_bytes"].value)
    paths = sorted(paths)
    with step("compare documents", input_bytes):
        sizes = source_bytes(paths, open_file)
    rates = sample_rates(sizes, shares_of(sizes, shares), sample_bytes)
    numbers = {name: number.value for name, number in recipe.items()}
    fingerprint = fingerprint_of([train, draw, lines, fertility, write_card], numbers, sizes, rates, contents)
    if contents is not None and made_before(output, TOKENIZER, lambda it: it.get(FINGERPRINT) == fingerprint, storage):
        with storage.open(f"{output}/{MODEL_NAME}") as file:
            return Encoder(file.read(), f"{output}/{MODEL_NAME}")
    sample = draw(paths, lambda at, source: at < rates.get(source, 0.0), seed, open_file)
    expected = sum(sizes[source] * rate for source, rate in rates.items())
    _expect(expected, documents)
    trained = train(lines(sample), recipe, threads, expected)
    encoder = Encoder(trained.model, f"{output}/{MODEL_NAME}")
    # The card is measured on documents from the other end of [0, 1) than the sample: unseen ones, where there are any.
    card_bytes = cast(int, recipe["card_bytes"].value)
    card_rates = {source: min(1.0, card_bytes / size) for source, size in sizes.items() if size}
    measured = draw(paths, lambda at, source: at >= 1.0 - card_rates.get(source, 0.0), seed, open_file)
    stated = {**encoder.model.settings, "spaces_last": merges_spaces_last(encoder.model)}
    with step(MEASURING, documents, DOCUMENT):
        rows = fertility(measured, encoder, lambda text: position(seed, text.id) < rates.get(text.source, 0.0))
    card = Card(
        encoder.model.digest, stated, trained.lines, trained.bytes, trained.digest, sizes, rates, rows,
    )  # fmt: skip
    with writing(output, TOKENIZER, [MODEL_NAME, *CARDS], storage) as out:
        with out.create(MODEL_NAME) as file:
            file.write(trained.model)
        write_card(card, out)
        out.finish(tokenizer=encoder.model.digest, **{FINGERPRINT: fingerprint})
    return encoder


def _expect(sample_bytes: float, documents: int) -> None:
    """Say what is to come, once it is known how large the sample is."""
    current().expect(READING, sample_bytes, BYTES, READING_SECONDS)
    current().expect(MAKING, cost=sample_bytes * MAKING_SECONDS)
    current().expect(MEASURING, documents, DOCUMENT, MEASURING_SECONDS / documents if documents else 0.0)


def _go_on(steps: ExitStack, size: int) -> None:
    """All lines are read, of so many bytes: from now on the trainer makes pieces of them."""
    steps.close()
    steps.enter_context(step(MAKING, cost=size * MAKING_SECONDS))


class _Seen:
    """Counts and digests lines while the trainer reads them; then says how many bytes they had."""

    def __init__(self, texts: Iterable[str], at_end: Callable[[int], None]) -> None:
        self._texts, self._at_end = texts, at_end
        self.digest, self.lines, self.bytes = hashlib.sha256(), 0, 0
        self.counter: Counter | None = None

    def __iter__(self) -> Iterator[str]:
        for line in self._texts:
            data = line.encode() + b"\n"
            self.digest.update(data)
            self.lines, self.bytes = self.lines + 1, self.bytes + len(data)
            if self.counter:
                self.counter.done = self.bytes
            yield line
        self._at_end(self.bytes)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
