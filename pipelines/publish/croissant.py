"""croissant.json: a published dataset for machines, as MLCommons Croissant 1.1 (docs.mlcommons.org/croissant)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from corpus.amounts import of
from corpus.columns import SCHEMA
from pipelines.publish.card import COLUMNS, Dataset
from pipelines.publish.citation import UNNAMED, bibtex
from pipelines.publish.facts import Facts
from pipelines.publish.front_matter import ALL, languages_of

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
PARQUET = "application/x-parquet"
_CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "arrayShape": "cr:arrayShape", "citeAs": "cr:citeAs",
    "column": "cr:column", "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"}, "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format",
    "includes": "cr:includes", "isArray": "cr:isArray", "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "name": {"@container": "@language"},
    "parentField": "cr:parentField", "path": "cr:path", "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated",
    "replace": "cr:replace", "samplingRate": "cr:samplingRate", "sc": "https://schema.org/",
    "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField", "transform": "cr:transform",
}  # fmt: skip
"""The context that the standard gives for version 1.1."""


def croissant(dataset: Dataset) -> str:
    """The text of croissant.json: every file of documents with its digest, and a set of records per config."""
    builds = dataset.builds
    publisher = {"@type": "sc:Organization", "name": dataset.publisher or UNNAMED}
    fields = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": dataset.name,
        "description": _description(dataset),
        "conformsTo": CONFORMS_TO,
        "citeAs": bibtex(dataset.name, dataset.url, dataset.publisher, dataset.day),
        "creator": publisher,
        "datePublished": dataset.day,
        "inLanguage": languages_of(builds),
        "isBasedOn": [one.terms.publisher[1] for one in builds if one.terms.publisher[1]],
        "keywords": ["language modeling", "pretraining", "text", *(one.source for one in builds)],
        "license": _licences(builds),
        "url": dataset.url or "README.md",
        "version": ".".join(str(int(part)) for part in dataset.day.split("-")),
        "distribution": [*(each for one in builds for each in _files(one)), *map(_file_set, _configs(builds))],
        "recordSet": [_records(name) for name in _configs(builds)],
    }
    return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"


def _description(dataset: Dataset) -> str:
    sources = ", ".join(one.source for one in dataset.builds)
    return (
        "Text for pretraining language models, made from public dumps by the recipe of LLaMA's corpus: "
        f"{of(dataset.documents, 'document')} of {sources}. README.md says what was kept and why, LICENSE.md under "
        "which terms."
    )


def _licences(builds: Sequence[Facts]) -> list[str]:
    return list(dict.fromkeys(licence.url for one in builds for licence in one.terms.licences)) or ["LICENSE.md"]


def _configs(builds: Sequence[Facts]) -> list[str]:
    return [ALL, *(one.source for one in builds)]


def _files(one: Facts) -> Iterator[dict[str, Any]]:
    """The files of documents of a source."""
    for file in one.files:
        name = f"data/{one.source}/{file.name.rpartition('/')[2]}"
        yield {
            "@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "encodingFormat": PARQUET,
            "contentSize": f"{file.bytes} B", "sha256": file.sha256,
        }  # fmt: skip


def _file_set(name: str) -> dict[str, Any]:
    folder = "*" if name == ALL else name
    return {
        "@type": "cr:FileSet", "@id": f"files-of-{name}", "name": f"files-of-{name}", "encodingFormat": PARQUET,
        "includes": f"data/{folder}/*.parquet",
    }  # fmt: skip


def _records(name: str) -> dict[str, Any]:
    what = "The documents of all sources." if name == ALL else f"The documents of {name}."
    return {
        "@type": "cr:RecordSet", "@id": name, "name": name, "description": what, "key": {"@id": f"{name}/id"},
        "field": [_field(name, field) for field in SCHEMA],
    }  # fmt: skip


def _field(name: str, field: pa.Field) -> dict[str, Any]:
    kind = "sc:Float" if pa.types.is_floating(field.type) else "sc:Text"
    source = {"fileSet": {"@id": f"files-of-{name}"}, "extract": {"column": field.name}}
    return {
        "@type": "cr:Field", "@id": f"{name}/{field.name}", "name": field.name, "dataType": kind,
        "description": COLUMNS[field.name], "source": source,
    }  # fmt: skip
