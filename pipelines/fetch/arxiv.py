"""arXiv's bulk archive of sources, from its bucket, at the cost of the one who fetches

corpus fetch arxiv --months 2201 2202 --output dumps/arxiv            says what it would cost
corpus fetch arxiv --months 2201 2202 --output dumps/arxiv --pay      fetches

The bucket s3://arxiv is `requester pays`: Amazon bills the account whose keys sign the requests. They are taken from
where boto3 finds them (AWS_ACCESS_KEY_ID, ~/.aws, a machine's role); `pip install 'llama-corpus[s3]'` brings it.
"""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit
from xml.etree import ElementTree

from corpus.errors import InputError, UsageError
from corpus.extras import extra
from corpus.transfer.client import Client
from corpus.transfer.part import Remote
from pipelines.fetch.listing import Listing

BUCKET, MANIFEST = "s3://arxiv", "src/arXiv_src_manifest.xml"
SIGNED_SECONDS = 3600
DOLLARS_PER_GB = 0.09
"""Amazon S3, us-east-1, transfer to the internet, the first 10 TB of a month; within us-east-1 it costs nothing."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--months", nargs="+", metavar="YYMM", help="papers of these months (without: all since 1991)")
    parser.add_argument("--pay", action="store_true", help="fetch; without it only the cost is printed")
    parser.add_argument("--mirror", default=BUCKET, metavar="URL", help=f"bucket or address (without: {BUCKET})")


def sign(url: str) -> str:
    """An address of https for s3://BUCKET/KEY, signed so that its reader pays.

    Raises:
        MissingExtraError: boto3 is not installed. UsageError: it finds no keys.
    """
    with extra("s3", url):
        import boto3
        from botocore.exceptions import BotoCoreError
    place = urlsplit(url)
    wanted = {"Bucket": place.netloc, "Key": place.path.lstrip("/"), "RequestPayer": "requester"}
    try:
        signed = boto3.client("s3", region_name="us-east-1").generate_presigned_url(
            "get_object", wanted, SIGNED_SECONDS
        )
    except BotoCoreError as error:
        raise UsageError(
            "keys of Amazon Web Services", str(error), url, "set AWS_ACCESS_KEY_ID and its secret"
        ) from None
    return str(signed)


def listing(options: argparse.Namespace, client: Client) -> Listing:
    """The tars of the months, with the MD5 that arXiv's manifest states, and what they cost."""
    mirror = options.mirror.rstrip("/")
    files = _files(client, mirror, frozenset(options.months or ()))
    size = sum(file.size or 0 for file in files)
    dollars = round(size / 1e9 * DOLLARS_PER_GB, 2) if mirror.startswith("s3://") else None
    return Listing(files, dollars=dollars)


def _files(client: Client, mirror: str, months: frozenset[str]) -> list[Remote]:
    url = f"{mirror}/{MANIFEST}"
    try:
        entries = [
            {field.tag: field.text or "" for field in entry} for entry in ElementTree.fromstring(client.get(url))
        ]
        files = [entry for entry in entries if entry.get("filename") and (not months or entry["yymm"] in months)]
        found = [
            Remote(
                f"{mirror}/{one['filename']}",
                one["filename"].rpartition("/")[2],
                int(one["size"]),
                ("md5", one["md5sum"]),
            )
            for one in files
        ]
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise InputError("arXiv's manifest in XML", f"{type(error).__name__}: {error}", url) from None
    if not found:
        raise InputError("months of the archive", ", ".join(sorted(months)), url, "write them as YYMM")
    return found
