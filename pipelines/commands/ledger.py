"""print what became of everything that entered a build

corpus ledger OUT/stackexchange
"""

from __future__ import annotations

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="a build (DIR/SOURCE), or a folder of builds")


def run(options: argparse.Namespace) -> int:
    """Print the funnel of every build in the folder; exit 1 when one has failed or does not add up."""
    from corpus.ledger import Ledger
    from pipelines.documents import LEDGER, find_builds, refuse_failed
    from pipelines.engine.funnel import funnel_lines

    builds = find_builds([options.folder], or_failed=True)
    for build in builds:
        with build.open(build.files[LEDGER]) as file:
            ledger = Ledger.from_parquet(file)
        print("\n".join(funnel_lines(ledger)))
        ledger.check()
    refuse_failed(builds)
    return 0
