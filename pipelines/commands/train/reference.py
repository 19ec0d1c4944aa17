"""train the classifier of pages that Wikipedia cites, from its references and a crawl

corpus train reference --positives 'OUT/wikipedia/evidence/references-*' --pages OUT/commoncrawl --output REF
"""

from __future__ import annotations

import argparse

from corpus.amounts import of
from corpus.progress.work import step
from corpus.recipe import parse_settings
from pipelines.parsing import add_settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--positives", nargs="+", required=True, metavar="GLOB", help="tables of references, Parquet")
    parser.add_argument("--pages", nargs="+", required=True, metavar="DIR", help="builds of the web")
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="where the model, its card and curve are written"
    )
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    """Train, then say what thresholds do to pages it has not seen."""
    with step("load"):
        from pipelines.training.reference import RECIPE, train_reference

    recipe = RECIPE.resolve(settings=parse_settings(options.set))
    trained = train_reference(options.positives, options.pages, options.output, recipe)
    print(f"{of(trained.positives, 'reference')} against {of(trained.negatives, 'other page')}; {trained.model}")
    print("threshold  precision  recall  kept")
    for row in trained.curve[4::5]:
        print(f"{row.threshold:>9}  {row.precision:>9.3f}  {row.recall:>6.3f}  {row.kept_share:>4.0%}")
    return 0
