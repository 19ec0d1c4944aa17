"""GitHub straight from BigQuery's public dataset: the join runs there, one row a blob comes here.

Rows are Beam elements only up to the files they are written to; from there on the build reads shards.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.gcp.bigquery import ReadFromBigQuery
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from corpus.readers.base import InputSplit
from corpus.readers.github.query import repo_files_query
from pipelines.engine import files
from pipelines.engine.layout import Plan

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("size", pa.int64()),
        ("content", pa.large_string()),
        ("binary", pa.bool_()),
        ("repo_name", pa.string()),
        ("path", pa.string()),
        ("license", pa.string()),
    ]
)


class ReadDataset(beam.PTransform[Any, Any]):
    """The rows of the query as Parquet files of the work folder, as (number, InputSplit)."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def expand(self, pipeline: Any) -> Any:
        licences = self._plan.values["licences"]
        assert isinstance(licences, tuple)
        read = ReadFromBigQuery(query=repo_files_query(licences), use_standard_sql=True, use_json_exports=True)
        folder = f"{self._plan.work}/bigquery"
        return (
            pipeline
            | "query" >> read
            | "rows to files" >> beam.ParDo(WriteRows(folder, self._plan.number("part_bytes"))).with_output_types(str)
            | "under one key" >> beam.Map(lambda path: (0, path)).with_output_types(tuple[int, str])
            | "all files" >> beam.GroupByKey()
            | "number them" >> beam.FlatMapTuple(_numbered).with_output_types(tuple[int, Any])
        )


class WriteRows(beam.DoFn):
    """Rows to Parquet files of limited size, named by what they hold: a retry writes the same."""

    def __init__(self, folder: str, file_bytes: int) -> None:
        self._folder, self._file_bytes = folder, file_bytes
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def process(self, row: dict[str, Any]) -> Iterator[str]:
        self._rows.append(row)
        self._bytes += len(row["content"] or "")
        if self._bytes >= self._file_bytes:
            yield self._write()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self._rows:
            yield WindowedValue(self._write(), MIN_TIMESTAMP, (GlobalWindow(),))

    def _write(self) -> str:
        rows = sorted(self._rows, key=lambda row: row["id"])
        self._rows, self._bytes = [], 0
        columns = {
            field.name: pa.array([_typed(row.get(field.name), field.type) for row in rows], field.type)
            for field in SCHEMA
        }
        sink = io.BytesIO()
        pq.write_table(pa.table(columns, SCHEMA), sink, compression="zstd")
        path = f"{self._folder}/contents-{hashlib.sha256(sink.getvalue()).hexdigest()[:32]}.parquet"
        with files.create_scratch(path) as file:
            file.write(sink.getvalue())
        return path


def _typed(value: Any, kind: pa.DataType) -> Any:
    """A value of a JSON export, in which INT64 is a string."""
    return int(value) if value is not None and pa.types.is_integer(kind) else value


def _numbered(_key: int, paths: Any) -> Iterator[tuple[int, InputSplit]]:
    """The files as shards, numbered in the order of their names."""
    ordered = sorted(set(paths))
    for number, path in enumerate(ordered):
        yield number, InputSplit(number, len(ordered), path)
