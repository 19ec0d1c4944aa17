"""The BigQuery query, run in SQLite on small tables: one row per blob, with the repository file that ranks first."""

import re
import sqlite3
from collections.abc import Iterator

import pytest

from corpus.errors import RecipeError
from corpus.readers.github.query import repo_files_query
from corpus.readers.github.read import RepoFile, repo_file_rank

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
CONTENTS = [(str(n), 10, f"content {n}", False) for n in range(1, 7)] + [("7", 10, None, True), ("8", 10, None, False)]


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.create_function("REGEXP_CONTAINS", 2, lambda text, pattern: re.search(pattern, text) is not None)
    connection.execute("CREATE TABLE `d.licenses` (repo_name, license)")
    connection.execute("CREATE TABLE `d.files` (id, repo_name, path, mode, symlink_target)")
    connection.execute("CREATE TABLE `d.contents` (id, size, content, binary)")
    connection.executemany("INSERT INTO `d.licenses` VALUES (?, ?)", LICENCES)
    connection.executemany("INSERT INTO `d.files` VALUES (?, ?, ?, ?, ?)", FILES)
    connection.executemany("INSERT INTO `d.contents` VALUES (?, ?, ?, ?)", CONTENTS)
    yield connection
    connection.close()


def test_one_row_a_blob_with_its_first_repository_file(database):
    rows = database.execute(repo_files_query(PERMITTED, "d")).fetchall()
    licences = dict(LICENCES)
    expected = {}
    for blob in ("1", "2", "3"):
        repo_files = [
            RepoFile(repo, path, licences.get(repo, "")) for one, repo, path, _mode, _link in FILES if one == blob
        ]
        best = min(repo_files, key=lambda each: repo_file_rank(each, PERMITTED))
        expected[blob] = (best.repo, best.path, best.licence)
    assert {row[0]: row[4:] for row in rows} == expected
    assert len(rows) == 3
    assert {row[2] for row in rows} == {"content 1", "content 2", "content 3"}


def test_a_repository_with_two_licence_rows_multiplies_nothing(database):
    database.execute("INSERT INTO `d.licenses` VALUES ('a/one', 'apache-2.0')")
    assert len(database.execute(repo_files_query(PERMITTED, "d")).fetchall()) == 3


def test_the_query_names_the_public_tables():
    query = repo_files_query(PERMITTED)
    for table in ("contents", "files", "licenses"):
        assert f"`bigquery-public-data.github_repos.{table}`" in query
    assert "IN ('mit', 'apache-2.0')" in query
    assert "\\" not in query


@pytest.mark.parametrize("licence", ["mit'; DROP TABLE x", "", "MIT"])
def test_a_licence_cannot_write_the_query(licence):
    with pytest.raises(RecipeError, match="the name of a licence"):
        repo_files_query((licence,))
