"""GitHub straight from BigQuery's public dataset: one query joins the tables there, and a build reads its export.

Credentials, project and cost are asked for before anything is paid or built. The export lies in the folder of temporary
files on gs:// and is named by the query and the state of its tables, so that a later build of the same reads it again.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from corpus.errors import BuildError, InputError, UsageError
from corpus.extras import extra
from corpus.manifest import digest
from corpus.readers.github.query import PUBLIC, SAMPLE, Tables, repo_files_query
from corpus.recipe import Value
from pipelines.engine import files
from pipelines.engine.stages import Origin

LOCATION = "US"
"""Where the public dataset lies, and so where its queries run."""
RECORD = "export.json"
"""What an export says of itself, written when all its files are there."""
EMULATOR = "BIGQUERY_EMULATOR_HOST"
"""The variable by which the client reaches a stand-in, which asks for no credentials."""
FIRST_ANSWER_SECONDS = 8.0
"""So long a service that cannot be reached, or is busy, is asked again before a command says so."""
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIB = float(1 << 40)
_GB = 1e9
_HEX_DIGITS = 16
_STATEMENT = "EXPORT DATA OPTIONS(uri='{uri}', format='PARQUET', compression='ZSTD', overwrite=true) AS\n{query}"


class Asked(NamedTuple):
    """A query before it runs: its text, the bytes that it reads and what they cost (US dollars), and its export."""

    query: str
    read_bytes: int
    dollars: float
    folder: str


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def exported(tables: Tables, values: Mapping[str, Value], options: PipelineOptions, run: bool) -> list[str]:
    """The files of the export of the tables, made unless they are there.

    Args:
        tables: which tables are joined.
        values: the numbers of the github recipe in force.
        options: of Beam: the project that pays, and the folder of temporary files on gs://.
        run: whether a query that costs may run; without, an export that is there is used, and none is made.

    Raises:
        UsageError: no project, or no folder on gs://.
        InputError: no credentials, no permission, too dear, or refused by BigQuery.
        BuildError: the query ran and its files are not there.
    """
    cloud = options.view_as(GoogleCloudOptions)
    folder = str(cloud.temp_location or "").rstrip("/")
    if not _takes_exports(folder):
        do = "give one in the location US after `--`: --temp_location=gs://BUCKET/tmp"
        raise UsageError("a folder on gs:// for BigQuery's export", folder or "none", "--temp_location", do)
    client = _client(cloud.project)
    with _answered():
        asked = _asked(client, tables, values, folder)
    if found := _listed(asked.folder):
        _say(f"BigQuery: the export of an earlier run is read: {asked.folder}")
        return found
    _say(
        f"BigQuery: the query reads {asked.read_bytes / _GB:,.1f} GB, about ${asked.dollars:,.2f}, paid by project "
        f"{client.project}; its export goes to {asked.folder}"
    )
    _require_affordable(asked, values)
    if not run:
        raise InputError("an export to read", "none yet", asked.folder, "`corpus build` without --explain makes it")
    with _answered():
        _run(client, asked)
    found = _listed(asked.folder)
    if not found:
        raise BuildError("the files of a query that has ended", "none that its record lists", asked.folder)
    return found


def _takes_exports(folder: str) -> bool:
    """Whether BigQuery can write there."""
    return folder.startswith("gs://") and len(folder) > len("gs://")


def _client(project: str | None) -> Any:
    """A client for the project that pays; no login is asked for.

    Raises:
        UsageError: no project. InputError: no credentials. MissingExtraError: Google's client is not installed.
    """
    with extra("gcp", "--input bigquery"):
        import google.auth
        from google.auth.credentials import AnonymousCredentials
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import bigquery

    try:
        known = (AnonymousCredentials(), None) if os.environ.get(EMULATOR) else google.auth.default(scopes=[_SCOPE])
    except GoogleAuthError as error:
        do = "`gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file"
        raise InputError("credentials of Google Cloud", _first_line(error), "--input bigquery", do) from error
    credentials, found = known
    if not (project or found):
        do = "name it after `--`: --project=PROJECT"
        raise UsageError("the project that pays for the query", "none", "--input bigquery", do)
    return bigquery.Client(project=project or found, credentials=credentials, location=LOCATION)


@contextmanager
def _answered() -> Iterator[None]:
    """What BigQuery and the way to it refuse within the block, in one line.

    Raises:
        InputError: with what it said.
    """
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        yield
    except (GoogleAPIError, GoogleAuthError, RequestException) as error:
        do = "see the project's permissions, quota and billing, then run the same command again"
        raise InputError("BigQuery to answer", _first_line(error), "--input bigquery", do) from error


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "message", "") or error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def query_of(tables: Tables, values: Mapping[str, Value]) -> str:
    """The query of some tables, for the licences in force."""
    licences = values["licences"]
    assert isinstance(licences, tuple)
    return repo_files_query(licences, tables)


def _asked(client: Any, tables: Tables, values: Mapping[str, Value], temp: str) -> Asked:
    """The query, what a dry run says of it, and the folder of its export.

    Another state of a table is another export: BigQuery says when each was last changed.
    """
    from google.cloud.bigquery import DEFAULT_RETRY, QueryJobConfig

    query, price = query_of(tables, values), values["query_dollars"]
    assert isinstance(price, float)
    soon = DEFAULT_RETRY.with_timeout(FIRST_ANSWER_SECONDS)
    changed = [str(client.get_table(name, retry=soon).modified) for name in tables]
    dry = client.query(query, job_config=QueryJobConfig(dry_run=True, use_query_cache=False), retry=soon)
    read_bytes = int(dry.total_bytes_processed)
    name = digest([query, changed])[:_HEX_DIGITS]
    return Asked(query, read_bytes, read_bytes / _TIB * price, f"{temp}/bigquery-{name}")


def _require_affordable(asked: Asked, values: Mapping[str, Value]) -> None:
    """Raises InputError for a query above the limit of the recipe."""
    most = values["query_dollars_most"]
    assert isinstance(most, float)
    if asked.dollars > most:
        do = f"--set query_dollars_most={math.ceil(asked.dollars)} lets it run; `--input bigquery-sample` is cheap"
        raise InputError(f"a query of at most ${most:,.2f}", f"${asked.dollars:,.2f}", "--input bigquery", do)


def _listed(folder: str) -> list[str]:
    """The files of an export that is whole: there, with the sizes that its record lists; none of any other."""
    record = files.read_sealed(f"{folder}/{RECORD}")
    if record is None:
        return []
    there = {file.path: file.size for file in files.match(f"{folder}/contents-*.parquet")}
    return sorted(there) if there == {f"{folder}/{name}": size for name, size in record["files"].items()} else []


def _run(client: Any, asked: Asked) -> None:
    """Run the query to its end, or wait for the one that an earlier command started; then write the record."""
    uri = f"{asked.folder}/contents-*.parquet"
    job = _started(client, _STATEMENT.format(uri=uri, query=asked.query), asked)
    _say(f"BigQuery: job {job.job_id} is running")
    job.result()
    there = {file.path: file.size for file in files.match(uri)}
    names = {path[len(asked.folder) + 1 :]: size for path, size in there.items()}
    billed = int(job.total_bytes_billed or 0)
    record = {"job": job.job_id, "project": client.project, "billed_bytes": billed, "query": asked.query}
    files.write_sealed(f"{asked.folder}/{RECORD}", {**record, "files": names})
    _say(f"BigQuery: {len(names):,} files, {sum(names.values()) / _GB:,.1f} GB; {billed / _GB:,.1f} GB billed")


def _started(client: Any, statement: str, asked: Asked) -> Any:
    """The job of a statement. A job's id is never given twice: so a command that was stopped is not paid for again.

    A job that failed, or whose files have been deleted since, is followed by one of the next number.
    """
    from google.api_core.exceptions import Conflict
    from google.cloud.bigquery import QueryJobConfig

    config = QueryJobConfig(use_query_cache=False, labels={"made_by": "llama-corpus"})
    config.maximum_bytes_billed = asked.read_bytes + _LEAST_BILLED
    start = partial(client.query, statement, job_config=config, job_retry=None)
    for attempt in count():
        name = f"{asked.folder.rpartition('/')[2]}-{attempt}"
        try:
            return start(job_id=name)
        except Conflict:
            job = client.get_job(name)
            if not job.done() or _left_all(job, asked.folder):
                return job
    raise AssertionError("count() has no end")


def _left_all(job: Any, folder: str) -> bool:
    """Whether a job that has ended left its export, and all files of it are there still."""
    stated = job._properties["statistics"]["query"].get("exportDataStatistics", {})  # the client has no name for it
    found = files.match(f"{folder}/contents-*.parquet")
    return not job.error_result and int(stated.get("fileCount", 0)) == len(found) > 0


_LEAST_BILLED = 64 << 20
"""BigQuery bills 10 MB for each table of a query at the least."""

ORIGINS = {
    name: Origin(partial(exported, tables), partial(query_of, tables))
    for name, tables in {"bigquery": PUBLIC, "bigquery-sample": SAMPLE}.items()
}
