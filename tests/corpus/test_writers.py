"""Documents to files: order, and row groups that do not depend on how documents came."""

from __future__ import annotations

import io
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from corpus.columns import batch_of
from corpus.document import Document
from corpus.errors import BuildError
from corpus.writers import BATCH_CHARS, DocumentWriter, Drop, DroppedSample, read_batches, read_parquet

DOCUMENTS = [Document(f"web:{n}", f"text {n}\n" * n, "web", {"url": "u"} if n % 2 else {}) for n in range(9)]


def written(parquet: bool, *groups: list[Document]) -> io.BytesIO:
    """A file of documents, those at odd places given as batches."""
    file = io.BytesIO()
    writer = DocumentWriter(file, parquet)
    for at, group in enumerate(groups):
        if at % 2:
            writer.write_batch(batch_of(group))
        else:
            for document in group:
                writer.write(document)
    writer.close()
    assert writer.documents == sum(map(len, groups))
    file.seek(0)
    return file


def test_every_column_has_an_index_of_its_pages() -> None:
    group = pq.ParquetFile(written(True, DOCUMENTS)).metadata.row_group(0)
    assert all(group.column(number).has_offset_index for number in range(group.num_columns))


def test_documents_and_batches_stay_in_order_and_share_a_row_group() -> None:
    file = written(True, DOCUMENTS[:2], DOCUMENTS[2:3], DOCUMENTS[3:5], DOCUMENTS[5:7], [], DOCUMENTS[7:], [])
    assert list(read_parquet(file)) == DOCUMENTS
    assert pq.ParquetFile(file).num_row_groups == 1
    assert file.getvalue() == written(True, DOCUMENTS).getvalue()


@pytest.mark.parametrize("as_batches", [False, True])
def test_a_row_group_ends_when_it_has_enough_text(as_batches: bool) -> None:
    long = [Document(f"web:{n}", "x" * (BATCH_CHARS // 2), "web") for n in range(4)]
    groups = [part for document in long for part in ([], [document])] if as_batches else [long]
    batches = list(read_batches(written(False, *groups)))
    assert [batch.num_rows for batch in batches] == [2, 2]


class _Names(NamedTuple):
    chars: int


def test_a_document_with_a_payload_is_not_written() -> None:
    left = Document("web:left", "text", "web", payload=_Names(4))
    with pytest.raises(BuildError, match=r"web:left: expected .* got a document with a _Names; the first stage"):
        written(True, [*DOCUMENTS, left])
    written(False, [left._replace(payload=None)])


def test_a_sample_of_no_texts_still_has_a_row_for_each_document() -> None:
    sample = DroppedSample(0, 10)
    sample.add(Drop("a", "clean", "document", "too_short", "text"))
    assert [(row.id, row.text) for row in sample.rows()] == [("a", "")]
