"""the published C4 dataset, from the Hugging Face hub

corpus fetch c4 --files 10 --output dumps/c4
corpus fetch c4 --share 1 --output dumps/c4          all 1,024 files of `en`, about 330 GB packed
"""

from __future__ import annotations

import argparse
from typing import Any

from corpus.errors import InputError
from corpus.transfer.client import Client
from corpus.transfer.part import Remote
from pipelines.fetch.listing import Listing, chosen

SITE = "https://huggingface.co"
DATASET = "allenai/c4"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--variant", default="en", metavar="NAME", help="folder of the dataset (without: en)")
    some = parser.add_mutually_exclusive_group(required=True)
    some.add_argument("--files", type=int, metavar="N", help="this many, drawn by their names")
    some.add_argument(
        "--share", metavar="SHARE", help="a share of them, such as 1/100, drawn by their names; 1 for all"
    )
    parser.add_argument("--mirror", default=SITE, metavar="URL", help=f"without: {SITE}")


def listing(options: argparse.Namespace, client: Client) -> Listing:
    """The files of the training split that were drawn, with the SHA-256 that the hub states."""
    mirror = options.mirror.rstrip("/")
    url = f"{mirror}/api/datasets/{DATASET}/tree/main/{options.variant}"
    entries = {entry["path"]: entry for entry in _entries(client, url) if "c4-train." in entry["path"]}
    if not entries:
        raise InputError("files c4-train.*", "none", url, "give another --variant")
    files = [_remote(mirror, entries[path]) for path in chosen(sorted(entries), options.files, options.share)]
    return Listing(files, (f"{len(files):,} of {len(entries):,} files of {DATASET}, {options.variant}",))


def _entries(client: Client, url: str) -> list[dict[str, Any]]:
    entries = client.json(url)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "path" in entry for entry in entries):
        raise InputError("a list of files", repr(entries)[:100], url)
    return entries


def _remote(mirror: str, entry: dict[str, Any]) -> Remote:
    path, large = entry["path"], entry.get("lfs") or {}
    checksum = ("sha256", large["oid"].removeprefix("sha256:")) if "oid" in large else None
    return Remote(
        f"{mirror}/datasets/{DATASET}/resolve/main/{path}", path.rpartition("/")[2], entry.get("size"), checksum
    )
