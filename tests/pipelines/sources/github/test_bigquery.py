"""`--input bigquery`: the SQL and the requests that go out, against a local stand-in, and what comes back built."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from apache_beam.internal.gcp import auth
from apache_beam.io.gcp.internal.clients import bigquery
from fake_cloud import FakeCloud, fake_cloud

from corpus.readers.github.query import repo_files_query
from pipelines.engine.build import build
from pipelines.sources import find_source

ROWS = [
    {
        "id": f"{at:040x}",
        "size": "40",
        "content": f"def number_{at}():\n    return {at}\n",
        "binary": False,
        "repo_name": "a/b",
        "path": f"src/n{at}.py",
        "license": "mit",
    }
    for at in range(5)
]
TABLE = {"projectId": "p", "datasetId": "d", "tableId": "t"}


class Nobody:
    """Credentials of nobody, for a server that asks for none."""

    def authorize(self, http: Any) -> Any:
        return http


def bigquery_answer(cloud: FakeCloud, method: str, path: str, body: Any) -> Any:
    """What BigQuery says to a query, an export, and the calls around them."""
    if method == "POST" and path.startswith("/projects/p/jobs"):
        job = body["configuration"]
        if "extract" in job:
            (uri,) = job["extract"]["destinationUris"]
            Path(uri).parent.mkdir(parents=True)
            Path(uri.replace("*", "0")).write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        return {
            "jobReference": {"projectId": "p", "jobId": "j", "location": "US"},
            "configuration": job,
            "statistics": {"totalBytesProcessed": "9", "query": {"referencedTables": [TABLE]}},
            "status": {"state": "DONE"},
        }
    if "/jobs/" in path:
        return {"jobReference": {"projectId": "p", "jobId": "j"}, "status": {"state": "DONE"}, "configuration": {}}
    if "/tables/" in path:
        return {"tableReference": TABLE, "location": "US", "numBytes": "9", "schema": {"fields": []}}
    made = any(verb == "POST" and where.startswith("/projects/p/datasets") for verb, where, _ in cloud.requests)
    if method == "GET" and not made:
        return None
    return {"datasetReference": {"projectId": "p", "datasetId": "d"}, "location": "US"}


def test_the_public_dataset_is_queried_once_a_blob_and_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with fake_cloud(bigquery_answer) as cloud:
        monkeypatch.setattr(bigquery.BigqueryV2, "BASE_URL", f"{cloud.endpoint}/")
        monkeypatch.setattr(auth, "get_service_credentials", lambda options: Nobody())
        result = build(
            find_source("github"),
            ["bigquery"],
            str(tmp_path / "out"),
            beam_arguments=["--direct_num_workers=1", "--project=p", f"--temp_location={tmp_path}/temp"],
        )
    jobs = [body["configuration"] for method, path, body in cloud.requests if method == "POST" and "/jobs" in path]
    queries = [job["query"] for job in jobs if "query" in job]
    licences = ("apache-2.0", "bsd-2-clause", "bsd-3-clause", "mit")
    assert {query["query"] for query in queries} == {repo_files_query(licences)}
    assert not any(query["useLegacySql"] for query in queries)
    assert re.search(r"`bigquery-public-data\.github_repos\.contents`", queries[0]["query"])
    (extract,) = [job["extract"] for job in jobs if "extract" in job]
    assert extract["destinationFormat"] == "NEWLINE_DELIMITED_JSON"
    rows = [row for path in Path(result.folder).glob("documents-*") for row in pq.read_table(path).to_pylist()]
    assert {row["id"]: row["text"] for row in rows} == {f"github:{row['id']}": row["content"] for row in ROWS}
    assert rows[0]["licence"] == "mit"
    assert result.ledger.count("read", "blob", "entered") == len(ROWS)
