"""take documents out of token shards: new shards without them, and which changed

corpus remove --shards TOKENS --ids ids.txt --output NEW

ids.txt holds one document id per line. Shards without any of them are linked, not copied. Mix again afterwards.
"""

from __future__ import annotations

import argparse

from corpus.amounts import of
from corpus.errors import InputError
from corpus.progress.work import step
from corpus.stores.addresses import read_text


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--shards", required=True, metavar="DIR", help="a folder of token shards; stays as it is")
    parser.add_argument("--ids", required=True, metavar="FILE", help="document ids, one per line")
    parser.add_argument("--output", required=True, metavar="DIR", help="a new folder")


def run(options: argparse.Namespace) -> int:
    """Write the new shards; print those that changed and the ids that were nowhere."""
    with step("load"):
        from tokenizer.remove import remove_documents

    removed = remove_documents(options.shards, read_ids(options.ids), options.output)
    for name in removed.changed:
        print(f"changed: {name}")
    for name in removed.missing:
        print(f"not found: {name}")
    same = len(removed.unchanged)
    gone, changed = of(removed.documents, "document"), of(len(removed.changed), "shard")
    print(f"{gone} removed; {changed} changed, {same:,} as they were")
    return 0


def read_ids(path: str) -> list[str]:
    """The ids in a file, one per line.

    Raises:
        InputError: no such file, or nothing in it.
    """
    try:
        ids = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a file of document ids, one per line", str(error), "--ids") from None
    if not ids:
        raise InputError("a file of document ids, one per line", "none", f"--ids {path}")
    return ids
