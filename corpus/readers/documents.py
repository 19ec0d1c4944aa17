"""Documents that an earlier build wrote, read again: to change a limit without scoring again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from corpus.columns import SCHEMA, document_of
from corpus.containment import contained
from corpus.document import Outcome, faulty
from corpus.readers.base import InputSplit, Open, Reader, Seen
from corpus.readers.parquet import read_rows
from corpus.readers.tables import SHOWN_BYTES

PARQUET = b"PAR1"
LARGEST_DOCUMENT_BYTES = 1 << 30
"""Of a row of our own files: a reader's largest record, 64 MB, and what a step may make of it, many times over."""


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is one of documents: kept ones, or those dropped after they were scored."""
    name = path.rpartition("/")[2]
    return head.startswith(PARQUET) and name.startswith(("documents-", "scored-"))


def read(open_file: Open, shard: InputSplit, seen: Seen) -> Iterator[Outcome]:
    """The Documents as they were written, scores and all; damage costs its row group."""
    with open_file(shard.path) as file:
        for row in read_rows(file, seen, shard.part, SCHEMA.names, LARGEST_DOCUMENT_BYTES):
            seen.records += 1
            if row.fault:
                yield faulty("", shard.locator(row.where), row.fault, is_failed=row.is_failed)
            else:
                yield contained(
                    "", shard.locator(row.where), partial(_shown, row.fields), partial(_outcome, row.fields)
                )


def _outcome(fields: Mapping[str, Any]) -> Outcome:
    return Outcome(document_of(fields))


def _shown(fields: Mapping[str, Any]) -> bytes:
    return repr(dict(fields)).encode("utf-8", "surrogatepass")[:SHOWN_BYTES]


READER = Reader("document", accepts, read)
