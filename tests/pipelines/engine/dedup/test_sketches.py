"""What travels of documents for Near: every sampled shingle in its bucket, and a row and a text per document."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import numpy as np
import pytest

from corpus.document import Document
from filters.duplicates import bucket_of
from filters.near import DocumentRef, Sketches, join_sketches, sketch
from filters.overlap import find_words, sample, shingle
from pipelines.engine.dedup.base import Barrier, Gathered
from pipelines.engine.dedup.sketches import (
    DOCUMENT_TABLE,
    SketchGatherer,
    doc_index_of,
    load_text,
    of_shard,
    shard_and_position,
    unpack_documents,
)
from pipelines.engine.dedup.wire import unpack
from pipelines.engine.files import BlobFile

LIMITS = {"shingle_words": 3, "sample_one_in": 2, "probe_hashes": 4}
TEXTS = ["", "one two", *(" ".join(Random(at).choices("abcdefghij", k=40 + at)) for at in range(8)), "lone \ud800 end"]
DOCUMENTS = [Document(f"books:{at}", text, "books") for at, text in enumerate(TEXTS)]


def gathered(folder: Path, documents: list[Document], bits: int, run_bytes: int) -> Gathered:
    path, stored = folder / "runs.bin", io.BytesIO()
    barrier = Barrier({"run_bytes": run_bytes}, bits, True, str(folder), str(folder))
    gatherer = SketchGatherer(LIMITS, barrier, BlobFile(str(path), stored))
    for document in documents:
        gatherer.add(document)
    found = gatherer.close()
    path.write_bytes(stored.getvalue())
    return found


def sketched(document: Document, doc_index: int) -> Sketches:
    words = find_words(document.text).hashes
    return sketch(doc_index, len(words), sample(shingle(words, 3), 2), 4)


def rows(sketches: Sketches) -> list[tuple[int, ...]]:
    return sorted(zip(*(column.tolist() for column in sketches), strict=True))


@pytest.mark.parametrize("run_bytes", [1, 32 * 30, 32 * 31, 1 << 20])
@pytest.mark.parametrize("bits", [0, 3])
def test_every_shingle_travels_in_its_bucket(tmp_path: Path, bits: int, run_bytes: int) -> None:
    found = gathered(tmp_path, DOCUMENTS, bits, run_bytes)
    runs = [(bucket, unpack(Sketches, blob.load())) for bucket, blob in found.runs if bucket != DOCUMENT_TABLE]
    assert rows(join_sketches([run for _, run in runs])) == rows(
        join_sketches([sketched(document, at) for at, document in enumerate(DOCUMENTS)])
    )
    assert all((bucket_of(run.hashes, bits) == bucket).all() for bucket, run in runs)
    assert found.units == len(DOCUMENTS)


def flushes(found: Gathered) -> int:
    return len([bucket for bucket, _blob in found.runs if bucket != DOCUMENT_TABLE])


def test_a_run_is_written_once_it_has_its_bytes(tmp_path: Path) -> None:
    sizes = [len(sketched(document, 0).hashes) for document in DOCUMENTS]
    first = np.cumsum(sizes)[4]
    assert flushes(gathered(tmp_path, DOCUMENTS, 0, 1 << 20)) == 1
    two = [gathered(tmp_path, DOCUMENTS, 0, 32 * int(most)) for most in (sum(sizes[:-1]), sum(sizes[:-1]) + 1)]
    assert [flushes(found) for found in two] == ([2, 1] if sizes[-1] else [1, 1])
    assert flushes(gathered(tmp_path, DOCUMENTS[:6], 0, 32 * int(first))) == 2
    assert flushes(gathered(tmp_path, DOCUMENTS[:6], 0, 32 * int(first) + 32)) == 1
    assert flushes(gathered(tmp_path, DOCUMENTS, 0, 1)) == np.count_nonzero(sizes)
    assert flushes(gathered(tmp_path, DOCUMENTS, 0, 0)) == np.count_nonzero(sizes)


def test_documents_come_back_with_the_number_of_their_shard(tmp_path: Path) -> None:
    found = gathered(tmp_path, DOCUMENTS, 2, 100)
    (table,) = [blob for bucket, blob in found.runs if bucket == DOCUMENT_TABLE]
    documents = unpack_documents(7, table.load())
    assert [row.ref for row in documents] == [
        DocumentRef((7 << 32) + at, document.id, len(find_words(document.text).hashes))
        for at, document in enumerate(DOCUMENTS)
    ]
    assert [load_text(str(tmp_path / "runs.bin"), row) for row in documents] == TEXTS


def test_a_shard_without_documents_sends_nothing(tmp_path: Path) -> None:
    assert gathered(tmp_path, [], 2, 100)[:2] == ([], 0)


@pytest.mark.parametrize(("shard", "position"), [(0, 0), (0, 2**32 - 1), (1, 0), (5, 9), (2**31 - 1, 2**32 - 1)])
def test_one_number_for_shard_and_position(shard: int, position: int) -> None:
    assert doc_index_of(shard, position) == shard * 2**32 + position
    assert shard_and_position(doc_index_of(shard, position)) == (shard, position)
    assert of_shard(shard, sketched(DOCUMENTS[5], 3)).doc_indexes.tolist() == [
        doc_index_of(shard, 3) for _hash in sketched(DOCUMENTS[5], 3).hashes
    ]


def test_each_run_has_as_many_bytes_as_the_first(tmp_path: Path) -> None:
    size = len(sketched(DOCUMENTS[5], 0).hashes)
    assert size > 1
    six = [DOCUMENTS[5]._replace(id=f"books:{at}") for at in range(6)]
    assert flushes(gathered(tmp_path, six, 0, 32 * (2 * size + 1))) == 2
