"""`--input bigquery`: what is asked before anything is paid, and a build of the export that a stand-in makes by SQL."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlite_dataset
from built_files import built_rows
from fake_cloud import FakeCloud, fake_cloud

from corpus.errors import CorpusError
from corpus.readers.github.query import PUBLIC, SAMPLE
from pipelines.cli import main
from pipelines.engine import files
from pipelines.engine.build import build
from pipelines.sources import find_source
from pipelines.sources.github import bigquery

TERABYTE = 10**12
CONTENTS = [(f"{at:040x}", 40, f"def number_{at}():\n    return {at}\n", False) for at in range(5)]
FILES = [(row[0], "a/b", f"src/n{at}.py", 33188, None) for at, row in enumerate(CONTENTS)]
SCHEMA = pa.schema(
    {
        "id": pa.string(), "size": pa.int64(), "binary": pa.bool_(), "content": pa.string(),
        "content_absent": pa.bool_(), "repo_name": pa.string(), "path": pa.string(), "mode": pa.int64(),
        "symlink_target": pa.string(), "license": pa.string(),
    }
)  # fmt: skip


class Service:
    """BigQuery as far as an export needs it: tables with a time of change, dry runs, and EXPORT DATA, by SQLite."""

    def __init__(self, database: sqlite3.Connection, read_bytes: int = TERABYTE) -> None:
        self.database, self.read_bytes, self.changed = database, read_bytes, 1
        self.jobs: dict[str, str] = {}
        self.states: list[str] = []
        self.fault: dict[str, str] | None = None

    def __call__(self, cloud: FakeCloud, method: str, path: str, body: Any) -> Any:
        path = path.partition("?")[0].removeprefix("/bigquery/v2")
        if method == "POST" and path == "/projects/p/jobs":
            return self._job(body)
        if method == "GET" and (found := re.fullmatch(r"/projects/p/(?:jobs|queries)/([^/]+)", path)):
            return {**self._done(found[1], self.jobs[found[1]]), "jobComplete": True}
        if found := re.fullmatch(r"/projects/([^/]+)/datasets/(\w+)/tables/(\w+)", path):
            reference = dict(zip(("projectId", "datasetId", "tableId"), found.groups(), strict=True))
            return {"tableReference": reference, "lastModifiedTime": str(self.changed)}
        return None

    def _job(self, body: Any) -> Any:
        query, name = body["configuration"]["query"]["query"], body["jobReference"]["jobId"]
        if not body["configuration"].get("dryRun"):
            if name in self.jobs:
                return (409, {"error": {"code": 409, "message": f"Already Exists: Job {name}"}})
            self.jobs[name] = query
            if not self.fault:
                found = re.fullmatch(r"EXPORT DATA OPTIONS\(uri='([^']+)'.*?\) AS\n(.*)", query, re.DOTALL)
                assert found
                self._export(*found.groups())
        return self._done(name, query)

    def _done(self, name: str, query: str) -> Any:
        numbers = {"totalBytesProcessed": str(self.read_bytes), "totalBytesBilled": str(self.read_bytes)}
        files = {"exportDataStatistics": {"fileCount": "2"}} if name in self.jobs else {}
        fault = {"errorResult": self.fault, "errors": [self.fault]} if self.fault and name in self.jobs else {}
        return {
            "jobReference": {"projectId": "p", "jobId": name, "location": "US"},
            "configuration": {"query": {"query": query}, "jobType": "QUERY"},
            "statistics": {**numbers, "query": {**numbers, "statementType": "EXPORT_DATA", **files}},
            "status": {"state": self.states.pop(0) if self.states else "DONE", **fault},
        }

    def _export(self, uri: str, query: str) -> None:
        found = self.database.execute(query)
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found]
        for row in rows:
            row |= {name: bool(row[name]) for name in ("binary", "content_absent")}
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        for at in range(2):
            table = pa.Table.from_pylist(rows[at::2], SCHEMA)
            pq.write_table(table, uri.replace("*", f"{at:012d}"), compression="zstd")


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite_dataset.connect()) as connection:
        connection.isolation_level = None
        yield connection


@pytest.fixture
def service(database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    service = Service(database)
    monkeypatch.setattr(bigquery, "_takes_exports", bool)  # a folder of this machine stands for one on gs://
    with fake_cloud(service) as cloud:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", cloud.endpoint)
        yield service


def options(tmp_path: Path) -> list[str]:
    return ["--direct_num_workers=1", "--project=p", f"--temp_location={tmp_path}/temp"]


def built(tmp_path: Path, out: str = "out", word: str = "bigquery", **settings: str) -> Any:
    return build(
        find_source("github"), [word], str(tmp_path / out), settings=settings, beam_arguments=options(tmp_path)
    )


def test_the_public_dataset_is_built_as_its_export(
    tmp_path: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite_dataset.fill(service.database, PUBLIC, CONTENTS, FILES, [("a/b", "mit")])
    result = built(tmp_path)
    rows = built_rows(result.folder, "documents")
    assert {row["id"]: row["text"] for row in rows} == {f"github:{row[0]}": row[2] for row in CONTENTS}
    assert rows[0]["licence"] == "mit"
    assert result.ledger.count("read", "blob", "entered") == len(CONTENTS)
    said = capsys.readouterr().err
    assert "reads 1,000.0 GB, about $5.68, paid by project p" in said
    assert "2 files" in said


def test_a_later_build_reads_the_same_export(
    tmp_path: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite_dataset.fill(service.database, PUBLIC, CONTENTS, FILES, [("a/b", "mit")])
    built(tmp_path)
    built(tmp_path, "other", mean_line_chars="50")
    assert len(service.jobs) == 1
    assert "the export of an earlier run is read" in capsys.readouterr().err
    built(tmp_path, "third", licences="mit")  # another query
    assert len(service.jobs) == 2
    service.changed = 2  # another state of the tables
    built(tmp_path, "fourth")
    assert len(service.jobs) == 3


def test_an_export_that_lost_a_file_is_made_again(tmp_path: Path, service: Service) -> None:
    sqlite_dataset.fill(service.database, PUBLIC, CONTENTS, FILES, [("a/b", "mit")])
    first = built(tmp_path)
    sorted((tmp_path / "temp").rglob("contents-*"))[0].unlink()
    second = built(tmp_path, "other")
    assert [name.rpartition("-")[2] for name in service.jobs] == ["0", "1"]
    assert first.manifest["documents"] == second.manifest["documents"] == len(CONTENTS)


@pytest.mark.parametrize("state", ["RUNNING", "DONE"])
def test_a_job_of_a_command_that_was_stopped_is_not_paid_for_again(
    state: str, tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_dataset.fill(service.database, PUBLIC, CONTENTS, FILES, [("a/b", "mit")])
    with monkeypatch.context() as patch:
        patch.setattr(files, "write_sealed", _stopped)
        with pytest.raises(KeyboardInterrupt):
            built(tmp_path)
    service.states = ["DONE", state]  # of the dry run, and of the job as it is found
    assert built(tmp_path).manifest["documents"] == len(CONTENTS)
    assert len(service.jobs) == 1


def test_a_job_that_failed_is_followed_by_another(tmp_path: Path, service: Service) -> None:
    sqlite_dataset.fill(service.database, PUBLIC, CONTENTS, FILES, [("a/b", "mit")])
    service.fault = {"reason": "quotaExceeded", "message": "Quota exceeded: export\nmore"}
    with pytest.raises(CorpusError, match=r"BigQuery to answer, got Quota exceeded: export;") as raised:
        built(tmp_path)
    assert len(str(raised.value).splitlines()) == 1
    service.fault = None
    assert built(tmp_path).manifest["documents"] == len(CONTENTS)
    assert len(service.jobs) == 2


def _stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_sample_is_a_choice(tmp_path: Path, service: Service) -> None:
    sqlite_dataset.fill(service.database, SAMPLE, CONTENTS[:2], FILES, [("a/b", "mit")])
    assert built(tmp_path, word="bigquery-sample").manifest["documents"] == 2


def test_explain_asks_what_it_costs_and_pays_nothing(
    tmp_path: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["build", "github", "--input", "bigquery", "--output", str(tmp_path / "out"), "--explain", "--"]
    assert main([*words, *options(tmp_path)]) == 2
    assert "about $5.68" in capsys.readouterr().err
    assert not service.jobs


def test_a_query_that_is_too_dear_is_refused(tmp_path: Path, service: Service) -> None:
    service.read_bytes = 100 * TERABYTE
    with pytest.raises(CorpusError, match=r"at most \$30.00, got \$568.43"):
        built(tmp_path)
    assert not service.jobs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--project=p"], "a folder on gs:// for BigQuery's export, got none"),
        (["--project=p", "--temp_location=/tmp/x"], "a folder on gs:// for BigQuery's export, got /tmp/x"),
        (["--temp_location=gs://b/t"], "the project that pays for the query, got none"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://localhost:1")
    words = ["build", "github", "--input", "bigquery", "--output", str(tmp_path / "out"), "--"]
    assert main([*words, *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_service_that_cannot_be_reached_is_said_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bigquery.FIRST_ANSWER_SECONDS < 10
    monkeypatch.setattr(bigquery, "FIRST_ANSWER_SECONDS", 0.5)
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://localhost:1")
    words = ["build", "github", "--input", "bigquery", "--output", str(tmp_path / "out"), "--"]
    assert main([*words, "--project=p", "--temp_location=gs://b/t"]) == 2
    said = capsys.readouterr().err
    assert "expected BigQuery to answer" in said
    assert len(said.splitlines()) == 1


def test_without_credentials_no_login_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    for name, value in {"HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path), "PATH": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    words = ["build", "github", "--input", "bigquery", "--output", str(tmp_path / "out"), "--"]
    assert main([*words, "--project=p", "--temp_location=gs://b/t"]) == 2
    said = capsys.readouterr().err
    assert "expected credentials of Google Cloud" in said
    assert len(said.splitlines()) == 1


def test_other_inputs_beside_it_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="bigquery alone, or files, got 2 inputs"):
        build(find_source("github"), ["bigquery", "x"], str(tmp_path / "out"), beam_arguments=options(tmp_path))


def test_a_real_export_and_the_query_give_the_same_build(tmp_path: Path, service: Service, shared_data: Path) -> None:
    """The tables of a real export, joined by our own graph and by the query: the same documents and the same counts."""
    tables: dict[str, list[dict[str, Any]]] = {"contents": [], "files": [], "licenses": []}
    for path in sorted((shared_data / "github").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            tables[path.name.partition("-")[0]] += [json.loads(line) for line in lines]

    def rows(kind: str, table: str) -> list[tuple[Any, ...]]:
        numbers = {"size", "mode"}
        names = sqlite_dataset.COLUMNS[kind]
        return [
            tuple(int(row[name]) if name in numbers and name in row else row.get(name) for name in names)
            for row in tables[table]
        ]

    sqlite_dataset.fill(
        service.database, PUBLIC, rows("contents", "contents"), rows("files", "files"), rows("licences", "licenses")
    )
    ours = build(find_source("github"), [str(shared_data / "github")], str(tmp_path / "ours"))
    theirs = built(tmp_path, "theirs")

    def texts(folder: str) -> dict[str, dict[str, Any]]:
        found = (row for path in Path(folder).glob("data/documents-*") for row in pq.read_table(path).to_pylist())
        return {row["id"]: row for row in found}

    assert texts(ours.folder) == texts(theirs.folder)
    for reason in ("entered", "kept", "binary", "licence_not_permitted", "no_licence_row", "symbolic_link"):
        assert theirs.ledger.count("read", "blob", reason) == ours.ledger.count("read", "blob", reason) > 0
