"""Books: Project Gutenberg's files as it serves them, and any folder of .txt, .epub, .jsonl and Parquet books.

    1342-0.txt  pg1342.txt  1342.txt.gz      one book; the header says encoding, title, author, language
    1342-8.zip  books.zip                    one book a .txt or .epub member
    a.epub                                   one book
    books.jsonl(.gz, .zst)  books.parquet    one book a row: text, and title, author, language or a meta that has them

A book's id is `books:` and the last two parts of its path below the input's folder (of a zip or table: its name, and
the member or row), so that two releases of one work stay apart. The catalogue's word on title, author and language is
taken before the header's.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from corpus.containment import refused
from corpus.document import Document, Outcome
from corpus.errors import RecordError
from corpus.readers.base import InputFile, InputSplit, Open, Reader, Seen, whole_file
from corpus.readers.books.catalogue import Entry as Catalogued
from corpus.readers.books.catalogue import ebook_number, is_catalogue, language_code, load_catalogue
from corpus.readers.books.epub import read_epub
from corpus.readers.books.gutenberg import GUTENBERG, header_fields, is_gutenberg
from corpus.readers.books.text import decode_book, unified_lines
from corpus.readers.books.zip_directory import Archive, Entry, open_zip
from corpus.readers.books.zip_file import (
    BOOK_NAMES,
    PACKED_NAMES,
    book_members,
    is_epub,
    member_parts,
    own_members,
    read_member,
)
from corpus.readers.pieces import DamagedError
from corpus.readers.ranges import Range
from corpus.readers.tables import TableRow, read_rows, table_parts
from corpus.readers.unpack import unpack_whole

SOURCE = "books"
_TABLES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
_NO_BOOKS = ("-h.zip", "-index.zip", "readme.txt", "robots.txt", "gutindex.zip")
_COLUMNS = ("text", "title", "author", "language", "meta")
_STATED = {"title": "title", "short_book_title": "title", "author": "author", "language": "language"}
_RAW_BYTES, _HEAD_BYTES = 1 << 16, 64
_ZIP = b"PK\x03\x04"


class _Limits(NamedTuple):
    """The numbers of the recipe that reading one book needs."""

    longest_book_bytes: int
    largest_ratio: float
    control_share: float


class _Entry(NamedTuple):
    """A book before it is opened: where it stands, how to get it, which may raise RecordError, and its bytes' range."""

    where: int | str
    opened: Callable[[], Document]
    raw: bytes = b""
    extent: Range = Range(0, 0)


def accepts(path: str, head: bytes) -> bool:
    """Whether a file holds books, by its name or because it begins as an EPUB."""
    name = path.lower()
    return not name.endswith(_NO_BOOKS) and (name.endswith((*BOOK_NAMES, *PACKED_NAMES, *_TABLES)) or is_epub(head))


def cut(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts of a file of many books, about part_bytes each: members of a zip, row groups or lines of a table."""
    if file.size <= limits["part_bytes"]:
        return whole_file(file, open_file, limits)
    if file.path.lower().endswith(".zip"):
        return member_parts(file, open_file, limits["part_bytes"])
    is_table = file.path.lower().endswith(_TABLES)
    return table_parts(file, open_file, limits) if is_table else whole_file(file, open_file, limits)


def read_books(
    open_file: Open, shard: InputSplit, seen: Seen, *,
    longest_book_bytes: int, largest_ratio: float, control_share: float, part_bytes: int = 0,
) -> Iterator[Outcome]:  # fmt: skip
    """A outcome on every book of a file, or of a part of it.

    Args:
        longest_book_bytes: a longer book, unpacked, is unreadable.
        largest_ratio: a member packed more times than this is a bomb.
        control_share: with a larger share of control characters a file is no text.
        part_bytes: used when the file was cut, not here.
    """
    limits = _Limits(longest_book_bytes, largest_ratio, control_share)
    catalogue = load_catalogue(open_file, shard.sidecar) if shard.sidecar else {}
    for entry in _entries(open_file, shard, seen, limits):
        seen.records += 1
        yield _outcome(entry, shard.locator(entry.where), catalogue, seen)


def _outcome(entry: _Entry, locator: str, catalogue: Mapping[str, Catalogued], seen: Seen) -> Outcome:
    """The outcome on a book, whatever is raised on it."""
    try:
        book = _with_catalogue(entry.opened(), catalogue)
        return Outcome(book, detail="encoding_corrected" if "encoding_stated" in book.meta else "")
    except Exception as error:
        if isinstance(error, DamagedError):
            seen.skip(*entry.extent)
        return refused(SOURCE, locator, error, entry.raw)


def _entries(open_file: Open, shard: InputSplit, seen: Seen, limits: _Limits) -> Iterator[_Entry]:
    if shard.path.lower().endswith(_TABLES):
        for row in read_rows(open_file, shard, seen, _COLUMNS, limits.longest_book_bytes):
            yield _Entry(row.where, partial(_row_book, shard.name, row), row.raw)
        return
    with open_file(shard.path) as file:
        whole = Range(0, file.seek(0, 2))
        seen.leave(*whole)
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        if shard.path.lower().endswith(".epub") or is_epub(head):
            yield _Entry(0, partial(_epub_book, _name(shard.name), file, limits), head, whole)
        elif head.startswith(_ZIP) or shard.path.lower().endswith(".zip"):
            yield from _members(file, shard, seen, limits)
        else:
            yield _Entry(0, partial(_packed_book, _name(shard.name), file, limits), head, whole)


def _members(file: BinaryIO, shard: InputSplit, seen: Seen, limits: _Limits) -> Iterator[_Entry]:
    size = file.seek(0, 2)
    try:
        archive = open_zip(file)
        members = book_members(archive, shard.part)
    except RecordError as error:
        yield _Entry(0, partial(_refuse, error), extent=Range(0, size))
        return
    own_members(archive, members, shard.part, size, seen)
    for entry in members:
        name = f"{PurePosixPath(shard.path).name}/{entry.name}"
        extent = Range(entry.header, entry.end)
        yield _Entry(entry.name, partial(_member_book, name, archive, entry, limits), extent=extent)
    if archive.fault and (not shard.part or shard.part.startswith("0-")):
        lost = DamagedError(archive.fault.removeprefix("expected "))
        yield _Entry(str(archive.directory), partial(_refuse, lost), extent=archive.directory)


def _refuse(error: RecordError) -> Document:
    raise error


def _member_book(name: str, archive: Archive, entry: Entry, limits: _Limits) -> Document:
    if entry.name.lower().endswith(PACKED_NAMES):
        raise RecordError("a book", "an archive inside an archive", entry.name, "unpack the outer one")
    raw = read_member(archive, entry, limits.longest_book_bytes, limits.largest_ratio)
    return _epub_book(name, io.BytesIO(raw), limits) if is_epub(raw[:_HEAD_BYTES]) else _text_book(name, raw, limits)


def _packed_book(name: str, file: BinaryIO, limits: _Limits) -> Document:
    raw = unpack_whole(file, limits.longest_book_bytes, name)
    return _text_book(name, raw, limits)


def _text_book(name: str, raw: bytes, limits: _Limits) -> Document:
    text, meta = decode_book(raw, limits.control_share)
    if is_gutenberg(text):
        meta |= {"collection": GUTENBERG, **header_fields(text)}
    return _book(name, text, meta)


def _epub_book(name: str, file: BinaryIO, limits: _Limits) -> Document:
    text, meta = read_epub(open_zip(file), limits.longest_book_bytes, limits.largest_ratio)
    return _book(name, text, meta | ({"collection": GUTENBERG} if is_gutenberg(text) else {}))


def _row_book(path: str, row: TableRow) -> Document:
    if row.is_failed:
        raise RuntimeError(row.fault)
    if row.fault:
        raise RecordError("a row with a text", row.fault)
    text, stated = row.fields.get("text"), {**(_mapping(row.fields.get("meta"))), **row.fields}
    if not isinstance(text, str):
        raise RecordError("a row whose text is a string", type(text).__name__)
    meta = {ours: stated[theirs] for theirs, ours in _STATED.items() if isinstance(stated.get(theirs), str)}
    meta |= {"collection": GUTENBERG} if is_gutenberg(text) else {}
    return _book(f"{PurePosixPath(path).name}/{row.where}", unified_lines(text), meta)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _book(name: str, text: str, meta: dict[str, str]) -> Document:
    if not text.strip():
        raise RecordError("a book", "no text")
    if "ebook" not in meta and meta.get("collection") == GUTENBERG and ebook_number(name):
        meta["ebook"] = ebook_number(name)
    if "language" in meta:
        meta["language"] = language_code(meta["language"])
    return Document(f"{SOURCE}:{name}", text, SOURCE, meta)


def _with_catalogue(book: Document, catalogue: Mapping[str, Catalogued]) -> Document:
    number = book.meta.get("ebook") or ebook_number(book.id)
    return book._replace(meta={**book.meta, **catalogue.get(number, {})}) if catalogue else book


def _name(path: str) -> str:
    return "/".join(PurePosixPath(path).parts[-2:]).removeprefix("/")


READER = Reader("book", accepts, read_books, cut, companions={"catalogue": is_catalogue})
