"""The tables of GitHub: which file is which, where a blob stands, and what becomes of every row of contents."""

import gzip
import io
import itertools
import random
from collections import Counter
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from corpus.document import UNREADABLE, Document, Outcome
from corpus.readers.base import InputSplit, Seen
from corpus.readers.github.read import (
    READER,
    RepoFile,
    blob_ids,
    read,
    read_licences,
    read_repo_files,
    repo_file_rank,
    repo_files_in,
    table_of,
    write_repo_files,
)
from pipelines.demo import github as demo

PERMITTED = ("apache-2.0", "bsd-2-clause", "bsd-3-clause", "mit")
ROW_BYTES = 1 << 20
HERE = RepoFile("a/one", "x.py", "mit")


def packed(*rows: dict) -> bytes:
    return gzip.compress(b"\n".join(map(orjson.dumps, rows)))


def repo_files_file(repo_files: dict[str, RepoFile]) -> bytes:
    file = io.BytesIO()
    write_repo_files(file, repo_files)
    return file.getvalue()


def outcomes_of(data: bytes, repo_files: dict[str, RepoFile] | None = None, part: str = "") -> list[Outcome]:
    """All outcomes on a contents file; no row may be without one."""
    files = {"contents": data, "repo_files": repo_files_file(repo_files or {})}
    seen = Seen()
    shard = InputSplit(0, 1, "contents", part, sidecar="repo_files" if repo_files is not None else "")
    found = list(read(lambda path: io.BytesIO(files[path]), shard, seen, row_bytes=ROW_BYTES, licences=PERMITTED))
    assert sum(outcome.records for outcome in found) == seen.records == len(found)
    return found


def reasons(outcomes: list[Outcome]) -> list[str]:
    return [outcome.reason or "kept" for outcome in outcomes]


@pytest.mark.parametrize(
    ("path", "head", "table"),
    [
        ("contents-000000000000.json.gz", b'{"id":"a"}', "contents"),
        ("gs://b/github/files-000000000000.json.gz", packed({"id": "a"}), "files"),
        ("licenses-000000000000.json", b'{"repo_name":"a"}', "licenses"),
        ("github_repos.contents-000.parquet", b"PAR1....", "contents"),
        ("in/contents/part-0.json.gz", packed({"id": "a"}), "contents"),
        ("in/files/part-0.parquet", b"PAR1", "files"),
        ("in/files/contents-0.parquet", b"PAR1", "contents"),
        ("part-0.json", b'{"id":"a","size":"1","content":"\\"path\\":"}', "contents"),
        ("part-0.json", b'{"id":"a","size":"1","binary":true}', "contents"),
        ("part-0.json.gz", packed({"repo_name": "a", "ref": "b", "path": "c", "id": "d"}), "files"),
        ("part-0.json.zst", zstandard.compress(b'{"repo_name":"a","license":"mit"}'), "licenses"),
        ("part-0.parquet", b"PAR1", "contents"),
        ("part-0.json", b'{"url":"x"}', ""),
        ("contents.md", b"# Contents", ""),
        ("repos.tsv", b"repo_name\tlicense", ""),
        ("contents-0.json.gz", b"\x1f\x8bnot gzip at all", ""),
        ("contents-0.json.gz", b"", ""),
    ],
)
def test_table_of(path, head, table):
    assert table_of(path, head) == table
    accepting = {"contents": READER.accepts, **READER.companions}
    assert [name for name, accepts in accepting.items() if accepts(path, head)] == ([table] if table else [])


BEST_FIRST = [
    RepoFile("b/two", "x.py", "mit"),
    RepoFile("b/two", "y.py", "apache-2.0"),
    RepoFile("c/three", "a.py", "mit"),
    RepoFile("a/one", "vendor/x.py", "mit"),
    RepoFile("a/one", "x.py", "gpl-3.0"),
    RepoFile("a/two", "x.py", ""),
    RepoFile("a/one", "third_party/x.py", "isc"),
    RepoFile("a/one", "x.py", "mit", link=True),
]


def test_rank_does_not_depend_on_the_order_files_come_in():
    for seed in range(20):
        shuffled = random.Random(seed).sample(BEST_FIRST, len(BEST_FIRST))
        assert sorted(shuffled, key=lambda each: repo_file_rank(each, PERMITTED)) == BEST_FIRST


def test_a_document_has_its_repository_file():
    (outcome,) = outcomes_of(packed({"id": "ab", "size": "1", "content": "x", "binary": False}), {"ab": HERE})
    assert outcome == Outcome(Document("github:ab", "x", "github", {"repo": "a/one", "path": "x.py", "licence": "mit"}))


@pytest.mark.parametrize(
    ("row", "repo_file", "reason"),
    [
        ({"content": "x"}, HERE, "kept"),
        ({"content": ""}, HERE, "kept"),
        ({"content": "x", "binary": False, "copies": "3"}, HERE, "kept"),
        ({"binary": True}, HERE, "binary"),
        ({"binary": "true", "content": "x"}, HERE, "binary"),
        ({"binary": False}, HERE, "content_absent"),
        ({"content": None}, HERE, "content_absent"),
        ({"content": "x"}, None, "no_repo_file"),
        ({"content": "x"}, HERE._replace(link=True), "symbolic_link"),
        ({"content": "x"}, HERE._replace(licence=""), "no_licence_row"),
        ({"content": "x"}, HERE._replace(licence="gpl-3.0"), "licence_not_permitted"),
        ({"content": "x", "repo_name": "a/one", "path": "x.py", "license": "mit"}, None, "kept"),
        ({"content": "x", "repo_name": "a/one", "path": "x.py", "license": "isc"}, None, "licence_not_permitted"),
        ({"content": "x", "repo_name": "a/one", "path": "x.py"}, None, "no_licence_row"),
        ({"content": "x", "repo_name": "a/one", "path": "x", "license": "mit", "mode": "40960"}, None, "symbolic_link"),
        ({"content": ["x"]}, HERE, UNREADABLE),
        ({"id": None, "content": "x"}, HERE, UNREADABLE),
        ({"id": 7, "content": "x"}, HERE, UNREADABLE),
    ],
)
def test_every_row_has_a_reason(row, repo_file, reason):
    outcomes = outcomes_of(packed({"id": "ab", **row}), {"ab": repo_file} if repo_file else {})
    assert reasons(outcomes) == [reason]


@pytest.mark.parametrize("licence", ["mit", "MIT", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "isc", "agpl-3.0"])
def test_licences(licence):
    (outcome,) = outcomes_of(packed({"id": "ab", "content": "x"}), {"ab": HERE._replace(licence=licence)})
    assert outcome.kept is (licence in PERMITTED)


def test_one_document_a_blob_however_often_its_row_comes():
    joined = [
        {"id": "ab", "content": "x", "repo_name": repo, "path": path, "license": licence}
        for repo, path, licence in [("a", "x", "gpl-3.0"), ("b", "y", "mit"), ("c", "z", "mit"), ("d", "z", "isc")]
    ]
    outcomes = outcomes_of(packed(*joined))
    assert reasons(outcomes) == ["licence_not_permitted", "kept", "repeated_blob", "licence_not_permitted"]


def test_a_bad_row_costs_itself():
    rows = b'{"id":"a","content":"x"}\n{"id":"b","conte\n{"id":"c","content":"\\u00e9"}\n'
    outcomes = outcomes_of(rows, {"a": HERE, "c": HERE})
    assert reasons(outcomes) == ["kept", UNREADABLE, "kept"]
    assert outcomes[1].document.id == "contents#25"
    assert outcomes[1].raw == b'{"id":"b","conte'
    assert outcomes[2].document.text == "é"


def test_parquet_reads_as_json_lines():
    rows = [{"id": f"{n:x}", "size": n, "content": f"text {n}", "binary": False} for n in range(100)]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=40)
    repo_files = {row["id"]: HERE for row in rows}
    whole = outcomes_of(file.getvalue(), repo_files)
    assert whole == outcomes_of(packed(*rows), repo_files)
    parts = [outcomes_of(file.getvalue(), repo_files, part) for part in ("0-1", "1-2", "2-3")]
    assert list(itertools.chain(*parts)) == whole


def test_places_come_back_and_their_bytes_do_not_depend_on_order():
    repo_files = {"b": HERE, "a": RepoFile("ä/ö", "z.py"), "c": HERE._replace(link=True)}
    data = repo_files_file(repo_files)
    assert repo_files_in(io.BytesIO(data)) == repo_files
    assert repo_files_file(dict(sorted(repo_files.items()))) == data
    assert repo_files_in(io.BytesIO(repo_files_file({}))) == {}


def test_files_and_licences_tables():
    files = {
        "files": packed(
            {"repo_name": "a", "ref": "r", "path": "p", "mode": "33188", "id": "1"},
            {"repo_name": "a", "path": "l", "mode": "40960", "id": "2"},
            {"repo_name": "a", "path": "m", "mode": 33188, "id": "3", "symlink_target": "p"},
            {"repo_name": "a", "path": "no id"},
        ),
        "licenses": packed({"repo_name": "a", "license": "mit"}, {"repo_name": "b"}),
    }
    faults: list[Outcome] = []

    def table(read_table, path):
        return list(
            read_table(
                lambda name: io.BytesIO(files[name]), InputSplit(0, 1, path), Seen(), faults.append, row_bytes=99
            )
        )

    assert table(read_repo_files, "files") == [
        ("1", RepoFile("a", "p")), ("2", RepoFile("a", "l", link=True)), ("3", RepoFile("a", "m", link=True))
    ]  # fmt: skip
    assert table(read_licences, "licenses") == [("a", "mit")]
    assert [(fault.reason, fault.detail) for fault in faults] == [
        (UNREADABLE, "expected the strings id, repo_name, path"),
        (UNREADABLE, "expected the strings repo_name, license"),
    ]  # fmt: skip


def test_blob_ids_are_those_that_need_a_repository_file():
    data = packed(
        {"id": "1", "content": "x"}, {"id": "2", "binary": True}, {"id": "3", "repo_name": "a"}, {"content": ""}
    )
    assert list(blob_ids(lambda path: io.BytesIO(data), InputSplit(0, 1, "x"), row_bytes=ROW_BYTES)) == ["1", "2"]


def joined(folder: Path) -> list[Outcome]:
    """The outcomes on all contents of a folder, joined in memory as the engine joins them shard by shard."""
    open_file = lambda path: open(path, "rb")  # noqa: E731, SIM115
    faults: list[Outcome] = []
    tables: dict[str, list[InputSplit]] = {"contents": [], "files": [], "licenses": []}
    for path in sorted(folder.iterdir()):
        if table := table_of(str(path), path.read_bytes()[:4096]):
            tables[table].append(InputSplit(0, 1, str(path)))
    licences = dict(
        row
        for shard in tables["licenses"]
        for row in read_licences(open_file, shard, Seen(), faults.append, row_bytes=ROW_BYTES)
    )
    repo_files: dict[str, RepoFile] = {}
    for shard in tables["files"]:
        for blob, repo_file in read_repo_files(open_file, shard, Seen(), faults.append, row_bytes=ROW_BYTES):
            repo_file = repo_file._replace(licence=licences.get(repo_file.repo, ""))
            candidates = (repo_files.get(blob, repo_file), repo_file)
            repo_files[blob] = min(candidates, key=lambda each: repo_file_rank(each, PERMITTED))
    assert not faults
    return [v for shard in tables["contents"] for v in outcomes_of(Path(shard.path).read_bytes(), repo_files)]


def test_demo_export(tmp_path: Path):
    demo.write(tmp_path)
    assert Counter(reasons(joined(tmp_path))) == {
        "kept": 15, "binary": 1, "no_repo_file": 1, "symbolic_link": 1, "licence_not_permitted": 1, "no_licence_row": 1,
        UNREADABLE: 1,
    }  # fmt: skip


def test_demo_export_has_the_same_bytes_each_time(tmp_path: Path):
    demo.write(tmp_path / "1")
    demo.write(tmp_path / "2")
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in "12")
    assert first == second
    assert len(first) == 4


def test_real_export_has_one_outcome_a_blob(shared_data: Path):
    outcomes = joined(shared_data / "github")
    assert len({outcome.document.id for outcome in outcomes}) == len(outcomes) == 1514 + 1515
    assert Counter(reasons(outcomes)) == {
        "kept": 1861, "binary": 9, "symbolic_link": 92, "licence_not_permitted": 911, "no_licence_row": 156
    }  # fmt: skip
