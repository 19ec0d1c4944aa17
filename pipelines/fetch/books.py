"""Project Gutenberg's catalogue and the texts of its books

corpus fetch books --languages en de --most 1000 --output dumps/gutenberg

Project Gutenberg asks programs to use its mirrors and to wait between two files, so one file is brought every two
seconds. The catalogue comes with the texts, as the build reads titles and languages from it. No checksums are stated.
Books3, the other half of the paper's books, has been withdrawn: bring your own folder.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import zlib

from corpus.errors import InputError
from corpus.transfer.client import Client
from corpus.transfer.limits import Limits
from corpus.transfer.part import Remote
from pipelines.fetch.listing import Listing, chosen

SITE, MIRROR = "https://www.gutenberg.org", "https://aleph.pglaf.org"
CATALOGUE = "cache/epub/feeds/pg_catalog.csv.gz"
LIMITS = Limits(at_once=1, pause_seconds=2.0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--languages", nargs="+", metavar="CODE", help="books in these (without: in all)")
    parser.add_argument("--most", type=int, metavar="N", help="this many, drawn by their numbers (without: all)")
    parser.add_argument("--mirror", default=MIRROR, metavar="URL", help=f"of the texts (without: {MIRROR})")
    parser.add_argument("--catalogue", default=f"{SITE}/{CATALOGUE}", metavar="URL", help="pg_catalog.csv.gz elsewhere")


def listing(options: argparse.Namespace, client: Client) -> Listing:
    """The catalogue, and the text of each book in it."""
    numbers = _books(client, options.catalogue, frozenset(options.languages or ()))
    mirror, some = options.mirror.rstrip("/"), chosen(numbers, options.most, None)
    texts = [
        Remote(f"{mirror}/cache/epub/{number}/pg{number}.txt", f"pg{number}.txt", may_be_absent=True) for number in some
    ]
    return Listing(
        [Remote(options.catalogue, "pg_catalog.csv.gz"), *texts], (f"{len(some):,} of {len(numbers):,} books",)
    )


def _books(client: Client, url: str, languages: frozenset[str]) -> list[str]:
    """The numbers of the texts in the catalogue, in order, that are in one of the languages."""
    try:
        text = gzip.decompress(client.get(url)).decode("utf-8")
        rows = list(csv.DictReader(io.StringIO(text)))
        texts = [row for row in rows if row["Type"] == "Text"]
        found = [row["Text#"] for row in texts if not languages or languages & set(row["Language"].split("; "))]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, AttributeError, csv.Error) as error:
        raise InputError("the catalogue pg_catalog.csv.gz", f"{type(error).__name__}: {error}", url) from None
    if not all(number.isascii() and number.isdigit() for number in found):
        raise InputError("numbers of books", "something else", url)
    return sorted(found, key=int)
