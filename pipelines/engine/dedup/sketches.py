"""What travels of a shard's documents for Near: sampled shingles, and one row per document.

The shingles fall into buckets of the hash; the rows share the bucket DOCUMENT_TABLE: index, id, words, and where in the
shard's runs file the text stands, packed. A text is opened only if its document may match.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import zstandard

from corpus.document import Document
from filters.near import DocumentRef, Sketches, join_sketches, sketch
from filters.overlap import Ints, find_words, sample, shingle
from pipelines.engine.dedup.base import Barrier, Gathered
from pipelines.engine.dedup.parts import cut
from pipelines.engine.dedup.wire import pack, unpack
from pipelines.engine.files import Blob, BlobFile

DOCUMENT_TABLE = -1
"""The bucket of the rows that describe documents; those of hashes are 0 and up."""
_POSITION_BITS = 32
_ROW_BYTES = 32
"""A row of a sketch in memory: hash, document index, words, probes."""
_FAST = 1  # zstd's level for texts that are read once at most


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


def of_shard(shard: int, sketches: Sketches) -> Sketches:
    """The sketches of a shard, whose gatherer knows positions alone, with the indexes of their documents."""
    return sketches._replace(doc_indexes=sketches.doc_indexes + doc_index_of(shard, 0))


class SketchGatherer:
    """Takes the documents of one shard, in order, and writes their sketches as runs, each cut at `run_bytes`.

    A document's index is its position alone: the shard's number is added where the runs of all shards meet.
    """

    def __init__(self, limits: dict[str, Any], barrier: Barrier, out: BlobFile) -> None:
        self._length, self._one_in = limits["shingle_words"], limits["sample_one_in"]
        self._probe_hashes = limits["probe_hashes"]
        self._bits, self._out = barrier.bits, out
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
        doc_index = len(self._documents)
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
            self._runs += [(bucket, self._out.add(pack(some))) for bucket, some in cut(rows, self._bits)]
        self._sketches, self._waiting = [], 0


class _DocumentTable(NamedTuple):
    """Rows of documents, by column."""

    doc_indexes: Ints
    ids: pa.Array
    words: Ints
    offsets: Ints
    lengths: Ints


def pack_documents(rows: list[DocumentRow]) -> bytes:
    """Rows of documents as bytes."""
    indexes, ids, *numbers = zip(*rows, strict=True)
    columns = [np.array(column, np.int64) for column in (indexes, *numbers)]
    return pack(_DocumentTable(columns[0], pa.array(ids, pa.string()), *columns[1:]))


def unpack_documents(shard: int, data: bytes) -> list[DocumentRow]:
    """The rows of a shard that `pack_documents` wrote, with the indexes of their documents."""
    table = unpack(_DocumentTable, data)
    indexes = table.doc_indexes + doc_index_of(shard, 0)
    columns = (indexes.tolist(), table.ids.to_pylist(), *(column.tolist() for column in table[2:]))
    return [DocumentRow(*row) for row in zip(*columns, strict=True)]


def load_text(runs_file: str, row: DocumentRow) -> str:
    """The text of a document, from the runs of its shard."""
    data = Blob(runs_file, row.offset, row.length).load()
    return zstandard.decompress(data).decode("utf-8", "surrogatepass")
