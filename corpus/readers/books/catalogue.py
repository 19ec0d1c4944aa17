"""Project Gutenberg's catalogue: what it says of each ebook, by number; as pg_catalog.csv or rdf-files.tar."""

from __future__ import annotations

import csv
import gzip
import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import BinaryIO
from xml.etree import ElementTree

import orjson

from corpus.errors import InputError
from corpus.readers.base import Open
from corpus.recipe import cited

Entry = Mapping[str, str]

_CSV_START = b"Text#,"
_CSV_NAMES = ("pg_catalog.csv", "pg_catalog.csv.gz")
_RDF_NAMES = ("rdf-files.tar.bz2", "rdf-files.tar", "rdf-files.tar.gz")
_RDF_BYTES = cited(1 << 22, "a record of the catalogue has some tens of kilobytes", "bytes")
_FROM_NAME = re.compile(r"(?:^|/)(?:pg)?(\d{1,6})(?:-\w+)?\.[^/]*$")

_CODES = {
    "english": "en", "french": "fr", "german": "de", "finnish": "fi", "dutch": "nl", "italian": "it", "spanish": "es",
    "portuguese": "pt", "chinese": "zh", "hungarian": "hu", "greek": "el", "swedish": "sv", "esperanto": "eo",
    "latin": "la", "danish": "da", "tagalog": "tl", "catalan": "ca", "polish": "pl", "japanese": "ja",
    "norwegian": "no", "welsh": "cy", "czech": "cs", "russian": "ru", "bulgarian": "bg", "icelandic": "is",
    "serbian": "sr", "romanian": "ro", "ukrainian": "uk", "slovenian": "sl", "croatian": "hr", "hebrew": "he",
    "arabic": "ar",
}  # fmt: skip


def is_catalogue(path: str, head: bytes) -> bool:
    """Whether a file is the catalogue rather than a book."""
    return path.lower().endswith((*_CSV_NAMES, *_RDF_NAMES)) or head.startswith(_CSV_START)


def language_code(language: str) -> str:
    """The code of a language that a header names in English; as it is where it is no name of the list."""
    first = re.split(r"[,;/]| and ", language.strip())[0].strip().lower()
    return _CODES.get(first, first)


def ebook_number(path: str) -> str:
    """The ebook number in a name such as 1342-0.txt or pg1342.txt; empty where there is none."""
    found = _FROM_NAME.search(path)
    return found[1].lstrip("0") if found else ""


def read_catalogue(open_file: Open, path: str) -> dict[str, Entry]:
    """What the catalogue says: ebook number -> title, author, language.

    Raises:
        InputError: it is no catalogue, or damaged.
    """
    with open_file(path) as file:
        try:
            entries = dict(_rdf_entries(file) if path.lower().endswith(_RDF_NAMES) else _csv_entries(file))
        except (OSError, EOFError, UnicodeDecodeError, csv.Error, tarfile.TarError, ElementTree.ParseError) as error:
            raise InputError("Project Gutenberg's catalogue", str(error), path, "fetch it again") from None
    if not entries:
        raise InputError("Project Gutenberg's catalogue", "a file without entries", path, "fetch it again")
    return entries


@lru_cache(maxsize=1)
def load_catalogue(open_file: Open, path: str) -> Mapping[str, Entry]:
    """The entries that a build wrote as one JSON file under a name of their content's own; kept once per process."""
    with open_file(path) as file:
        entries: dict[str, Entry] = orjson.loads(file.read())
        return entries


def _csv_entries(file: BinaryIO) -> Iterator[tuple[str, Entry]]:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    with io.TextIOWrapper(gzip.GzipFile(fileobj=file) if packed else file, "utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row.get("Text#"):
                yield row["Text#"], _entry(row.get("Title"), row.get("Authors"), row.get("Language"))


def _entry(title: str | None, author: str | None, language: str | None) -> dict[str, str]:
    stated = {"title": title, "author": author, "language": language_code(language or "")}
    return {name: " ".join(value.split()) for name, value in stated.items() if value and value.strip()}


def _rdf_entries(file: BinaryIO) -> Iterator[tuple[str, Entry]]:
    with tarfile.open(fileobj=file, mode="r|*") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() and member.size <= _RDF_BYTES.value else None
            if content is not None and member.name.endswith(".rdf"):
                yield ebook_number(member.name), _described(content.read())


def _described(data: bytes) -> dict[str, str]:
    if b"<!ENTITY" in data:
        raise tarfile.TarError("an RDF file with entity declarations")
    root = ElementTree.fromstring(data)
    return _entry(_under(root, "title"), _under(root, "creator", "name"), _under(root, "language", "value"))


def _under(root: ElementTree.Element, *names: str) -> str:
    """The text of the first element of that name (within the first of the name before)."""
    element: ElementTree.Element | None = root
    for name in names:
        element = next((one for one in (element.iter() if element is not None else ()) if _local(one) == name), None)
    return (element.text or "") if element is not None else ""


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
