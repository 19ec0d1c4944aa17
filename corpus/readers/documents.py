"""Documents that an earlier build wrote, read again: to change a limit without scoring again."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from corpus import writers
from corpus.document import Outcome, unreadable
from corpus.readers.base import InputSplit, Open, Reader, Seen

PARQUET = b"PAR1"


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is one of documents: kept ones, or those dropped after they were scored."""
    name = path.rpartition("/")[2]
    return head.startswith(PARQUET) and name.startswith(("documents-", "scored-"))


def read(open_file: Open, shard: InputSplit, seen: Seen) -> Iterator[Outcome]:
    """The Documents as they were written, scores and all."""
    with open_file(shard.path) as file:
        try:
            for document in writers.read_parquet(file):
                seen.records += 1
                yield Outcome(document)
            seen.leave(0, file.seek(0, 2))
        except pa.ArrowInvalid as error:
            seen.records += 1
            seen.skip(0, file.seek(0, 2))
            yield unreadable("", shard.locator(seen.records), f"expected documents in Parquet, got {error}")


READER = Reader("document", accepts, read)
