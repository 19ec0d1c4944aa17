"""say what became of a document: kept, or why it is not there; by its id, its address or its words

corpus find OUT/github github:3f786850e387550fdab836ed7e6dc881de23001b --shards TOKENS
corpus find OUT/wikipedia https://en.wikipedia.org/wiki/Llama
corpus find OUT/github contents-000000000000.json.gz#1042
corpus find OUT/github hash table
corpus find TOKENS github:3f786850e387550fdab836ed7e6dc881de23001b
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from corpus.errors import InputError
from corpus.progress.work import step
from corpus.visible import visible

if TYPE_CHECKING:
    from corpus.output.read import Output

MOST = 20
"""Documents that are listed for words."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="a build (DIR/SOURCE), a folder of builds, or token shards")
    parser.add_argument(
        "what", metavar="WHAT", nargs="+",
        help="the document's id or address, where an unreadable record stands in the dump, a given file, or words",
    )  # fmt: skip
    parser.add_argument("--shards", metavar="DIR", help="token shards of it, to say where its tokens are")
    parser.add_argument("--text", action="store_true", help="print all of its text, not the beginning")


def run(options: argparse.Namespace) -> int:
    """Print every place where it stands; exit 2 when there is none."""
    with step("load"):
        from corpus.output.manifest import TOKENS
        from corpus.output.read import holds
        from corpus.stores.addresses import storage_of
        from pipelines.documents import find_builds

    what = " ".join(options.what)
    if holds(options.folder, TOKENS, storage_of(options.folder)):
        found = lines_of_shards(options.folder, what)
    else:
        builds = find_builds([options.folder])
        with step("look through", sum(file.bytes for build in builds for file in build.listed("*/*-*.parquet"))):
            found = lines_about(builds, what, options.shards, options.text)
        found = found or lines_with(builds, what.split())
    if not found:
        raise InputError("an id, an address or words of a document there", repr(what), options.folder)
    print(visible("\n".join(found)) if sys.stdout.isatty() else "\n".join(found))
    return 0


def lines_of_shards(folder: str, name: str) -> list[str]:
    """Where the tokens of a document are, a line per place."""
    from tokenizer.find import find_document
    from tokenizer.shards import beside

    found = find_document(folder, name)
    tokens = [f"{beside(one.shard, '.tokens')}: document {one.number}" for one in found]
    ranges = [f"tokens {one.start} to {one.stop}, read from {one.locator}" for one in found]
    return [f"{shard}, {where}" for shard, where in zip(tokens, ranges, strict=True)]


def lines_about(builds: Sequence[Output], name: str, shards: str | None, with_text: bool) -> list[str]:
    """What builds have of an id, an address, a place in a dump or a file that was given."""
    return [line for build in builds for line in _lines_about(build, name, shards, with_text)]


def _lines_about(build: Output, name: str, shards: str | None, with_text: bool) -> Iterator[str]:
    from pipelines.report.found import named, skipped
    from pipelines.report.told import told

    for one in named(build, name):
        if shards and one.kind == "documents":
            yield from lines_of_shards(shards, one.row["id"]) or [f"{one.row['id']}: no tokens in {shards}"]
        yield from told(one, with_text)
    for path in skipped(build, name):
        yield f"not read: {path} holds nothing of {build.manifest['source']}"


def lines_with(builds: Sequence[Output], words: Sequence[str]) -> list[str]:
    """The first documents that have all these words, with the place of one; none for the id of a document."""
    from pipelines.report.found import worded
    from pipelines.report.told import listed

    if len(words) == 1 and any(words[0].startswith(f"{build.manifest['source']}:") for build in builds):
        return []
    found = list(islice((one for build in builds for one in worded(build, words)), MOST + 1))
    more = [f"the first {MOST}; more words find fewer"] if len(found) > MOST else []
    return [line for one in found[:MOST] for line in listed(one, words)] + more
