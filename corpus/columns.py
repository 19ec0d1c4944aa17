"""The columns of documents on disk, the same for every source: flat and typed, so that any tool opens the files."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from sys import float_info
from typing import Any

import orjson
import pyarrow as pa

from corpus.document import NOTHING, Document
from corpus.errors import RecordError

STATED = ("language", "url", "title", "date", "licence")
"""Fields of a document's meta with a column of their own: null where its dump does not state them."""
SCORED = ("language_score", "perplexity", "reference")
"""Scores with a column of their own: null where no model gave one."""
METADATA = "metadata"
"""The column with everything else, a JSON object: text is of meta, a number of scores."""
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        *(pa.field(name, pa.string()) for name in STATED),
        *(pa.field(name, pa.float64()) for name in SCORED),
        pa.field(METADATA, pa.string(), nullable=False),
    ]
)
_EXACT = 2.0**float_info.mant_dig
"""Below it every whole number is a float of its own; JSON readers take larger ones for other numbers."""


def batch_of(documents: list[Document]) -> pa.RecordBatch:
    """Documents as one Arrow record batch, schema SCHEMA."""
    values: list[Iterable[Any]] = [
        [document.id for document in documents],
        [document.text for document in documents],
        [document.source for document in documents],
        *([document.meta.get(name) for document in documents] for name in STATED),
        *([document.scores.get(name) for document in documents] for name in SCORED),
        [metadata_of(document) for document in documents],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(values, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def metadata_of(document: Document, but: Collection[str] = (*STATED, *SCORED)) -> str:
    """The column METADATA of a document: its meta and scores as JSON, but for those with a column of their own."""
    fields: dict[str, str | float] = {
        name: text for name, text in document.meta.items() if name not in STATED or name not in but
    }
    for name, number in document.scores.items():
        if name not in SCORED or name not in but:
            fields[name] = int(number) if number.is_integer() and abs(number) < _EXACT else number
    return orjson.dumps(fields).decode()


def require_scores(scores: Mapping[str, float], meta: Mapping[str, str] = NOTHING) -> None:
    """Refuse scores that the columns cannot hold beside a document's meta.

    Raises:
        RecordError: one without a column of its own is no finite number, which JSON does not know, or has the name of
            a field of meta.
    """
    for name, number in scores.items():
        if name not in SCORED and not math.isfinite(number):
            raise RecordError("a finite number", str(number), f"score {name}")
        if name in meta:
            raise RecordError("a name that no other field has", name, "scores")


def documents_of(batch: pa.RecordBatch) -> Iterator[Document]:
    """The Documents of an Arrow record batch of schema SCHEMA, in order."""
    for fields in zip(*(column.to_pylist() for column in batch.columns), strict=True):
        yield _document(dict(zip(SCHEMA.names, fields, strict=True)))


def document_of(fields: Mapping[str, Any]) -> Document:
    """The Document of a row that may be anybody's.

    Raises:
        RecordError: it has other columns than documents have, or values of other types.
    """
    names = ("id", "text", "source", METADATA)
    if not all(isinstance(fields.get(name), str) for name in names):
        raise RecordError(f"a document with {', '.join(names)}, all text", ", ".join(fields) or "no column")
    try:
        return _document(fields)
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordError(f"a JSON object of texts and numbers in {METADATA}", str(error)) from None


def _document(fields: Mapping[str, Any]) -> Document:
    others = orjson.loads(fields[METADATA])
    meta = {name: fields[name] for name in STATED if fields.get(name) is not None}
    scores = {name: fields[name] for name in SCORED if fields.get(name) is not None}
    for name, value in others.items():
        if isinstance(value, str):
            meta[name] = value
        else:
            scores[name] = float(value)
    return Document(fields["id"], fields["text"], fields["source"], meta, scores)
