"""train a language model for perplexity: unigram pieces and a 5-gram model, from Wikipedia

corpus train lm --language en --input OUT/wikipedia --pages OUT/commoncrawl --output MODELS/lm
corpus train lm --language en --input OUT/wikipedia --output MODELS/lm --set pieces=8000 estimator=numpy
"""

from __future__ import annotations

import argparse

from corpus.progress.work import step
from corpus.recipe import parse_settings
from pipelines.parsing import add_settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--language", required=True, metavar="XX", help="the language's code, such as en")
    parser.add_argument("--input", nargs="+", required=True, metavar="DIR", help="builds of Wikipedia")
    parser.add_argument("--pages", nargs="+", default=[], metavar="DIR", help="builds of the web, for the cutoffs")
    parser.add_argument("--output", required=True, metavar="DIR", help="where the models and their card are written")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    """Train, then say how well the model predicts articles it has not seen."""
    with step("load"):
        from pipelines.training.lm import RECIPE, train_lm

    recipe = RECIPE.resolve(settings=parse_settings(options.set))
    trained = train_lm(options.input, options.output, options.language, options.pages, recipe)
    counts = ", ".join(f"{count:,}" for count in trained.ngrams)
    print(f"{counts} n-grams of 1 to {len(trained.ngrams)} pieces; perplexity {trained.held_perplexity} held out")
    print(f"head below {trained.cutoffs[30]}, tail from {trained.cutoffs[60]}; card: {trained.card}")
    if not options.pages:
        print("the cutoffs are those of held-out articles; pages of the web given as --pages make better ones")
    return 0
