"""The BigQuery query, run in SQLite on small tables: one row per blob, with the repository file that ranks first."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlite_dataset

from corpus.errors import RecipeError
from corpus.readers.github.query import SAMPLE, Tables, repo_files_query
from corpus.readers.github.read import RepoFile, repo_file_rank

TABLES = Tables("d.contents", "d.files", "d.licenses")
PERMITTED = ("mit", "apache-2.0")
LICENCES = [("a/one", "mit"), ("b/two", "apache-2.0"), ("c/gpl", "gpl-3.0")]
FILES = [
    ("1", "b/two", "x.py", 33188, None), ("1", "a/one", "x.py", 33188, None), ("1", "a/one", "w.py", 33188, None),
    ("2", "a/one", "vendor/x.py", 33188, None), ("2", "b/two", "z.py", 33188, None),
    ("3", "c/gpl", "x.py", 33188, None), ("3", "b/two", "third_party/x.py", 33188, None),
    ("4", "c/gpl", "y.py", 33188, None),
    ("5", "d/none", "y.py", 33188, None),
    ("6", "a/one", "link", 40960, None), ("6", "a/one", "link2", 33188, "w.py"),
    ("7", "a/one", "x.bin", 33188, None),
    ("8", "a/one", "large.py", 33188, None),
]  # fmt: skip
CONTENTS = [(str(n), 10, f"content {n}", False) for n in (1, 2, 3, 4, 5, 6, 9)]
CONTENTS += [("7", 10, None, True), ("8", 10, None, False)]


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite_dataset.connect()
    sqlite_dataset.fill(connection, TABLES, CONTENTS, FILES, LICENCES)
    yield connection
    connection.close()


def rows_of(database: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    found = database.execute(repo_files_query(PERMITTED, TABLES))
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found]
    by_id = {row["id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return by_id


def test_every_blob_once_with_its_first_repository_file(database):
    rows, licences = rows_of(database), dict(LICENCES)
    assert set(rows) == {row[0] for row in CONTENTS}
    for blob, row in rows.items():
        repo_files = [
            RepoFile(repo, path, licences.get(repo, ""), mode == 40960 or bool(target))
            for one, repo, path, mode, target in FILES
            if one == blob
        ]
        if not repo_files:
            assert row["repo_name"] is None
            continue
        best = min(repo_files, key=lambda each: repo_file_rank(each, PERMITTED))
        assert (row["repo_name"], row["path"], row["license"] or "") == best[:3]
        assert (row["mode"] == 40960 or bool(row["symlink_target"])) == best.link


def test_texts_that_cannot_be_kept_stay_where_they_are(database):
    rows = rows_of(database)
    texts = {blob: row["content"] for blob, row in rows.items() if row["content"] is not None}
    assert texts == {blob: f"content {blob}" for blob in ("1", "2", "3", "6")}
    assert {blob for blob, row in rows.items() if row["content_absent"]} == {"7", "8"}


def test_of_two_licences_of_a_repository_a_permitted_one_counts(database):
    database.executemany("INSERT INTO `d.licenses` VALUES (?, ?)", [("c/gpl", "apache-2.0"), ("a/one", "agpl-3.0")])
    rows = rows_of(database)
    assert (rows["4"]["license"], rows["4"]["content"]) == ("apache-2.0", "content 4")
    assert rows["7"]["license"] == "mit"


def test_the_query_names_the_public_tables():
    query = repo_files_query(PERMITTED)
    for table in ("contents", "files", "licenses"):
        assert f"`bigquery-public-data.github_repos.{table}`" in query
    assert "`bigquery-public-data.github_repos.sample_contents`" in repo_files_query(PERMITTED, SAMPLE)
    assert "IN ('mit', 'apache-2.0')" in query
    assert "\\" not in query


@pytest.mark.parametrize("licence", ["mit'; DROP TABLE x", "", "MIT"])
def test_a_licence_cannot_write_the_query(licence):
    with pytest.raises(RecipeError, match="the name of a licence"):
        repo_files_query((licence,))
