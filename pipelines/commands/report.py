"""draw a build as one page to look at: what was lost and why, histograms, the mixture, texts to read

corpus report OUT/github
corpus report OUT --shards TOKENS
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from pipelines.engine import files
from pipelines.report.gather import builds_in, gather
from pipelines.report.page import page
from pipelines.report.tokens import tokens_by_source


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="a build (DIR/SOURCE), or a folder of builds")
    parser.add_argument("--shards", metavar="DIR", help="token shards of it, to count tokens and epochs")
    parser.add_argument("--output", metavar="FILE", help="the page; else DIR/report.html")


def run(options: argparse.Namespace) -> int:
    """Write the page and print where it is."""
    output = options.output or f"{options.folder.rstrip('/')}/report.html"
    write_report(options.folder, output, tokens_by_source(options.shards) if options.shards else {})
    print(output)
    return 0


def write_report(folder: str, output: str, tokens: Mapping[str, int] | None = None) -> None:
    """Write the page of a build, or of all builds in a folder; tokens by source where they are known."""
    html = page([gather(build, tokens or {}) for build in builds_in(folder)])
    with files.create(output) as file:
        file.write(html.encode())
