"""Documents on disk: Parquet for people and trainers, Arrow streams between passes, and what was dropped.

Row order is document order, and the bytes are a function of the documents alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus.columns import METADATA, SCHEMA, STATED, batch_of, documents_of, metadata_of
from corpus.document import Document
from corpus.errors import BuildError, UnsoundError

DROPPED_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("stage", pa.string()),
        ("unit", pa.string()),
        ("reason", pa.string()),
        ("text", pa.large_string()),
        ("duplicate_of", pa.string()),
        ("chars", pa.int64()),
        *((name, pa.string()) for name in (*STATED, METADATA)),
    ]
)
"""What was dropped: chars is the whole text's length, wherever the text itself is cut or left out."""
UNREADABLE_SCHEMA = pa.schema(
    [
        ("locator", pa.string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("bytes", pa.large_binary()),
    ]
)

LINE = "line"

BATCH_CHARS = 4 << 20
"""Characters of text collected before a batch (one Parquet row group, one Arrow record batch) is written."""


def id_hash(text: str) -> int:
    """A stable 64-bit hash of an id: the default rank of a document, and the order of samples."""
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def _payload_left(document: Document) -> BuildError:
    return BuildError(
        "a document whose payload a step has turned into text",
        f"a document with a {type(document.payload).__name__}",
        document.id,
        "the first stage of a source must make text of its payload, and leave None",
    )


class DocumentWriter:
    """Writes Documents to an open file: Parquet (zstd 3), or an Arrow stream between passes.

    The stream is not compressed: lz4 halves it, and costs a tenth of a line dedup. Parquet has an index of its pages,
    by which the viewer of Hugging Face's hub reads some rows without their row group; it costs nothing measurable.
    """

    def __init__(self, file: BinaryIO, parquet: bool) -> None:
        self._writer: Any
        if parquet:
            self._writer = pq.ParquetWriter(
                file, SCHEMA, compression="zstd", compression_level=3, write_page_index=True
            )
        else:
            self._writer = pa.ipc.new_stream(file, SCHEMA)
        self._waiting: list[Document] = []
        self._batches: list[pa.RecordBatch] = []
        self._chars = 0
        self.documents = 0

    def write(self, document: Document) -> None:
        """Add one document.

        Raises:
            BuildError: it still has a payload, which no file can hold.
        """
        if document.payload is not None:
            raise _payload_left(document)
        self._waiting.append(document)
        self._chars += len(document.text)
        self.documents += 1
        if self._chars >= BATCH_CHARS:
            self.flush()

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add a record batch, after all documents written so far."""
        self._gather()
        self._batches.append(batch)
        self._chars += batch["text"].nbytes
        self.documents += batch.num_rows
        if self._chars >= BATCH_CHARS:
            self.flush()

    def _gather(self) -> None:
        if self._waiting:
            self._batches.append(batch_of(self._waiting))
            self._waiting = []

    def flush(self) -> None:
        """Write what was collected, as one batch."""
        self._gather()
        batches = [batch for batch in self._batches if batch.num_rows]
        if batches:
            self._writer.write_batch(batches[0] if len(batches) == 1 else pa.concat_batches(batches))
        self._batches, self._chars = [], 0

    def close(self) -> None:
        """Write what was collected and the file's end; the file itself stays open."""
        self.flush()
        self._writer.close()


class CutWriter:
    """Writes Documents to Parquet files, one after another: the next begins when one has most_bytes or more.

    Args:
        create: gives each file, by its number; it is finished at the end of its block.
        most_bytes: the bytes of a file, with at most a batch more.

    counts is the number of documents in each.
    """

    def __init__(self, create: Callable[[int], AbstractContextManager[BinaryIO]], most_bytes: int) -> None:
        self._create, self._most_bytes = create, most_bytes
        self._stack, self._writers = ExitStack(), list[DocumentWriter]()

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self._end()
            return
        with suppress(Exception):  # the first error is the one to tell
            self._writers[-1].close()
        self._stack.__exit__(kind, error, at)

    @property
    def counts(self) -> list[int]:
        """How many documents each file has."""
        return [writer.documents for writer in self._writers]

    @property
    def documents(self) -> int:
        """How many documents were written."""
        return sum(self.counts)

    def write(self, document: Document) -> None:
        """Add one document."""
        self._room().write(document)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add a record batch."""
        self._room().write_batch(batch)

    def _room(self) -> DocumentWriter:
        if self._file.tell() >= self._most_bytes:
            self._end()
            self._begin()
        return self._writers[-1]

    def _begin(self) -> None:
        self._file = self._stack.enter_context(self._create(len(self._writers)))
        self._writers.append(DocumentWriter(self._file, parquet=True))

    def _end(self) -> None:
        with self._stack:
            self._writers[-1].close()


def read_batches(file: BinaryIO) -> Iterator[pa.RecordBatch]:
    """The record batches of an Arrow stream that DocumentWriter wrote."""
    with pa.ipc.open_stream(file) as stream:
        yield from stream


def read_parquet_batches(file: BinaryIO) -> Iterator[pa.RecordBatch]:
    """The record batches of a `documents-*.parquet`, one row group at a time.

    Raises:
        UnsoundError: it has other columns: an earlier version of this program wrote it.
    """
    parquet = pq.ParquetFile(file)
    if missing := [name for name in SCHEMA.names if name not in parquet.schema_arrow.names]:
        got = f"none named {', '.join(missing)}: the file is of an earlier version"
        raise UnsoundError(f"the columns {', '.join(SCHEMA.names)}", got, str(getattr(file, "name", "")), "build again")
    for group in range(parquet.num_row_groups):
        yield from parquet.read_row_group(group, columns=SCHEMA.names).cast(SCHEMA).to_batches()


def read_parquet(file: BinaryIO) -> Iterator[Document]:
    """The Documents of a `documents-*.parquet`, one row group at a time."""
    for batch in read_parquet_batches(file):
        yield from documents_of(batch)


class Drop(NamedTuple):
    """One dropped document (or sampled line): why, and the id of the document it duplicates, if any.

    text is cut, or empty, outside the sample; chars is its whole length. about is the document, without its text.
    """

    id: str
    stage: str
    unit: str
    reason: str
    text: str
    duplicate_of: str = ""
    chars: int = 0
    about: Document | None = None

    @classmethod
    def of(cls, document: Document, stage: str, unit: str, reason: str, duplicate_of: str = "") -> Self:
        """The drop of a document."""
        about = document._replace(text="", payload=None) if document.meta or document.scores else None
        return cls(document.id, stage, unit, reason, document.text, duplicate_of, document.chars, about)

    def row(self) -> tuple[Any, ...]:
        """Its row of DROPPED_SCHEMA."""
        about = self.about
        stated = [about.meta.get(name) if about else None for name in STATED]
        return (*self[:7], *stated, metadata_of(about) if about else "{}")


class DroppedSample:
    """Every dropped document's id and reason, and the text of a few for each reason.

    Texts are kept of those with the smallest hashes of their ids (a bottom-k sample), so the choice depends on the
    documents alone, not on their order or on shards.
    """

    def __init__(self, texts: int, text_chars: int) -> None:
        self._texts, self._text_chars = texts, text_chars
        self._heaps: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        self._rows: list[Drop | None] = []

    def add(self, drop: Drop) -> None:
        """Add one; its text is kept while it is in the sample. A line outside the sample has no row."""
        # A heap of negated hashes: heap[0] is the largest hash of the sample, the one to replace.
        heap = self._heaps.setdefault((drop.stage, drop.unit, drop.reason), [])
        entry = (-id_hash(drop.id + drop.text[:64]), len(self._rows))
        if len(heap) < self._texts:
            heapq.heappush(heap, entry)
        elif heap and entry[0] > heap[0][0]:
            self._forget(heapq.heapreplace(heap, entry)[1])
        elif drop.unit == LINE:
            return
        else:
            self._rows.append(drop._replace(text=""))
            return
        self._rows.append(drop._replace(text=drop.text[: self._text_chars]))

    def _forget(self, row: int) -> None:
        drop = self._rows[row]
        self._rows[row] = None if drop is None or drop.unit == LINE else drop._replace(text="")

    def rows(self) -> list[Drop]:
        """What was dropped, in the order in which it was added."""
        return [row for row in self._rows if row is not None]


def rows_table(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """Tuples as an Arrow table of that schema."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def write_table(file: BinaryIO, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """An Arrow table as Parquet (zstd 3)."""
    if metadata:
        table = table.replace_schema_metadata(metadata)
    pq.write_table(table, file, compression="zstd", compression_level=3)


def read_table(file: BinaryIO) -> pa.Table:
    """A Parquet file as an Arrow table."""
    return pq.read_table(file)
