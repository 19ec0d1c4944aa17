"""Code of GitHub as BigQuery has it: tables contents, files and licenses, or their join -> one Document a blob.

A blob (the contents of a file, by its git id) stands in many repositories and under many paths. It is read once, with
the one place that `place_rank` puts first. The export has the tables apart, so the engine looks places up and gives
each shard of contents its own (`shard.shared`, see `write_places`); a joined row has its place in itself.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import zstandard

from corpus.document import Document, Outcome, unreadable
from corpus.readers.base import InputSplit, Open, Reader, Seen
from corpus.readers.github.repositories import is_vendored
from corpus.readers.tables import TableRow, read_rows, row_groups

SOURCE = "github"
CONTENTS, FILES, LICENCES = "contents", "files", "licenses"
SYMLINK_MODE = "40960"
"""The mode of a symbolic link, octal 120000, in decimal as BigQuery has it; its blob holds a path, no text."""

_COLUMNS = {
    CONTENTS: ("id", "content", "binary", "repo_name", "path", "license", "mode", "symlink_target"),
    FILES: ("repo_name", "path", "mode", "id", "symlink_target"),
    LICENCES: ("repo_name", "license"),
}
_NAME = re.compile(r"(?:^|[/._-])(contents|files|licenses)(?=[-_./0-9]|$)")
_FIRST_FIELDS = (
    (CONTENTS, re.compile(r'"(?:content|binary|copies)"\s*:')),
    (FILES, re.compile(r'"path"\s*:')),
    (LICENCES, re.compile(r'"license"\s*:')),
)
_HEAD_CHARS = 1 << 14
_GZIP, _GZIP_FORMAT = b"\x1f\x8b", 31
_ZSTD = b"\x28\xb5\x2f\xfd"
_PLACES = pa.schema(
    [("id", pa.string()), ("repo", pa.string()), ("path", pa.string()), ("licence", pa.string()), ("link", pa.bool_())]
)
Fault = Callable[[Outcome], object]


class Place(NamedTuple):
    """Where a blob stands: licence is the repository's, empty where the licenses table has none; link: as the target
    of a symbolic link."""

    repo: str
    path: str
    licence: str = ""
    link: bool = False


def table_of(path: str, head: bytes) -> str:
    """Which table a file is of, by its name or else by the fields of its first row; "" for any other file.

    A Parquet file whose name says nothing is taken for contents.
    """
    start = _start(head)
    if not start.startswith(("{", "PAR1")):
        return ""
    if named := _NAME.findall(path.rpartition("/")[2]) or _NAME.findall(path):
        return str(named[-1])
    if start.startswith("PAR1"):
        return CONTENTS
    return next((table for table, field in _FIRST_FIELDS if field.search(start)), "")


def _start(head: bytes) -> str:
    """The first characters of a file, unpacked."""
    try:
        if head.startswith(_GZIP):
            head = zlib.decompressobj(_GZIP_FORMAT).decompress(head, _HEAD_CHARS)
        elif head.startswith(_ZSTD):
            head = zstandard.ZstdDecompressor().decompressobj().decompress(head)
    except (zlib.error, zstandard.ZstdError):
        return ""
    return head[:_HEAD_CHARS].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")


def _accepts(table: str) -> Callable[[str, bytes], bool]:
    return lambda path, head: table_of(path, head) == table


def place_rank(place: Place, licences: tuple[str, ...]) -> tuple[bool, bool, bool, str, str]:
    """The order of a blob's places: no link, a permitted licence, not vendored, then the smallest (repo, path)."""
    return place.link, place.licence not in licences, is_vendored(place.path), place.repo, place.path


def read_licences(open_file: Open, shard: InputSplit, fault: Fault, *, row_bytes: int) -> Iterator[tuple[str, str]]:
    """(repository, licence) of a licenses file; rows that cannot be read go to fault."""
    for row in _rows(open_file, shard, LICENCES, row_bytes, fault):
        yield row.fields["repo_name"], row.fields["license"]


def read_places(open_file: Open, shard: InputSplit, fault: Fault, *, row_bytes: int) -> Iterator[tuple[str, Place]]:
    """(blob id, Place without its licence) of a files file; rows that cannot be read go to fault."""
    for row in _rows(open_file, shard, FILES, row_bytes, fault):
        yield row.fields["id"], Place(row.fields["repo_name"], row.fields["path"], link=_is_link(row.fields))


def _is_link(fields: Mapping[str, Any]) -> bool:
    return bool(fields.get("symlink_target")) or str(fields.get("mode")) == SYMLINK_MODE


_NEEDED = {FILES: ("id", "repo_name", "path"), LICENCES: ("repo_name", "license")}


def _rows(open_file: Open, shard: InputSplit, table: str, row_bytes: int, fault: Fault) -> Iterator[TableRow]:
    """The rows that have the strings a table must have."""
    needed = _NEEDED[table]
    for row in read_rows(open_file, shard, _COLUMNS[table], row_bytes):
        if not row.fault and all(isinstance(row.fields.get(name), str) for name in needed):
            yield row
        else:
            detail = row.fault or f"expected the strings {', '.join(needed)}"
            fault(unreadable(SOURCE, shard.locator(row.where), detail, row.raw))


def blob_ids(open_file: Open, shard: InputSplit, *, row_bytes: int) -> Iterator[str]:
    """The ids of a contents file for which a place must be looked up."""
    for row in read_rows(open_file, shard, ("id", "repo_name"), row_bytes):
        if isinstance(row.fields.get("id"), str) and "repo_name" not in row.fields:
            yield row.fields["id"]


def write_places(file: BinaryIO, places: Mapping[str, Place]) -> None:
    """Write the places of a shard's blobs, by id; the bytes do not depend on the order they were found in."""
    rows = [(blob, *places[blob]) for blob in sorted(places)]
    columns = zip(*rows, strict=True) if rows else [[] for _ in _PLACES]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _PLACES, strict=True)]
    with pa.ipc.new_stream(file, _PLACES, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_PLACES))


def places_in(file: BinaryIO) -> dict[str, Place]:
    """The places that `write_places` wrote, by blob id."""
    ids, *columns = pa.ipc.open_stream(file).read_all().to_pydict().values()
    return dict(zip(ids, map(Place, *columns), strict=True))


def read(
    open_file: Open, shard: InputSplit, seen: Seen, *, row_bytes: int, licences: tuple[str, ...], part_bytes: int = 0
) -> Iterator[Outcome]:
    """A outcome on every row of contents: a Document with its place, or the reason it has none.

    Args:
        row_bytes: the longest JSON line that is read; a longer one is unreadable.
        licences: those permitted, in the words of the licenses table.
    """
    places: dict[str, Place] = {}
    if shard.sidecar:
        with open_file(shard.sidecar) as file:
            places = places_in(file)
    kept: set[str] = set()
    for row in read_rows(open_file, shard, _COLUMNS[CONTENTS], row_bytes):
        seen.records += 1
        outcome = _outcome(row, shard, places, licences, kept)
        if outcome.kept:
            kept.add(outcome.document.id)
        yield outcome


def _outcome(
    row: TableRow, shard: InputSplit, places: Mapping[str, Place], licences: tuple[str, ...], kept: set[str]
) -> Outcome:
    blob, content = row.fields.get("id"), row.fields.get("content")
    if row.fault or not isinstance(blob, str) or not isinstance(content, str | None):
        detail = row.fault or "expected the strings id and content"
        return unreadable(SOURCE, shard.locator(row.where), detail, row.raw)
    place = _place_in(row.fields) or places.get(blob)
    document = Document(f"{SOURCE}:{blob}", content or "", SOURCE, _meta(place))
    return Outcome(document, _reason(row.fields, place, licences) or ("repeated_blob" if document.id in kept else ""))


def _place_in(fields: Mapping[str, Any]) -> Place | None:
    """The place of a joined row."""
    repo, path = fields.get("repo_name"), fields.get("path")
    return Place(str(repo), str(path), str(fields.get("license") or ""), _is_link(fields)) if repo and path else None


def _meta(place: Place | None) -> dict[str, str]:
    return {"repo": place.repo, "path": place.path, "licence": place.licence} if place else {}


def _reason(fields: Mapping[str, Any], place: Place | None, licences: tuple[str, ...]) -> str:
    if fields.get("binary") in (True, "true"):
        return "binary"
    if fields.get("content") is None:
        return "content_absent"
    if place is None:
        return "no_place"
    if place.link:
        return "symbolic_link"
    if not place.licence:
        return "no_licence_row"
    return "" if place.licence in licences else "licence_not_permitted"


READER = Reader(
    unit="blob",
    accepts=_accepts(CONTENTS),
    read=read,
    parts=row_groups,
    companions={FILES: _accepts(FILES), LICENCES: _accepts(LICENCES)},
)
