"""say what became of a document: kept, dropped and why, what it duplicates, unreadable; or where its tokens are

corpus find OUT/github github:3f786850e387550fdab836ed7e6dc881de23001b
corpus find OUT/github contents-000000000000.json.gz#1042
corpus find TOKENS github:3f786850e387550fdab836ed7e6dc881de23001b
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from corpus.errors import InputError
from corpus.progress.work import step
from corpus.visible import visible

if TYPE_CHECKING:
    from corpus.output.read import Output


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="a build (DIR/SOURCE), a folder of builds, or token shards")
    parser.add_argument("id", metavar="ID", help="the document's id, or where an unreadable record stands in the dump")
    parser.add_argument("--text", action="store_true", help="print its text too")


def run(options: argparse.Namespace) -> int:
    """Print every place where the id stands; exit 1 when there is none."""
    with step("load"):
        from corpus.output.manifest import TOKENS
        from corpus.output.read import holds
        from corpus.stores.addresses import storage_of
        from pipelines.documents import find_builds

    if holds(options.folder, TOKENS, storage_of(options.folder)):
        found = lines_of_shards(options.folder, options.id)
    else:
        builds = find_builds([options.folder])
        with step("look through", sum(file.bytes for build in builds for file in build.listed("*/*-*.parquet"))):
            found = [line for build in builds for line in lines_about(build, options.id, options.text)]
    if not found:
        raise InputError("an id of a document there", repr(options.id), options.folder)
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


def lines_about(build: Output, name: str, with_text: bool) -> Iterator[str]:
    """What the files of a build say of an id, of documents, of dropped ones and of unreadable records, a line each."""
    from pyarrow import compute, parquet

    for kind, column in {"documents": "id", "dropped": "id", "unreadable": "locator"}.items():
        for listed in build.listed(f"*/{kind}-*.parquet"):
            with build.open(listed) as file:
                table = parquet.read_table(file, filters=compute.field(column) == compute.scalar(name))
            for row in table.to_pylist():
                yield _line(build.path(listed), row, with_text)


def _line(path: str, row: dict[str, Any], with_text: bool) -> str:
    if "locator" in row:
        text = f"\n{bytes(row['bytes']).decode('utf-8', 'backslashreplace')}" if with_text and row["bytes"] else ""
        return f"{row['reason']} at {row['stage']}: {row['detail']}: {path}{text}"
    text = f"\n{row['text']}" if with_text and row["text"] else ""
    if "reason" not in row:
        return f"kept: {path}{text}"
    duplicate_of = f", duplicate of {row['duplicate_of']}" if row["duplicate_of"] else ""
    return f"dropped at {row['stage']} ({row['unit']}): {row['reason']}{duplicate_of}: {path}{text}"
