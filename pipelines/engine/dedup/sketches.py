"""Near: the stage that drops books which another book covers, and what of a shard's books travels for it.

Of a book travel its sampled shingles, in buckets of the hash, and one row: place, id, words, and where in the shard's
runs its text stands, packed. The text itself is opened only if the book may match.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import zstandard

from corpus.document import Document
from corpus.recipe import Cited
from filters.duplicates import Positions, bucket_of
from filters.near import Pairs, Sketches, decide, join_sketches, sketch
from filters.overlap import find_words, sample, shingle
from pipelines.engine.dedup.wire import table_bytes, table_of
from pipelines.engine.files import Blob, BlobFile
from pipelines.engine.stages import Dedup, Values, valued

LIMITS = ("overlap_share", "shingle_words", "sample_one_in", "queries", "holders", "hit_share", "evidence_words")

BOOKS = -1
"""The bucket of the rows that describe books."""
_PLACE_BITS = 32
_ROW_BYTES = 32
_FAST = 1  # zstd's level for texts that are read once at most

Arrays = TypeVar("Arrays", Sketches, Pairs)


class Near(Dedup):
    """Documents of which one kept document covers nearly all words (filters/near.py).

    Of two the longer is kept, of equally long ones that with the smaller id.

    Args:
        limits: the numbers of the recipe for overlap_share, shingle_words, sample_one_in, queries, holders, hit_share
            and evidence_words.
    """

    def __init__(
        self, name: str, *, reason: str = "near_duplicate", enabled_by: Cited | None = None, **limits: Cited
    ) -> None:
        if set(limits) != set(LIMITS):
            raise TypeError(f"{name}: the limits are {', '.join(LIMITS)}, not {', '.join(limits)}")
        # no keys are taken: what stands in their place is what `corpus rules` names as the measure
        super().__init__(name, decide, reason=reason, enabled_by=enabled_by, limits=limits)  # type: ignore[arg-type]


class Shelved(NamedTuple):
    """A book's row: what filters/near.py must know of it, and the slice of its shard's runs that holds its text."""

    place: int
    id: str
    words: int
    offset: int
    length: int


def place_of(shard: int, position: int) -> int:
    """The place of a document: one number for shard and position."""
    return shard << _PLACE_BITS | position


def shard_and_position(place: int) -> tuple[int, int]:
    """What `place_of` put together."""
    return place >> _PLACE_BITS, place & ((1 << _PLACE_BITS) - 1)


class SketchGatherer:
    """Takes the sketches of one shard's documents, in order, and writes them as runs; as KeyGatherer does with keys."""

    def __init__(self, near: Dedup, values: Values, shard: int, bits: int, run_bytes: int, out: BlobFile) -> None:
        limits: dict[str, Any] = valued(near.limits, values)
        self._length, self._one_in = limits["shingle_words"], limits["sample_one_in"]
        self._queries = limits["queries"]
        self._shard, self._bits, self._out = shard, bits, out
        self._most_rows = max(1, run_bytes // _ROW_BYTES)
        self._sketches: list[Sketches] = []
        self._rows = self._position = 0
        self._books: list[Shelved] = []
        self._packer = zstandard.ZstdCompressor(level=_FAST)
        self._runs: list[tuple[int, Blob]] = []

    def add(self, document: Document) -> None:
        """Take the sketch of the next document."""
        words = find_words(document.text).hashes
        sampled = sample(shingle(words, self._length), self._one_in)
        place = place_of(self._shard, self._position)
        text = self._out.add(self._packer.compress(document.text.encode("utf-8", "surrogatepass")))
        self._books.append(Shelved(place, document.id, len(words), text.offset, text.length))
        self._sketches.append(sketch(place, len(words), sampled, self._queries))
        self._position += 1
        self._rows += len(sampled)
        if self._rows >= self._most_rows:
            self._flush()

    @property
    def units(self) -> int:
        """How many documents were taken."""
        return self._position

    def _flush(self) -> None:
        if self._rows:
            rows = join_sketches(self._sketches)
            buckets = bucket_of(rows.hashes, self._bits)
            for bucket in np.flatnonzero(np.bincount(buckets)).tolist():
                here = Sketches(*(column[buckets == bucket] for column in rows))
                self._runs.append((bucket, self._out.add(columns_bytes(here))))
        self._sketches, self._rows = [], 0

    def close(self) -> list[tuple[int, Blob]]:
        """Write what waits; (bucket, blob of a run) for all that was written."""
        self._flush()
        if self._books:
            self._runs.append((BOOKS, self._out.add(books_bytes(self._books))))
        return self._runs

    def repeats(self) -> Positions:
        """No line repeats within a document: none are compared."""
        return np.zeros(0, np.int64)

    def dropped_within(self, twins: int) -> bytes:
        """Nothing is settled by one shard alone."""
        return b""


def columns_bytes(rows: Sketches | Pairs) -> bytes:
    """Arrays of equal length as bytes."""
    return table_bytes({name: pa.array(column) for name, column in rows._asdict().items()})


def columns_of(kind: type[Arrays], data: bytes) -> Arrays:
    """The sketches or pairs that `columns_bytes` wrote."""
    table = table_of(data)
    return kind(*(table[name].to_numpy(zero_copy_only=False) for name in kind._fields))


def books_bytes(books: list[Shelved]) -> bytes:
    """Rows of books as bytes."""
    columns = dict(zip(Shelved._fields, zip(*books, strict=True), strict=True))
    return table_bytes({name: pa.array(column) for name, column in columns.items()})


def books_of(data: bytes) -> list[Shelved]:
    """The rows that `books_bytes` wrote."""
    table = table_of(data)
    return [Shelved(*row) for row in zip(*(table[name].to_pylist() for name in Shelved._fields), strict=True)]


def load_text(runs: str, offset: int, length: int) -> str:
    """The text of a book from the runs of its shard."""
    return zstandard.decompress(Blob(runs, offset, length).load()).decode("utf-8", "surrogatepass")
