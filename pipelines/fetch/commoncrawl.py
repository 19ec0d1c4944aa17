"""a crawl of Common Crawl: its WET or WARC files, all of them or a sample

corpus fetch commoncrawl --crawl CC-MAIN-2019-35 --share 1/5000 --output dumps/CC-MAIN-2019-35
corpus fetch commoncrawl --crawl CC-MAIN-2019-35 --kind warc --files 10 --output dumps/warc

A WET file has about 130 MB, a WARC file about 1 GB, a crawl tens of thousands of either. Common Crawl states neither
sizes nor checksums: a file is as long as its server says, and each gzip member in it has its own checksum.
"""

from __future__ import annotations

import argparse
import gzip
import zlib

from corpus.errors import InputError
from corpus.transfer.client import Client
from corpus.transfer.part import Remote
from pipelines.fetch.listing import Listing, chosen

SITE = "https://data.commoncrawl.org"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--crawl", required=True, metavar="NAME", help="such as CC-MAIN-2019-35")
    parser.add_argument("--kind", choices=("wet", "warc"), default="wet", help="texts (without: these) or pages")
    some = parser.add_mutually_exclusive_group(required=True)
    some.add_argument("--files", type=int, metavar="N", help="this many, drawn by their names")
    some.add_argument(
        "--share", metavar="SHARE", help="a share of them, such as 1/5000, drawn by their names; 1 for all"
    )
    parser.add_argument("--mirror", default=SITE, metavar="URL", help=f"without: {SITE}")


def listing(options: argparse.Namespace, client: Client) -> Listing:
    """The files of the crawl that were drawn."""
    mirror = options.mirror.rstrip("/")
    paths = _paths(client, f"{mirror}/crawl-data/{options.crawl}/{options.kind}.paths.gz")
    some = chosen(paths, options.files, options.share)
    files = [Remote(f"{mirror}/{path}", path.rpartition("/")[2]) for path in some]
    return Listing(files, (f"{len(some):,} of {len(paths):,} {options.kind.upper()} files of {options.crawl}",))


def _paths(client: Client, url: str) -> list[str]:
    try:
        paths = gzip.decompress(client.get(url)).decode().split()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError("a list of paths, packed by gzip", str(error), url, "see the name of the crawl") from None
    if not paths:
        raise InputError("a list of paths", "an empty one", url)
    return paths
