"""Archives of books: which members are books, which bytes a part of one answers for, how it is cut."""

from __future__ import annotations

import io
import zipfile

import pytest

from corpus.errors import RecordError
from corpus.readers.base import InputFile, Seen
from corpus.readers.books.zip_file import book_members, member_parts, open_zip, own_members, read_named

NAMES = ["cover.jpg", "0.txt", "a/1.TXT", "2.epub", "notes.html", "3.txt"]


def archive(packing: int = zipfile.ZIP_STORED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", packing) as file:
        for name in NAMES:
            file.writestr(zipfile.ZipInfo(name), name.encode() * 100, packing)
    return sink.getvalue()


DATA = archive()


def owned(part: str) -> int:
    """The number of bytes that a part of the archive answers for."""
    seen = Seen()
    with seen.counting(lambda _path: io.BytesIO(DATA), "a.zip")("a.zip") as file:
        opened = open_zip(file)
        own_members(opened, book_members(opened, part), part, len(DATA), seen)
    seen.add_up()
    return seen.bytes.entered


def test_parts_own_all_bytes_once() -> None:
    assert owned("") == len(DATA)
    for parts in (["0-4"], ["0-1", "1-4"], ["0-2", "2-3", "3-4"]):
        assert sum(map(owned, parts)) == len(DATA)
    entries = zipfile.ZipFile(io.BytesIO(DATA)).infolist()
    size = {entry.filename: len(entry.filename) * 100 + 30 + len(entry.filename) for entry in entries}
    assert owned("1-2") == size["a/1.TXT"]
    assert owned("2-4") == size["2.epub"] + size["3.txt"]
    others = len(DATA) - sum(size[name] for name in ("a/1.TXT", "2.epub", "3.txt"))
    assert owned("0-1") == others


@pytest.mark.parametrize(
    ("part", "names"),
    [("", ["0.txt", "a/1.TXT", "2.epub", "3.txt"]), ("0-2", ["0.txt", "a/1.TXT"]), ("3-4", ["3.txt"]), ("10-11", [])],
)
def test_the_books_of_a_part(part: str, names: list[str]) -> None:
    assert [entry.name for entry in book_members(open_zip(io.BytesIO(DATA)), part)] == names


@pytest.mark.parametrize(
    ("part_bytes", "parts"),
    [(len(DATA), ["0-4"]), (len(DATA) // 2 + 1, ["0-2", "2-4"]), (len(DATA) // 4 + 1, ["0-1", "1-2", "2-3", "3-4"]),
     (len(DATA) * 3 // 4 + 1, ["0-3", "3-4"]), (1, ["0-1", "1-2", "2-3", "3-4"])],
)  # fmt: skip
def test_how_an_archive_is_cut(part_bytes: int, parts: list[str]) -> None:
    assert member_parts(InputFile("a.zip", len(DATA), 0), lambda _path: io.BytesIO(DATA), part_bytes) == parts
    assert member_parts(InputFile("a.zip", 9, 0), lambda _path: io.BytesIO(b"PK\3\4 none"), part_bytes) == [""]


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_both_sides_of_the_longest_member(packing: int) -> None:
    opened = open_zip(io.BytesIO(archive(packing)))
    assert read_named(opened, "0.txt", 500) == b"0.txt" * 100
    with pytest.raises(RecordError, match="499"):
        read_named(opened, "0.txt", 499)
