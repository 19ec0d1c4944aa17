"""train the tokenizer: SentencePiece BPE with LLaMA's settings, on a sample weighted by the mixture

corpus train tokenizer --input OUT --output MODELS/tokenizer
corpus train tokenizer --input OUT --output MODELS/tokenizer --set vocab_size=2000
"""

from __future__ import annotations

import argparse
import os

from corpus.mixture import read_weights
from corpus.progress.work import step
from corpus.recipe import parse_settings
from corpus.stores.addresses import read_text
from pipelines.parsing import add_settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--input", nargs="+", required=True, metavar="DIR", help="builds, or folders of builds")
    parser.add_argument("--output", required=True, metavar="DIR", help="where the model and its card are written")
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="JSON of source: share; else Table 1 and what sources state",
    )
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    """Train, then say where the model is."""
    with step("load"):
        from corpus.output.made import contents_of
        from corpus.stores.addresses import storage_of
        from pipelines.documents import documents_in
        from pipelines.shares import shares_of_builds
        from tokenizer.settings import RECIPE
        from tokenizer.train import MODEL_NAME, train_tokenizer

    documents = documents_in(options.input)
    shares = shares_of_builds(documents.builds)
    if options.weights:
        shares = read_weights(read_text(options.weights), f"--weights {options.weights}")
    encoder = train_tokenizer(
        documents.paths,
        options.output.rstrip("/"),
        shares,
        RECIPE.resolve(settings=parse_settings(options.set)),
        documents.open,
        storage_of(options.output),
        os.cpu_count() or 1,
        contents_of(documents.builds),
        documents.count,
        documents.bytes,
    )
    print(f"{encoder.vocab_size:,} pieces in {options.output}/{MODEL_NAME}; card: {options.output}/card.md")
    return 0
