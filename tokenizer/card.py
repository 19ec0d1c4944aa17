"""The tokenizer's card: its settings, its training sample, and tokens per word for each source and language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from corpus.output.write import Writing
from tokenizer.encode import Encoder
from tokenizer.proto import Setting
from tokenizer.sample import Text

CARDS = ("card.json", "card.md")
NEWLINE = "<0x0A>"  # the byte piece of every line break, so not a sign of an unknown character


class Fertility(NamedTuple):
    """The text of one source in one language, counted before and after encoding.

    byte_tokens are bytes of characters that the vocabulary lacks, without line breaks; trained_on counts the documents
    that were in the training sample too.
    """

    source: str
    language: str
    documents: int
    trained_on: int
    bytes: int
    chars: int
    words: int
    tokens: int
    byte_tokens: int

    @property
    def tokens_per_word(self) -> float:
        """Tokens per whitespace-separated word."""
        return self.tokens / max(1, self.words)

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes per token."""
        return self.bytes / max(1, self.tokens)

    @property
    def byte_share(self) -> float:
        """Share of tokens (0 to 1) that are bytes of unknown characters."""
        return self.byte_tokens / max(1, self.tokens)


class Card(NamedTuple):
    """The contents of a card; sampled is the share of each source's documents that was drawn for training."""

    model_sha256: str
    settings: Mapping[str, Setting]
    lines: int
    bytes: int
    lines_sha256: str
    found_bytes: Mapping[str, int]
    sampled: Mapping[str, float]
    fertility: list[Fertility]


def fertility(texts: Iterable[Text], encoder: Encoder, trained_on: Callable[[Text], bool]) -> list[Fertility]:
    """Fertility, sorted by source and language; a text without a stated language counts under the empty one."""
    counts: dict[tuple[str, str], np.ndarray] = {}
    is_byte = np.array([piece.startswith("<0x") and piece != NEWLINE for piece in encoder.model.pieces])
    is_byte &= ~encoder.model.normal
    for text in texts:
        ids = encoder.encode(text.text)
        row = counts.setdefault((text.source, text.language), np.zeros(len(Fertility._fields) - 2, np.int64))
        size, words = len(text.text.encode()), len(text.text.split())
        row += (1, trained_on(text), size, len(text.text), words, len(ids), int(is_byte[ids].sum()))
    return [Fertility(*key, *map(int, counts[key])) for key in sorted(counts)]


def write_card(card: Card, output: Writing) -> None:
    """Write card.json and card.md into an output."""
    rows = [
        {**row._asdict(), "tokens_per_word": row.tokens_per_word, "bytes_per_token": row.bytes_per_token,
         "byte_share": row.byte_share}
        for row in card.fertility
    ]  # fmt: skip
    with output.create(CARDS[0]) as file:
        file.write(json.dumps({**card._asdict(), "fertility": rows}, indent=1, sort_keys=True).encode() + b"\n")
    with output.create(CARDS[1]) as file:
        file.write(markdown(card).encode())


def markdown(card: Card) -> str:
    """The card for people."""
    settings = "\n".join(f"| {name} | `{value}` |" for name, value in sorted(card.settings.items()))
    sample = "\n".join(
        f"| {source} | {size:,} | {card.sampled.get(source, 0.0):.4%} |"
        for source, size in sorted(card.found_bytes.items())
    )
    rows = "\n".join(
        f"| {row.source} | {row.language or '-'} | {row.documents:,} | {row.trained_on:,} | {row.tokens_per_word:.3f} "
        f"| {row.bytes_per_token:.3f} | {row.byte_share:.4%} |"
        for row in card.fertility
    )
    return f"""# Tokenizer

Model SHA-256 `{card.model_sha256}`.
Trained on {card.lines:,} lines, {card.bytes:,} bytes; SHA-256 of the lines `{card.lines_sha256}`.

## Sample

| source | bytes found | documents drawn |
|---|---|---|
{sample}

## Fertility

Bytes of unknown characters as a share of tokens; line breaks, which are always a byte, are not counted in it.

| source | language | documents | trained on too | tokens per word | bytes per token | unknown bytes |
|---|---|---|---|---|---|---|
{rows}

## Settings

| setting | value |
|---|---|
{settings}
"""
