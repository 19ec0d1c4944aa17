"""The catalogue in both of its forms, and what is no catalogue."""

from __future__ import annotations

import bz2
import io
import tarfile
from pathlib import Path

import pytest

from corpus.errors import InputError
from corpus.readers.books.catalogue import ebook_number, language_code, read_catalogue

CSV = (
    "Text#,Type,Issued,Title,Language,Authors,Subjects,LoCC,Bookshelves\n"
    '9101,Text,2004-05-01,"The Green Boat\nA Tale",en,"Marsh, Ada, 1850-1921",,,\n'
    "9102,Text,2004-05-01,Das Boot,de,,,,\n"
)
RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:dcterms="t" xmlns:pgterms="p" xmlns:rdf="r"><pgterms:ebook rdf:about="e/9101">
<dcterms:title>The Green Boat
A Tale</dcterms:title>
<dcterms:creator><pgterms:agent><pgterms:name>Marsh, Ada, 1850-1921</pgterms:name></pgterms:agent></dcterms:creator>
<dcterms:language><rdf:Description><rdf:value>en</rdf:value></rdf:Description></dcterms:language>
</pgterms:ebook></rdf:RDF>"""
ENTRY = {"title": "The Green Boat A Tale", "author": "Marsh, Ada, 1850-1921", "language": "en"}


def rdf_files(members: dict[str, str]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return bz2.compress(sink.getvalue())


def read(tmp_path: Path, name: str, data: bytes) -> dict[str, dict[str, str]]:
    (tmp_path / name).write_bytes(data)
    return {
        number: dict(told)
        for number, told in read_catalogue(lambda path: open(path, "rb"), str(tmp_path / name)).items()
    }


def test_csv(tmp_path: Path) -> None:
    assert read(tmp_path, "pg_catalog.csv", CSV.encode()) == {
        "9101": ENTRY, "9102": {"title": "Das Boot", "language": "de"},
    }  # fmt: skip


def test_rdf(tmp_path: Path) -> None:
    data = rdf_files({"cache/epub/9101/pg9101.rdf": RDF, "cache/readme": "x"})
    assert read(tmp_path, "rdf-files.tar.bz2", data) == {"9101": ENTRY}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pg_catalog.csv", b""),
        ("pg_catalog.csv", b"\xff\xfe"),
        ("pg_catalog.csv.gz", b"\x1f\x8b no"),
        ("rdf-files.tar.bz2", b"BZh9 no"),
        ("rdf-files.tar.bz2", rdf_files({"a/pg1.rdf": "<a>"})),
        ("rdf-files.tar.bz2", rdf_files({"a/pg1.rdf": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'})),
    ],
    ids=["empty", "not text", "not gzip", "not a tar", "broken RDF", "entities"],
)
def test_no_catalogue(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(InputError, match="Project Gutenberg's catalogue"):
        read(tmp_path, name, data)


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("a/1342-0.txt", "1342"), ("pg1342.txt", "1342"), ("a.zip/1342-8.txt", "1342"), ("1342.txt.gz", "1342"),
        ("cache/epub/42/pg42.rdf", "42"), ("tale 12.txt", ""), ("a1342.txt", ""), ("1342/notes.txt", ""),
    ],
)  # fmt: skip
def test_number_in_a_name(path: str, number: str) -> None:
    assert ebook_number(path) == number


@pytest.mark.parametrize(
    ("name", "code"), [("English", "en"), ("French and English", "fr"), ("en", "en"), ("Old Norse", "old norse")]
)
def test_language_code(name: str, code: str) -> None:
    assert language_code(name) == code
