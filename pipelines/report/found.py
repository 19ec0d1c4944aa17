"""What a build has of an id, an address, a place in the dump, or words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pyarrow import compute, parquet

from corpus.output.read import Output
from pipelines.report.sampled import BATCH_ROWS, require_columns

SOUGHT = {"documents": ("id", "url"), "dropped": ("id", "url"), "unreadable": ("locator",)}
"""The columns that name a row, by the files it stands in."""

WORDED = ("documents", "dropped")
_SAID = ("text", "title", "url")


class Found(NamedTuple):
    """A row of a build's files: of documents, of dropped ones or of unreadable records."""

    build: Output
    kind: str
    path: str
    row: dict[str, Any]


def named(build: Output, name: str) -> Iterator[Found]:
    """The rows whose id, address or place in the dump it is."""
    for kind, columns in SOUGHT.items():
        wanted = compute.field(columns[0]) == compute.scalar(name)
        for column in columns[1:]:
            wanted |= compute.field(column) == compute.scalar(name)
        for listed in build.listed(f"*/{kind}-*.parquet"):
            with build.open(listed) as file:
                require_columns(parquet.ParquetFile(file), kind, build.path(listed))
                table = parquet.read_table(file, filters=wanted)
            yield from (Found(build, kind, build.path(listed), row) for row in table.to_pylist())


def worded(build: Output, words: Sequence[str]) -> Iterator[Found]:
    """The rows that have every word, in any case, in text, title or address; of those dropped, in the texts stored."""
    for kind in WORDED:
        for listed in build.listed(f"*/{kind}-*.parquet"):
            with build.open(listed) as file:
                rows = parquet.ParquetFile(file)
                require_columns(rows, kind, build.path(listed))
                for batch in rows.iter_batches(BATCH_ROWS):
                    rows_here = batch.filter(_all_of(batch, words)).to_pylist()
                    yield from (Found(build, kind, build.path(listed), row) for row in rows_here)


def _all_of(batch: Any, words: Sequence[str]) -> Any:
    every = None
    for word in words:
        some = None
        for name in _SAID:
            has = compute.fill_null(compute.match_substring(batch[name], word, ignore_case=True), False)
            some = has if some is None else compute.or_(some, has)
        every = some if every is None else compute.and_(every, some)
    return every


def skipped(build: Output, name: str) -> list[str]:
    """The paths of given files of that path or name that were not read, as they hold nothing of this source."""
    inputs = [one for one in build.manifest["inputs"] if not one.get("digest")]
    return [one["path"] for one in inputs if name in (one["path"], one["path"].rpartition("/")[2])]
