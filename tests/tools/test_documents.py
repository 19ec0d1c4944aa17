"""polars, DuckDB and Spark on documents."""

from __future__ import annotations

from collections import Counter

import pytest
from tools.expected import documents
from tools.page import run

pytestmark = pytest.mark.tools


def every(source: str = "") -> list[tuple[str, str]]:
    return sorted((one["id"], one["text"]) for one in documents() if source in ("", one["source"]))


def test_polars() -> None:
    opened = run("polars")
    assert sorted(opened["one"].select("id", "text").rows()) == every("github")
    assert sorted(opened["every"].select("id", "text").rows()) == every()
    assert sorted(opened["lines"].select("id", "text").rows()) == every()


def test_duckdb() -> None:
    opened = run("duckdb")
    assert sorted(opened["one"]) == every("github")
    assert sorted(opened["lines"]) == every()
    assert dict(opened["every"]) == Counter(one["source"] for one in documents())
    assert dict(opened["fields"]) == {
        one["id"]: one["meta"]["path"] for one in documents() if one["source"] == "github"
    }  # fmt: skip


def test_spark() -> None:
    opened = run("spark")
    assert sorted(map(tuple, opened["one"].select("id", "text").collect())) == every("github")
    for name in ("every", "lines"):
        assert sorted(map(tuple, opened[name].select("id", "text").collect())) == every(), name
    opened["spark"].stop()
