"""Code of GitHub as BigQuery has it: tables contents, files and licenses, or their join -> one Document per blob.

A blob (the contents of a file, by its git id) stands in many repositories and under many paths: in many repository
files. It is read once, with the one that `repo_file_rank` puts first. The export has the tables apart, so the engine
joins them and gives each shard of contents a file of its own (`shard.sidecar`, see `write_repo_files`); a row that
BigQuery joined holds repository and path itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from corpus.containment import contained
from corpus.document import Document, Outcome, faulty
from corpus.readers.base import InputSplit, Open, Reader, Seen
from corpus.readers.github.repositories import is_vendored
from corpus.readers.tables import TableRow, read_rows, table_parts
from corpus.readers.unpack import first_bytes
from corpus.recipe import cited

SOURCE = "github"
CONTENTS, FILES, LICENCES = "contents", "files", "licenses"
SYMLINK_MODE = "40960"
"""The mode of a symbolic link, octal 120000, in decimal as BigQuery has it; its blob holds a path, no text."""

_COLUMNS = {
    # Our query leaves out texts that cannot be kept; content_absent says then whether the table has one.
    CONTENTS: (
        "id",
        "content",
        "content_absent",
        "binary",
        "repo_name",
        "path",
        "license",
        "mode",
        "symlink_target",
    ),
    FILES: ("repo_name", "path", "mode", "id", "symlink_target"),
    LICENCES: ("repo_name", "license"),
}
_NAME = re.compile(r"(?:^|[/._-])(contents|files|licenses)(?=[-_./0-9]|$)")
_FIRST_FIELDS = (
    (CONTENTS, re.compile(r'"(?:content|binary|copies)"\s*:')),
    (FILES, re.compile(r'"path"\s*:')),
    (LICENCES, re.compile(r'"license"\s*:')),
)
_HEAD_BYTES = cited(1 << 14, "the first row of a table names its fields by then", "bytes")
_REPO_FILES = pa.schema(
    [("id", pa.string()), ("repo", pa.string()), ("path", pa.string()), ("licence", pa.string()), ("link", pa.bool_())]
)
Fault = Callable[[Outcome], object]


class RepoFile(NamedTuple):
    """A file of a repository, which has a blob as its contents.

    licence is the repository's, empty where the licenses table has none; link says that it is a symbolic link.
    """

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
    start = first_bytes(head, _HEAD_BYTES.value)[: _HEAD_BYTES.value]
    return start.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")


def _accepts(table: str) -> Callable[[str, bytes], bool]:
    return lambda path, head: table_of(path, head) == table


def repo_file_rank(repo_file: RepoFile, licences: tuple[str, ...]) -> tuple[bool, bool, bool, str, str]:
    """The order of a blob's repository files: no link, permitted licence, not vendored, then smallest (repo, path)."""
    repo, path, licence, link = repo_file
    return link, licence not in licences, is_vendored(path), repo, path


def read_licences(
    open_file: Open, shard: InputSplit, seen: Seen, fault: Fault, *, row_bytes: int
) -> Iterator[tuple[str, str]]:
    """(repository, licence) of a licenses file; rows that cannot be read go to fault."""
    for row in _rows(open_file, shard, seen, LICENCES, row_bytes, fault):
        yield row.fields["repo_name"], row.fields["license"]


def read_repo_files(
    open_file: Open, shard: InputSplit, seen: Seen, fault: Fault, *, row_bytes: int
) -> Iterator[tuple[str, RepoFile]]:
    """(blob id, RepoFile without its licence) of a files table; rows that cannot be read go to fault."""
    for row in _rows(open_file, shard, seen, FILES, row_bytes, fault):
        yield row.fields["id"], RepoFile(row.fields["repo_name"], row.fields["path"], link=_is_link(row.fields))


def _is_link(fields: Mapping[str, Any]) -> bool:
    return bool(fields.get("symlink_target")) or str(fields.get("mode")) == SYMLINK_MODE


_NEEDED = {FILES: ("id", "repo_name", "path"), LICENCES: ("repo_name", "license")}


def _rows(
    open_file: Open, shard: InputSplit, seen: Seen, table: str, row_bytes: int, fault: Fault
) -> Iterator[TableRow]:
    """The rows that have the strings a table must have."""
    needed = _NEEDED[table]
    for row in read_rows(open_file, shard, seen, _COLUMNS[table], row_bytes):
        if not row.fault and all(isinstance(row.fields.get(name), str) for name in needed):
            yield row
        else:
            detail = row.fault or f"expected the strings {', '.join(needed)}"
            fault(faulty(SOURCE, shard.locator(row.where), detail, row.raw, is_failed=row.is_failed))


def blob_ids(open_file: Open, shard: InputSplit, *, row_bytes: int) -> Iterator[str]:
    """The ids of a contents file of which the row names no repository."""
    for row in read_rows(open_file, shard, Seen(), ("id", "repo_name"), row_bytes):
        if isinstance(row.fields.get("id"), str) and "repo_name" not in row.fields:
            yield row.fields["id"]


def write_repo_files(file: BinaryIO, repo_files: Mapping[str, RepoFile]) -> None:
    """Write the repository file of each blob, by id; the bytes do not depend on the order of the mapping."""
    rows = [(blob, *repo_files[blob]) for blob in sorted(repo_files)]
    columns = zip(*rows, strict=True) if rows else [[] for _ in _REPO_FILES]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _REPO_FILES, strict=True)]
    with pa.ipc.new_stream(file, _REPO_FILES, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_REPO_FILES))


def repo_files_in(file: BinaryIO) -> dict[str, RepoFile]:
    """The repository files that `write_repo_files` wrote, by blob id."""
    ids, *columns = pa.ipc.open_stream(file).read_all().to_pydict().values()
    return dict(zip(ids, map(RepoFile, *columns), strict=True))


def read(
    open_file: Open, shard: InputSplit, seen: Seen, *, row_bytes: int, licences: tuple[str, ...], part_bytes: int = 0
) -> Iterator[Outcome]:
    """The outcome of every row of contents: a Document with its repository file, or the reason it has none.

    Args:
        row_bytes: the longest JSON line that is read; a longer one is unreadable.
        licences: those permitted, in the words of the licenses table.
    """
    repo_files: dict[str, RepoFile] = {}
    if shard.sidecar:
        with open_file(shard.sidecar) as file:
            repo_files = repo_files_in(file)
    kept: set[str] = set()
    for row in read_rows(open_file, shard, seen, _COLUMNS[CONTENTS], row_bytes):
        seen.records += 1
        read_row = partial(_outcome, row, shard, repo_files, licences, kept)
        outcome = contained(SOURCE, shard.locator(row.where), row.shown, read_row)
        if outcome.kept:
            kept.add(outcome.document.id)
        yield outcome


def _outcome(
    row: TableRow, shard: InputSplit, repo_files: Mapping[str, RepoFile], licences: tuple[str, ...], kept: set[str]
) -> Outcome:
    blob, content = row.fields.get("id"), row.fields.get("content")
    if row.fault or not isinstance(blob, str) or not isinstance(content, str | None):
        detail = row.fault or "expected the strings id and content"
        return faulty(SOURCE, shard.locator(row.where), detail, row.raw, is_failed=row.is_failed)
    repo_file = _repo_file_in(row.fields) or repo_files.get(blob)
    document = Document(f"{SOURCE}:{blob}", content or "", SOURCE, _meta(repo_file))
    reason = _reason(row.fields, repo_file, licences) or ("repeated_blob" if document.id in kept else "")
    if content is None and not reason:
        detail = f"expected content under {_meta(repo_file).get('licence')}, got none: an export for other licences"
        return faulty(SOURCE, shard.locator(row.where), detail, row.raw, is_failed=False)
    return Outcome(document, reason)


def _repo_file_in(fields: Mapping[str, Any]) -> RepoFile | None:
    """The repository file that a joined row names."""
    repo, path = fields.get("repo_name"), fields.get("path")
    return RepoFile(str(repo), str(path), str(fields.get("license") or ""), _is_link(fields)) if repo and path else None


def _meta(repo_file: RepoFile | None) -> dict[str, str]:
    return {"repo": repo_file.repo, "path": repo_file.path, "licence": repo_file.licence} if repo_file else {}


def _reason(fields: Mapping[str, Any], repo_file: RepoFile | None, licences: tuple[str, ...]) -> str:
    if fields.get("binary") in (True, "true"):
        return "binary"
    if fields.get("content_absent", fields.get("content") is None) in (True, "true"):
        return "content_absent"
    if repo_file is None:
        return "no_repo_file"
    if repo_file.link:
        return "symbolic_link"
    if not repo_file.licence:
        return "no_licence_row"
    return "" if repo_file.licence in licences else "licence_not_permitted"


READER = Reader(
    unit="blob",
    accepts=_accepts(CONTENTS),
    read=read,
    parts=table_parts,
    companions={FILES: _accepts(FILES), LICENCES: _accepts(LICENCES)},
)
