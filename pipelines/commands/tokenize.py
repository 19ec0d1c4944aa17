"""encode the documents of builds into token shards

corpus tokenize --input OUT --tokenizer MODELS/tokenizer/tokenizer.model --output TOKENS
"""

from __future__ import annotations

import argparse

from corpus.progress.work import step
from corpus.recipe import parse_settings
from pipelines.parsing import add_settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--input", nargs="+", required=True, metavar="DIR", help="builds, or folders of builds")
    parser.add_argument("--tokenizer", required=True, metavar="FILE", help="a SentencePiece model")
    parser.add_argument("--output", required=True, metavar="DIR", help="the shards are written to DIR/SOURCE")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    """Encode, then say how much of each source there is."""
    with step("load"):
        from pipelines.tokenize import tokenize
        from tokenizer.settings import RECIPE

    recipe = RECIPE.resolve(settings=parse_settings(options.set))
    made = tokenize(options.input, options.tokenizer, options.output, recipe, options.beam)
    print(f"  {'source':<16} {'documents':>12} {'tokens':>16} {'shards':>8}")
    for source, row in sorted(made.items()):
        print(f"  {source:<16} {row.documents:>12,} {row.tokens:>16,} {row.shards:>8,}")
    print(f"\ntoken shards in {options.output}")
    return 0
