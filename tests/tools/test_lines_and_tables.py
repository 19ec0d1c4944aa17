"""Hugging Face datasets, pandas and datatrove on documents."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tools.expected import documents, sources, texts
from tools.page import run

pytestmark = pytest.mark.filterwarnings("ignore")


def rows(table: Any) -> Counter[tuple[str, str]]:
    """(id, text) of each row."""
    return Counter((one["id"], one["text"]) for one in table)


def every(source: str = "") -> Counter[tuple[str, str]]:
    return Counter((one["id"], one["text"]) for one in documents() if source in ("", one["source"]))


def test_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    opened = run("datasets")
    assert rows(opened["one"]) == rows(opened["build"]) == rows(opened["streamed_lines"]) == every("github")
    for name in ("every", "texts", "streamed", "lines"):
        assert rows(opened[name]) == every(), name
    assert opened["texts"].column_names == ["id", "text"]
    assert {name: one.dtype for name, one in opened["every"].features.items()} == TYPES
    assert Counter(row["source"] for row in opened["mixed"]).keys() == set(sources())
    assert {row["text"] for row in opened["mixed"]} <= set(texts())


TYPES = dict.fromkeys(("id", "source", "language", "url", "title", "date", "licence", "metadata"), "string") | {
    "text": "large_string", "language_score": "float64", "perplexity": "float64", "reference": "float64",
}  # fmt: skip


def test_pandas() -> None:
    pytest.importorskip("pandas")
    opened = run("pandas")
    assert rows(opened["one"].to_dict("records")) == rows(opened["lines"].to_dict("records")) == every("github")
    assert rows(opened["every"].to_dict("records")) == every()
    paths = [json.loads(one)["path"] for one in opened["one"]["metadata"]]
    assert sorted(paths) == sorted(one["meta"]["path"] for one in documents() if one["source"] == "github")


def test_datatrove() -> None:
    pytest.importorskip("datatrove")
    opened = run("datatrove")

    def pairs(name: str) -> Counter[tuple[str, str]]:
        return Counter((one.id, one.text) for one in opened[name])

    assert pairs("one") == every("github")
    assert pairs("every") == pairs("lines") == every()
    assert {one.metadata["source"] for one in opened["every"]} == set(sources())


READ_AT_MOST, COPIED_AT_MOST, COLUMNS_AT_MOST = 300_000_000, 100_000_000, 1_000
"""What the hub's viewer reads at once, what it shows without a copy, and how many columns it takes."""


def test_viewer() -> None:
    opened = run("viewer")
    assert opened["indexed"]
    assert opened["largest"] < min(READ_AT_MOST, COPIED_AT_MOST)
    assert len(opened["types"]) < COLUMNS_AT_MOST
    assert set(opened["types"].values()) == {"string", "large_string", "double"}
    assert all(file.schema_arrow.equals(opened["files"][0].schema_arrow) for file in opened["files"])
