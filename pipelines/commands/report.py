"""draw a build as one page to look at: what was lost and why, histograms, the mixture, texts to read

corpus report OUT/github
corpus report OUT --shards TOKENS
"""

from __future__ import annotations

import argparse

from corpus.progress.work import step


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="a build (DIR/SOURCE), or a folder of builds")
    parser.add_argument("--shards", metavar="DIR", help="token shards of it, to count tokens and epochs")
    parser.add_argument("--output", metavar="FILE", help="the page; else DIR/report.html")


def run(options: argparse.Namespace) -> int:
    """Write the page and print where it is."""
    with step("load"):
        from pipelines.report.tokens import tokens_by_source
        from pipelines.report.write import write_report

    output = options.output or f"{options.folder.rstrip('/')}/report.html"
    write_report(options.folder, output, tokens_by_source(options.shards) if options.shards else {})
    print(output)
    return 0
