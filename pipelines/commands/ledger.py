"""print what became of everything that entered a build

corpus ledger OUT/stackexchange
"""

from __future__ import annotations

import argparse

from corpus.errors import InputError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="a build (DIR/SOURCE), or a folder of builds")


def run(options: argparse.Namespace) -> int:
    """Print the funnel of every build in the folder; exit 1 when one does not add up."""
    from corpus.ledger import Ledger
    from pipelines.engine import files
    from pipelines.engine.funnel import funnel_lines

    for path in ledgers(options.folder):
        with files.open_file(path) as file:
            ledger = Ledger.from_parquet(file)
        print("\n".join(funnel_lines(ledger)))
        ledger.check()
    return 0


def ledgers(folder: str) -> list[str]:
    """The ledgers of a build, or of all builds in a folder.

    Raises:
        InputError: there is none.
    """
    from pipelines.engine import files

    own = f"{folder.rstrip('/')}/ledger.parquet"
    if files.exists(own):
        return [own]
    try:
        return [file.path for file in files.find([f"{folder.rstrip('/')}/*/ledger.parquet"])]
    except InputError:
        raise InputError("the output folder of a build", "no ledger.parquet", folder) from None
