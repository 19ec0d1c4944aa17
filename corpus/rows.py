"""Some rows of a file of documents, by their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.columns import SCHEMA, documents_of
from corpus.document import Document


def documents_at(file: BinaryIO, rows: np.ndarray) -> Iterator[Document]:
    """The Documents in these rows of a `documents-*.parquet`, which are in order; other row groups are not read."""
    parquet, first = pq.ParquetFile(file), 0
    for group in range(parquet.num_row_groups):
        last = first + parquet.metadata.row_group(group).num_rows
        within = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)] - first
        if len(within):
            table = parquet.read_row_group(group, columns=SCHEMA.names).cast(SCHEMA).take(pa.array(within))
            for batch in table.to_batches():
                yield from documents_of(batch)
        first = last
