"""Books in every form they come in, and all that may be wrong with one: a outcome on each, never a crash."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from corpus.document import Outcome
from corpus.readers.base import InputFile, InputSplit, Seen
from corpus.readers.books.read import READER, read_books

LIMITS = {"longest_book_bytes": 50_000, "largest_ratio": 100, "control_share": 0.001, "part_bytes": 1 << 20}
GUTENBERG = (
    "The Project Gutenberg EBook of The Green Boat, by Ada Marsh\r\n\r\nTitle: The Green Boat\r\n       A Tale\r\n\r\n"
    "Author: Ada Marsh\r\n\r\nRelease Date: May, 2004 [EBook #9101]\r\n\r\nLanguage: English\r\n\r\n"
    "Character set encoding: {encoding}\r\n\r\n"
    "*** START OF THIS PROJECT GUTENBERG EBOOK THE GREEN BOAT ***\r\n\r\nThe café was shut — it said “no”.\r\n"
)


def opened(name: str) -> BinaryIO:
    return open(name, "rb")


def read(path: Path, part: str = "", sidecar: str = "") -> list[Outcome]:
    seen = Seen()
    shard = InputSplit(0, 1, str(path), part, sidecar=sidecar)
    outcomes = list(read_books(opened, shard, seen, **LIMITS))
    assert seen.records == len(outcomes)
    return outcomes


def read_bytes(tmp_path: Path, name: str, data: bytes) -> list[Outcome]:
    path = tmp_path / "shelf" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return read(path)


def zipped(members: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, packing)
    return sink.getvalue()


def epub(chapters: dict[str, str], extra: dict[str, bytes] | None = None, spine: list[str] | None = None) -> bytes:
    items = "".join(f'<item id="{n}" href="{n}" media-type="application/xhtml+xml"/>' for n in chapters)
    order = "".join(f'<itemref idref="{n}"/>' for n in (spine or list(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>The  Green\nBoat</dc:title><dc:creator>Ada Marsh</dc:creator><dc:language>en</dc:language>"
        "</metadata>"
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>'
    members = {"META-INF/container.xml": container.encode(), "OPS/a.opf": package.encode(), **(extra or {})}
    members |= {f"OPS/{name}": page.encode() for name, page in chapters.items()}
    return zipped({"mimetype": b"application/epub+zip"}, zipfile.ZIP_STORED) if not chapters else _stored_first(members)


def _stored_first(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), b"application/epub+zip", zipfile.ZIP_STORED)
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


PAGES = {"1.xhtml": "<html><body><h1>One</h1><p>First &amp; last.</p></body></html>", "2.xhtml": "<p>Second.</p>"}


@pytest.mark.parametrize(
    ("name", "head", "ours"),
    [
        ("1342-0.txt", b"", True),
        ("pg1342.txt.utf-8", b"", True),
        ("1342-8.ZIP", b"PK\x03\x04", True),
        ("a.txt.gz", b"\x1f\x8b", True),
        ("a.epub", b"", True),
        ("no suffix", zipped({"mimetype": b"application/epub+zip"}, zipfile.ZIP_STORED)[:512], True),
        ("a.jsonl.zst", b"", True),
        ("a.parquet", b"PAR1", True),
        ("1342-h.zip", b"PK\x03\x04", False),
        ("README.txt", b"", False),
        ("a.pdf", b"%PDF", False),
        ("books.tsv", b"", False),
    ],
)
def test_accepts(name: str, head: bytes, ours: bool) -> None:
    assert READER.accepts(name, head) == ours


@pytest.mark.parametrize(
    ("name", "head"), [("pg_catalog.csv", b""), ("rdf-files.tar.bz2", b"BZh9"), ("list.csv", b"Text#,Type,Issued")]
)
def test_catalogue_is_a_companion(name: str, head: bytes) -> None:
    assert READER.companions["catalogue"](name, head)


@pytest.mark.parametrize(
    ("encoding", "stated", "told"),
    [
        pytest.param("utf-8", "UTF-8", {"encoding": "utf-8"}, id="utf-8"),
        pytest.param("utf-8-sig", "UTF-8", {"encoding": "utf-8"}, id="utf-8 with a mark"),
        pytest.param("cp1252", "ISO-8859-1", {"encoding": "cp1252"}, id="latin-1 means cp1252"),
        pytest.param("cp1252", "UTF-8", {"encoding": "cp1252", "encoding_stated": "UTF-8"}, id="wrong label"),
        pytest.param("utf-8", "Latin-1", {"encoding": "utf-8", "encoding_stated": "Latin-1"}, id="wrong the other way"),
        pytest.param("mac_roman", "MacRoman", {"encoding": "mac-roman"}, id="as stated"),
        pytest.param("utf-16", "", {"encoding": "utf-16-le"}, id="utf-16 with a mark"),
    ],
)  # fmt: skip
def test_gutenberg_text(tmp_path: Path, encoding: str, stated: str, told: dict[str, str]) -> None:
    raw = GUTENBERG.format(encoding=stated).encode(encoding)
    (outcome,) = read_bytes(tmp_path, "9101-0.txt", raw)
    meta = {"collection": "gutenberg", "title": "The Green Boat A Tale", "author": "Ada Marsh", "language": "en"}
    assert outcome.kept
    assert outcome.detail == ("encoding_corrected" if "encoding_stated" in told else "")
    assert outcome.document.id == "books:shelf/9101-0.txt"
    assert outcome.document.meta == {**meta, "ebook": "9101", **told}
    assert outcome.document.text.endswith("***\n\nThe café was shut — it said “no”.\n")


@pytest.mark.parametrize(
    ("name", "pack", "where"),
    [
        pytest.param("a.txt", lambda raw: raw, "shelf/a.txt", id="plain"),
        pytest.param("a.txt.gz", gzip.compress, "shelf/a.txt.gz", id="gzip"),
        pytest.param("a.txt", gzip.compress, "shelf/a.txt", id="gzip without the suffix"),
        pytest.param("a.zip", lambda raw: zipped({"b/a.txt": raw, "b/a.jpg": b"\xff"}), "a.zip/b/a.txt", id="zip"),
        pytest.param("a.zip", lambda raw: zipped({"b.epub": epub({"p": raw.decode()})}), "a.zip/b.epub", id="nested"),
        pytest.param("a.jsonl", lambda raw: json.dumps({"text": raw.decode()}).encode(), "a.jsonl/0", id="lines"),
        pytest.param(
            "a.jsonl.zst", lambda raw: zstandard.compress(json.dumps({"text": raw.decode()}).encode()), "a.jsonl.zst/0",
            id="packed lines",
        ),
    ],
)  # fmt: skip
def test_every_form(tmp_path: Path, name: str, pack: Callable[[bytes], bytes], where: str) -> None:
    (outcome,) = read_bytes(tmp_path, name, pack(b"A book of one line.\n"))
    assert (outcome.document.id, outcome.document.text.strip()) == (f"books:{where}", "A book of one line.")


def test_epub_in_reading_order(tmp_path: Path) -> None:
    (outcome,) = read_bytes(tmp_path, "boat.epub", epub(PAGES, spine=["2.xhtml", "1.xhtml", "absent"]))
    assert outcome.document.text == "Second.\n\nOne\n\nFirst & last."
    assert outcome.document.meta == {"title": "The Green Boat", "author": "Ada Marsh", "language": "en"}


def test_rows_with_their_meta(tmp_path: Path) -> None:
    rows = [
        {"text": "One.\r\nTwo.", "meta": {"short_book_title": "A Title", "pages": 7}},
        {"text": "Three.", "title": "Other", "language": "German"},
    ]
    first, second = read_bytes(tmp_path, "b.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert (first.document.text, first.document.meta) == ("One.\nTwo.", {"title": "A Title"})
    assert second.document.meta == {"title": "Other", "language": "de"}


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"title": ["A", "B"], "text": ["One.", None]}), tmp_path / "b.parquet")
    first, second = read(tmp_path / "b.parquet")
    assert (first.document.text, first.document.meta) == ("One.", {"title": "A"})
    assert second.detail == "expected a row whose text is a string, got NoneType"


def test_parts_of_an_archive_make_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(zipped({f"{n}.txt": b"Book %d." % n for n in range(7)}, zipfile.ZIP_STORED))
    file = InputFile(str(path), path.stat().st_size, 0)
    parts = READER.parts(file, opened, {"part_bytes": file.size // 3})
    assert parts == ["0-2", "2-4", "4-6", "6-7"]
    pieces = [outcome.document.id for part in parts for outcome in read(path, part)]
    assert pieces == [outcome.document.id for outcome in read(path)]
    assert len(pieces) == 7


def test_catalogue_goes_before_the_header(tmp_path: Path) -> None:
    told = tmp_path / "catalogue.json"
    told.write_text(json.dumps({"9101": {"title": "Boat", "language": "fr"}}))
    path = tmp_path / "9101.txt"
    path.write_bytes(GUTENBERG.format(encoding="UTF-8").encode())
    (outcome,) = read(path, sidecar=str(told))
    assert {name: outcome.document.meta[name] for name in ("title", "author", "language")} == {
        "title": "Boat", "author": "Ada Marsh", "language": "fr",
    }  # fmt: skip


BAD = {
    "empty": ("a.txt", b"", "expected a book, got an empty file"),
    "only spaces": ("a.txt", b" \r\n\t", "expected a book, got no text"),
    "binary": ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9, "expected a text, got a binary file ("),
    "too long": ("a.txt", b"word " * 10_001, "expected at most 50000 bytes, got more"),
    "gzip bomb": ("a.txt.gz", gzip.compress(b"word " * 4_000_000), "expected at most 50000 bytes, got more"),
    "gzip cut off": ("a.txt.gz", gzip.compress(b"word " * 99)[:-9], "expected a gzip member that ends, got the end"),
    "no zip": ("a.zip", b"PK\x03\x04 nothing", "expected a zip archive, got File is not a zip file"),
    "zip without books": ("a.zip", zipped({"a.jpg": b"\xff"}), "expected a .txt or .epub member, got a.jpg"),
    "epub without package": ("a.epub", epub({}), "META-INF/container.xml: expected a member of the archive, got none"),
    "epub with entities": (
        "a.epub", epub(PAGES, {"META-INF/container.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}),
        "META-INF/container.xml: expected XML without entity declarations, got some",
    ),
    "epub locked": (
        "a.epub", epub(PAGES, {"META-INF/encryption.xml": b'<e><CipherReference URI="OPS/2.xhtml"/></e>'}),
        "expected chapters that can be read, got an encrypted one, OPS/2.xhtml; bring the book without DRM",
    ),
    "epub broken": ("a.epub", epub(PAGES, {"OPS/a.opf": b"<package>"}), "OPS/a.opf: expected well-formed XML, got no"),
    "row of another kind": ("a.jsonl", b'{"text": 7}', "expected a row whose text is a string, got int"),
    "broken row": ("a.jsonl", b'{"text": "a', "expected a row with a text, got expected a JSON object"),
    "row without text": ("a.jsonl", b'{"text": "  "}', "expected a book, got no text"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_a_ledger_row(tmp_path: Path, case: str) -> None:
    name, data, detail = BAD[case]
    (outcome,) = read_bytes(tmp_path, name, data)
    assert outcome.reason == "unreadable"
    assert outcome.detail.startswith(detail)
    assert outcome.document.id.startswith(f"{tmp_path}/shelf/{name}#")


@pytest.mark.parametrize(
    ("member", "data", "detail"),
    [
        ("../../etc/a.txt", b"word", "../../etc/a.txt: expected a path inside the archive, got one that leads outside"),
        ("/a.txt", b"word", "/a.txt: expected a path inside the archive, got one that leads outside"),
        ("c:\\a.txt", b"word", "c:\\a.txt: expected a path inside the archive, got one that leads outside"),
        ("bomb.txt", bytes(2_000_000), "bomb.txt: expected at most 50000 bytes, got 2000000"),
        ("more.ZIP", b"PK", "more.ZIP: expected a book, got an archive inside an archive; unpack the outer one"),
        ("a.txt.gz", b"", "a.txt.gz: expected a book, got an archive inside an archive; unpack the outer one"),
    ],
    ids=["climbs", "absolute", "drive", "too long", "archive", "packed"],
)
def test_one_bad_member_costs_only_itself(tmp_path: Path, member: str, data: bytes, detail: str) -> None:
    good, bad = read_bytes(tmp_path, "a.zip", zipped({"good.txt": b"A book.", member: data}))
    assert good.kept
    assert (bad.reason, bad.detail) == ("unreadable", detail)


@pytest.mark.parametrize(("ratio", "kept"), [(1100, True), (500, False)])
def test_bomb_by_its_ratio(tmp_path: Path, ratio: int, kept: bool) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.txt": b"word " * 400_000}))
    limits = LIMITS | {"longest_book_bytes": 4_000_000, "largest_ratio": ratio}
    (outcome,) = read_books(opened, InputSplit(0, 1, str(path)), Seen(), **limits)
    assert outcome.kept == kept
    assert kept or outcome.detail.startswith(f"a.txt: expected text packed at most {ratio} times, got ")


def test_a_damaged_member_costs_only_itself(tmp_path: Path) -> None:
    data = zipped({"a.txt": b"First book here.", "b.txt": b"Second book here."}, zipfile.ZIP_STORED)
    first, second = read_bytes(tmp_path, "a.zip", data.replace(b"First book", b"Fxrst book", 1))
    assert first.detail.startswith("a.txt: expected a member that unpacks, got Bad CRC-32")
    assert second.kept


@pytest.mark.parametrize(("size", "kept"), [(50_000, True), (50_001, False)])
def test_longest_book_from_both_sides(tmp_path: Path, size: int, kept: bool) -> None:
    (outcome,) = read_bytes(tmp_path, "a.txt", b"a" * size)
    assert outcome.kept == kept
