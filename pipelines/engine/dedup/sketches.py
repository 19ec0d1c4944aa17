"""What travels of a shard's documents for Near: sampled shingles, and one row per document.

The shingles fall into buckets of the hash; the rows share the bucket DOCUMENT_TABLE: index, id, words, and where in the
shard's runs file the text stands, packed. A text is opened only if its document may match.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import zstandard

from corpus.document import Document
from filters.duplicates import bucket_of
from filters.near import DocumentRef, Pairs, Sketches, join_sketches, sketch
from filters.overlap import find_words, sample, shingle
from pipelines.engine.dedup.base import Barrier, Gathered
from pipelines.engine.dedup.wire import pack_table, unpack_table
from pipelines.engine.files import Blob, BlobFile

DOCUMENT_TABLE = -1
"""The bucket of the rows that describe documents; those of hashes are 0 and up."""
_POSITION_BITS = 32
_ROW_BYTES = 32
"""A row of a sketch: hash, document index, words, probes."""
_FAST = 1  # zstd's level for texts that are read once at most

Columns = TypeVar("Columns", Sketches, Pairs)


class DocumentRow(NamedTuple):
    """A document's row: what filters/near.py must know of it, and the slice of its shard's runs that holds its text."""

    doc_index: int
    id: str
    words: int
    offset: int
    length: int

    @property
    def ref(self) -> DocumentRef:
        """The row without its text's place."""
        return DocumentRef(self.doc_index, self.id, self.words)


def doc_index_of(shard: int, position: int) -> int:
    """The index of a document in the whole dump: one number for shard and position."""
    return shard << _POSITION_BITS | position


def shard_and_position(doc_index: int) -> tuple[int, int]:
    """What `doc_index_of` put together."""
    return doc_index >> _POSITION_BITS, doc_index & ((1 << _POSITION_BITS) - 1)


class SketchGatherer:
    """Takes the documents of one shard, in order, and writes their sketches as runs, each cut at `run_bytes`."""

    def __init__(self, limits: dict[str, Any], barrier: Barrier, shard: int, out: BlobFile) -> None:
        self._length, self._one_in = limits["shingle_words"], limits["sample_one_in"]
        self._probe_hashes = limits["probe_hashes"]
        self._shard, self._bits, self._out = shard, barrier.bits, out
        self._most_rows = max(1, barrier.number("run_bytes") // _ROW_BYTES)
        self._sketches: list[Sketches] = []
        self._waiting = 0
        self._documents: list[DocumentRow] = []
        self._packer = zstandard.ZstdCompressor(level=_FAST)
        self._runs: list[tuple[int, Blob]] = []

    def add(self, document: Document) -> None:
        if self._waiting >= self._most_rows:
            self._flush()
        words = find_words(document.text).hashes
        sampled = sample(shingle(words, self._length), self._one_in)
        doc_index = doc_index_of(self._shard, len(self._documents))
        sketched = sketch(doc_index, len(words), sampled, self._probe_hashes)
        text = self._out.add(self._packer.compress(document.text.encode("utf-8", "surrogatepass")))
        self._documents.append(DocumentRow(doc_index, document.id, len(words), text.offset, text.length))
        self._sketches.append(sketched)
        self._waiting += len(sampled)

    def close(self) -> Gathered:
        self._flush()
        if self._documents:
            self._runs.append((DOCUMENT_TABLE, self._out.add(pack_documents(self._documents))))
        return Gathered(self._runs, len(self._documents))

    def _flush(self) -> None:
        if self._waiting:
            rows = join_sketches(self._sketches)
            self._runs += [(bucket, self._out.add(data)) for bucket, data in by_bucket(rows, rows.hashes, self._bits)]
        self._sketches, self._waiting = [], 0


def by_bucket(rows: Columns, keys: np.ndarray, bits: int) -> list[tuple[int, bytes]]:
    """(bucket, bytes of its rows) for all rows (n,), cut by the bucket of their keys (n,)."""
    buckets = bucket_of(keys, bits)
    return [
        (bucket, pack_columns(type(rows)(*(column[buckets == bucket] for column in rows))))
        for bucket in np.flatnonzero(np.bincount(buckets)).tolist()
    ]


def pack_columns(rows: Sketches | Pairs) -> bytes:
    """Arrays of equal length as bytes."""
    return pack_table({name: pa.array(column) for name, column in rows._asdict().items()})


def unpack_columns(kind: type[Columns], data: bytes) -> Columns:
    """The sketches or pairs that `pack_columns` wrote."""
    table = unpack_table(data)
    return kind(*(table[name].to_numpy(zero_copy_only=False) for name in kind._fields))


def pack_documents(rows: list[DocumentRow]) -> bytes:
    """Rows of documents as bytes."""
    columns = dict(zip(DocumentRow._fields, zip(*rows, strict=True), strict=True))
    return pack_table({name: pa.array(column) for name, column in columns.items()})


def unpack_documents(data: bytes) -> list[DocumentRow]:
    """The rows that `pack_documents` wrote."""
    table = unpack_table(data)
    columns = (table[name].to_pylist() for name in DocumentRow._fields)
    return [DocumentRow(*row) for row in zip(*columns, strict=True)]


def load_text(runs_file: str, row: DocumentRow) -> str:
    """The text of a document, from the runs of its shard."""
    data = Blob(runs_file, row.offset, row.length).load()
    return zstandard.decompress(data).decode("utf-8", "surrogatepass")
