"""The flat columns of documents: what comes back of what went in, and what they refuse."""

from __future__ import annotations

import json
import math

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.columns import SCHEMA, SCORED, STATED, batch_of, document_of, documents_of, require_scores
from corpus.document import Document
from corpus.errors import RecordError, UnsoundError
from corpus.writers import read_parquet

NAMES = st.sampled_from([*STATED, "tags", "repo", "main", "", "metadata", "id"])
SCORES = st.sampled_from([*SCORED, "score", "answers", "ratio"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PARTS = st.tuples(TEXT, TEXT, TEXT, st.dictionaries(NAMES, TEXT), st.dictionaries(SCORES, FLOATS))


@given(st.lists(PARTS.map(lambda parts: Document(*parts))))
def test_documents_come_back_as_they_were(documents: list[Document]) -> None:
    batch = batch_of(documents)
    assert batch.schema == SCHEMA
    assert not any(pa.types.is_nested(field.type) for field in batch.schema)
    assert list(documents_of(batch)) == documents
    assert [document_of(row) for row in batch.to_pylist()] == documents


def test_what_has_a_column_is_typed_and_the_rest_is_json() -> None:
    one = Document("web:1", "t", "web", {"url": "u", "dump": "d"}, {"perplexity": math.inf, "score": -3.0, "mean": 0.5})
    (row,) = batch_of([one]).to_pylist()
    assert (row["url"], row["title"], row["perplexity"], row["reference"]) == ("u", None, math.inf, None)
    assert json.loads(row["metadata"]) == {"dump": "d", "score": -3, "mean": 0.5}


@pytest.mark.parametrize(
    ("scores", "meta", "wrong"),
    [
        ({"mean": math.nan}, {}, "score mean: expected a finite number, got nan"),
        ({"mean": -math.inf}, {}, "score mean: expected a finite number, got -inf"),
        ({"title": 1.0}, {"title": "t"}, "scores: expected a name that no other field has, got title"),
    ],
)
def test_scores_that_no_column_can_hold(scores: dict[str, float], meta: dict[str, str], wrong: str) -> None:
    with pytest.raises(RecordError, match=wrong):
        require_scores(scores, meta)


@pytest.mark.parametrize("metadata", ["", "[1]", "{", '"x"', '{"a": null}', '{"a": [1]}', '{"a": {}}', "[" * 10**6])
def test_metadata_that_is_no_object_of_texts_and_numbers(metadata: str) -> None:
    with pytest.raises(RecordError, match="expected a JSON object of texts and numbers in metadata"):
        document_of({"id": "a", "text": "", "source": "web", "metadata": metadata})


def test_files_of_an_earlier_version_are_refused(tmp_path: pytest.TempPathFactory) -> None:
    path = f"{tmp_path}/documents-00000-of-00001.parquet"
    pq.write_table(pa.table({"id": ["a"], "text": ["t"], "source": ["web"], "meta": [{"x": 1}]}), path)
    with (
        open(path, "rb") as file,
        pytest.raises(UnsoundError, match=r"none named language, url.* earlier version; build again"),
    ):
        list(read_parquet(file))


def test_a_number_too_large_for_a_float_stays_a_number() -> None:
    big = float(2**70)
    (row,) = batch_of([Document("a", "t", "web", {}, {"n": big})]).to_pylist()
    assert document_of(row).scores["n"] == big
    assert orjson.loads(row["metadata"])["n"] == big
