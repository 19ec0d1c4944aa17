"""GitHub's public dataset of BigQuery in SQLite, which runs the same query."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from typing import Any

from corpus.readers.github.query import Tables

COLUMNS = {
    "contents": ("id", "size", "content", "binary"),
    "files": ("id", "repo_name", "path", "mode", "symlink_target"),
    "licences": ("repo_name", "license"),
}


def connect() -> sqlite3.Connection:
    """An empty database that knows BigQuery's REGEXP_CONTAINS."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)  # a server answers in threads of its own
    connection.create_function("REGEXP_CONTAINS", 2, lambda text, pattern: re.search(pattern, text) is not None)
    return connection


def fill(
    connection: sqlite3.Connection,
    tables: Tables,
    contents: Iterable[tuple[Any, ...]],
    files: Iterable[tuple[Any, ...]],
    licences: Iterable[tuple[Any, ...]],
) -> None:
    """Make the three tables of rows in the order of COLUMNS."""
    for (kind, columns), name, rows in zip(COLUMNS.items(), tables, (contents, files, licences), strict=True):
        assert kind in Tables._fields
        connection.execute(f"CREATE TABLE `{name}` ({', '.join(columns)})")
        connection.executemany(f"INSERT INTO `{name}` VALUES ({', '.join('?' * len(columns))})", rows)
    connection.commit()
