"""Words after a run of spaces: how many carry their own space, with pieces of spaces merged last and as trained.

  python benchmarks/tokenizer/indents.py                 code of ../shared/data/github, 32,000 pieces

A model is trained on the permitted code of a GitHub export, twice over the same lines: once with `spaces_last`, as in
the released vocabulary, once without. A word is what begins with a letter after two spaces or more. It carries its own
space if the last of those spaces is in one piece with its first letter. Also the tokens per byte of both, and the
ids of the engine compared with SentencePiece's on every text.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
from real_texts import DATA

from pipelines.engine.build import build
from pipelines.sources.github.source import SOURCE
from tokenizer.encode import Encoder, sentencepiece_engine
from tokenizer.model import SPACE
from tokenizer.settings import RECIPE
from tokenizer.train import train

WORD = re.compile(r"(?<= ) (?=[^\W\d_])")
"""The last space of a run of two or more, before a letter."""


def code(data: Path) -> list[str]:
    """The texts of a build of GitHub's export."""
    with tempfile.TemporaryDirectory() as folder:
        built = build(SOURCE, [str(data / "github")], folder)
        files = sorted(Path(built.folder).glob("data/documents-*.parquet"))
        return [text for file in files for text in pq.read_table(file, columns=["text"])["text"].to_pylist()]


def own_spaces(encoder: Encoder, text: str) -> tuple[int, int]:
    """(words after a run of spaces, those that share a piece with their space)."""
    words = own = 0
    # A word's space is its own where no piece ends between the two; pieces are laid over the text in bytes.
    ids = encoder.encode(text)
    ends = set((encoder.model.piece_bytes[ids].cumsum() - 1).tolist())  # the first space is the dummy prefix
    places = [match.end() for match in WORD.finditer(text)]
    size = at = 0
    for place in places:
        size += len(text[at:place].encode())
        at = place
        words += 1
        own += size not in ends
    return words, own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    texts = [text.replace(SPACE, " ") for text in code(options.data)]
    lines = [line for text in texts for line in text.split("\n")]
    size = sum(len(text.encode()) for text in texts)
    print(f"{len(texts):,} files of code, {size:,} bytes")
    for last in (False, True):
        recipe = {**RECIPE, "spaces_last": replace(RECIPE["spaces_last"], value=last)}
        encoder = Encoder(train(lines, recipe, threads=2).model)
        exact = sentencepiece_engine(encoder.model)
        counted = [own_spaces(encoder, text) for text in texts]
        words, own = (sum(column) for column in zip(*counted, strict=True))
        ids = [encoder.encode(text) for text in texts]
        tokens = sum(map(len, ids))
        pairs = zip(ids, texts, strict=True)
        different = sum(one.tolist() != exact(b" " + text.encode()).tolist() for one, text in pairs if text)
        print(
            f"spaces_last={last}: {own:,} of {words:,} words carry their own space ({own / words:.3%}); "
            f"{tokens / size:.4f} tokens per byte; engine {encoder.engine}, "
            f"texts with other ids than SentencePiece: {different}"
        )


if __name__ == "__main__":
    main()
