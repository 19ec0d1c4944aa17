"""EPUB: the text of its chapters in reading order, and what its package says of the book."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree

from resiliparse.extract.html2text import extract_plain_text

from corpus.errors import RecordError
from corpus.readers.books.zip_directory import Archive
from corpus.readers.books.zip_file import read_named
from corpus.readers.html_tags import bounded_html
from corpus.recipe import cited

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PACKAGE_BYTES = cited(1 << 22, "a package lists a book's files, some hundred bytes for each", "bytes")
_HTML = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_ENTITIES = re.compile(rb"<!ENTITY", re.IGNORECASE)
_CHAPTER_BREAK = "\n\n"


def read_epub(archive: Archive, longest_bytes: int, largest_ratio: float) -> tuple[str, dict[str, str]]:
    """The text of an EPUB and its meta: title, author, language, where the package states them.

    Raises:
        RecordError: no package, a chapter is missing, encrypted or too large, or the text is longer than longest_bytes.
    """
    folder, package = _package(archive)
    locked = _locked(archive)
    chapters, left = [], longest_bytes
    for name in _spine(folder, package):
        if name in locked:
            raise RecordError("chapters that can be read", f"an encrypted one, {name}", do="bring the book without DRM")
        page = read_named(archive, name, left, largest_ratio)
        left -= len(page)
        html = bounded_html(page.decode("utf-8", "replace"))
        chapters.append(extract_plain_text(html, preserve_formatting=True, alt_texts=False))
    text = _CHAPTER_BREAK.join(chapter.strip("\n") for chapter in chapters if chapter.strip())
    return text, dict(_described(package))


def _package(archive: Archive) -> tuple[str, ElementTree.Element]:
    container = _xml(archive, _CONTAINER)
    path = next((file.get("full-path", "") for file in container.iter() if _local(file) == "rootfile"), "")
    if not path:
        raise RecordError("a package named in the container", "none", _CONTAINER)
    return posixpath.dirname(path), _xml(archive, path)


def _xml(archive: Archive, name: str) -> ElementTree.Element:
    data = read_named(archive, name, _PACKAGE_BYTES.value)
    if _ENTITIES.search(data):
        raise RecordError("XML without entity declarations", "some", name)
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise RecordError("well-formed XML", str(error), name) from None


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _spine(folder: str, package: ElementTree.Element) -> Iterator[str]:
    items = {item.get("id"): item for item in package.iter() if _local(item) == "item"}
    for entry in package.iter():
        item = items.get(entry.get("idref", "")) if _local(entry) == "itemref" else None
        if item is not None and item.get("media-type") in _HTML:
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _locked(archive: Archive) -> set[str]:
    if _ENCRYPTION not in archive.names():
        return set()
    uris = (entry.get("URI", "") for entry in _xml(archive, _ENCRYPTION).iter() if _local(entry) == "CipherReference")
    return {unquote(uri) for uri in uris}


def _described(package: ElementTree.Element) -> Iterator[tuple[str, str]]:
    names = {"title": "title", "creator": "author", "language": "language"}
    found: dict[str, str] = {}
    for element in package.iter():
        name = names.get(_local(element), "")
        if name and element.text and element.text.strip():
            found.setdefault(name, " ".join(element.text.split()))
    yield from found.items()
