"""the Stack Exchange data dump, from the Internet Archive

corpus fetch stackexchange --largest 40 --output dumps/stackexchange
corpus fetch stackexchange --sites beer.stackexchange.com stackoverflow.com --output dumps/stackexchange

The build keeps the 28 sites with the most posts. Before it has read them only the sizes of their archives are known, so
some more than 28 are brought. Of Stack Overflow, whose tables are archives of their own, the posts are brought.
"""

from __future__ import annotations

import argparse
from typing import Any

from corpus.errors import InputError
from corpus.recipe import nearest
from corpus.transfer.client import Client
from corpus.transfer.part import Remote
from pipelines.fetch.listing import Listing

SITE = "https://archive.org"
_POSTS = "-Posts.7z"
_TABLES = ("Badges", "Comments", "PostHistory", "PostLinks", "Tags", "Users", "Votes")
"""Tables of Stack Overflow that are archives of their own and hold no posts."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    some = parser.add_mutually_exclusive_group(required=True)
    some.add_argument("--largest", type=int, metavar="N", help="the sites with the N largest archives")
    some.add_argument("--sites", nargs="+", metavar="SITE", help="sites by name, such as beer.stackexchange.com")
    parser.add_argument(
        "--item", default="stackexchange", metavar="NAME", help="item of the archive (without: stackexchange)"
    )
    parser.add_argument("--mirror", default=SITE, metavar="URL", help=f"without: {SITE}")


def listing(options: argparse.Namespace, client: Client) -> Listing:
    """The archives of the sites, with the SHA-1 that the Internet Archive states."""
    mirror = options.mirror.rstrip("/")
    url = f"{mirror}/metadata/{options.item}"
    sites = _sites(client.json(url), url)
    names = options.sites or sorted(sites, key=lambda site: (-int(sites[site]["size"]), site))[: options.largest]
    unknown = [name for name in names if name not in sites]
    if unknown:
        raise InputError("a site of the dump", repr(unknown[0]), url, nearest(unknown[0], sites))
    files = [sites[name] for name in names]
    return Listing([_remote(f"{mirror}/download/{options.item}", file) for file in files])


def _sites(item: Any, url: str) -> dict[str, dict[str, Any]]:
    """The archive that holds a site's posts, by site: one of everything, or one of the posts alone."""
    files = item.get("files", []) if isinstance(item, dict) else []
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        name = str(file.get("name", ""))
        site = name.removesuffix(_POSTS).removesuffix(".7z")
        if name.endswith(".7z") and not name.endswith(tuple(f"-{table}.7z" for table in _TABLES)):
            found[site] = file
    if not found:
        raise InputError("archives of sites", "none", url, "give another --item or --mirror")
    return found


def _remote(folder: str, file: dict[str, Any]) -> Remote:
    return Remote(f"{folder}/{file['name']}", file["name"], int(file["size"]), ("sha1", file["sha1"]))
