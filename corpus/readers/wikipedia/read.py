"""Wikipedia's pages-articles dumps: one Document an article, its text still wikitext.

A dump is bzip2 (of one stream or many), gzip, xz, zstd, 7z or plain, in UTF-8 or UTF-16, as dumped or excerpted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from corpus.containment import refused
from corpus.document import Document, Outcome, unreadable
from corpus.readers import bzip2
from corpus.readers.base import InputFile, InputSplit, Open, Reader, Seen
from corpus.readers.bzip2 import BYTE_BITS
from corpus.readers.pieces import Piece
from corpus.readers.unpack import packing_of, skipping, unpacked
from corpus.readers.wikipedia.mediawiki_xml import Page, Site, cut_pages, is_utf16, read_page, read_site, utf8
from corpus.readers.wikipedia.names import WikiNames

SOURCE = "wikipedia"
HEAD_LOST = "siteinfo_lost"
"""The note on an article whose dump's head is damaged, so that its wiki's own names of namespaces are not known."""

_NAME = re.compile(
    r"\.xml(?:-p\d+p\d+[^./]*)?(?:\.(?:bz2|gz|xz|zst|7z))?$|wiki[-_].*\.(?:bz2|gz|xz|zst|7z)$|pages-articles"
)
_NOT_PAGES = re.compile(
    r"stub-|pagelinks|abstract|-index|all-titles|siteinfo|-pages-logging|\.(?:sql|txt|tar|json|tsv)\b"
)
_DUMP_OF = re.compile(r"(?:^|/)([a-z]{2,3}(?:_[a-z_]+)?|simple)wiki-[^/]*$")
_DATABASE = re.compile(r"([a-z_]+)wiki")
_MEDIA, _FILE, _CATEGORY = -2, 6, 14
_SHOWN_BYTES = 1 << 16
_REDIRECT = re.compile(
    r"\s*#\s*(?:redirect\w*|weiterleitung|rinvia|rinvio|redirecci[oó]n|doorverwijzing|patrz|przekieruj|tam|redirecionamento|"
    r"перенаправление|перенапр|перенаправлення|переадресація|виж|пренасочване|преусмери|preusmjeri|preusmeri\w*|omdiriger\w*|"
    r"átirányítás|přesměruj|ανακατευθυνση|đổi)\s*+(?::\s*+)?\[\[",
    re.IGNORECASE,
)


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is a dump of pages: by its name, and by how it begins."""
    name = path.rpartition("/")[2]
    if not _NAME.search(name) or _NOT_PAGES.search(name):
        return False
    return bool(packing_of(head, name)) or b"<mediawiki" in head.replace(b"\0", b"")


def parts(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """A bzip2 dump, of one stream or many, in stretches of its bytes; any other is read whole."""
    count = -(-file.size // limits["part_bytes"])
    if count <= 1:
        return [""]
    with open_file(file.path) as opened:
        if opened.read(len(bzip2.MAGIC)) != bzip2.MAGIC or is_utf16(bzip2.blocks(opened)):
            return [""]
    edges = [file.size * number // count for number in range(count + 1)]
    return [f"{start}-{end}" for start, end in pairwise(edges)]


def read(open_file: Open, shard: InputSplit, seen: Seen, *, page_bytes: int, part_bytes: int = 0) -> Iterator[Outcome]:
    """Outcomes on all pages of one dump, or of a part of it: those that begin in a block marked there.

    Args:
        page_bytes: a longer `<page>` is unreadable, and never held.
        part_bytes: how parts are cut; not used here.
    """
    with open_file(shard.path) as file:
        wiki = Wiki(read_site(utf8(unpacked(file, Seen(), shard.path))), shard.path)
        source, part = _pieces(file, shard, seen)
        to_the_end = part is None or (part.start < part.end and part.limit == file.seek(0, 2))
        start, end = (part.first_bit // BYTE_BITS, part.limit) if part else (0, None)
        for raw in cut_pages(utf8(source), page_bytes, to_the_end=to_the_end, start=start, end=end):
            seen.records += 1
            where = shard.locator(raw.where)
            if raw.fault:
                yield unreadable(SOURCE, where, raw.fault, raw.data[:_SHOWN_BYTES])
                continue
            yield _outcome(wiki, raw.data, where)


def _pieces(file: BinaryIO, shard: InputSplit, seen: Seen) -> tuple[Iterator[Piece], bzip2.Part | None]:
    """The bytes inside a dump; of a part those of its blocks, and what follows them."""
    if not shard.part:
        return unpacked(file, seen, shard.path), None
    size = file.seek(0, 2)
    start, end = (int(bound) for bound in shard.part.split("-"))
    part = bzip2.part(file, start, end, size, start == 0)
    seen.own(part.start if start else 0, part.end)
    return skipping(part.blocks(file), seen), part


def _outcome(wiki: Wiki, page: bytes, where: str) -> Outcome:
    """The outcome on a page, whatever is raised on it."""
    try:
        return wiki.outcome(read_page(page))
    except Exception as error:
        return refused(SOURCE, where, error, page[:_SHOWN_BYTES])


class Wiki:
    """The wiki that a dump is of: its language and address, and its own names for files and categories."""

    def __init__(self, site: Site, path: str) -> None:
        self._note = HEAD_LOST if site.is_damaged else ""
        self.language = language_of(site, path)
        stated = _of_database(site)
        base = site.base.rpartition("/")[0] if stated == self.language and site.base else ""
        self.base = base or f"https://{self.language or 'www'}.wikipedia.org/wiki"
        self.names = WikiNames(_names_of(site, _MEDIA, _FILE), _names_of(site, _CATEGORY))
        self._others = {name.lower() for number, name in site.namespaces.items() if number != 0 and name}

    def outcome(self, page: Page) -> Outcome:
        """A Document of an article; a reason for a page that is none."""
        meta = {
            "language": self.language,
            "title": page.title,
            "page_id": page.id,
            "revision": page.revision,
            "url": f"{self.base}/{quote(page.title.replace(' ', '_'), safe='/:@!$*(),;~')}",
        }
        if page.timestamp:
            meta["date"] = page.timestamp
        document = Document(f"{SOURCE}:{self.language}/{page.id}", page.text, SOURCE, meta, payload=self.names)
        reason = self._reason(page)
        return Outcome(document, reason, detail="" if reason else self._note)

    def _reason(self, page: Page) -> str:
        if page.namespace != 0 if page.namespace is not None else self._is_elsewhere(page.title):
            return "not_an_article"
        if page.redirect or _REDIRECT.match(page.text):
            return "redirect"
        if page.model != "wikitext":
            return "not_wikitext"
        return "" if page.text.strip() else "no_text"

    def _is_elsewhere(self, title: str) -> bool:
        """Whether a title names another namespace, for schemas that do not state it."""
        space, colon, _ = title.partition(":")
        return bool(colon) and space.lower() in self._others


def language_of(site: Site, path: str) -> str:
    """The code of a dump's wiki.

    As its siteinfo says; but an excerpt whose file is named as the dump of another wiki was given a foreign head, and
    is what its name says. A dump without siteinfo is what its name, or its root element, says.
    """
    named = _DUMP_OF.search(path)
    return (named[1].replace("_", "-") if named else "") or _of_database(site) or site.language


def _of_database(site: Site) -> str:
    database = _DATABASE.fullmatch(site.database)
    if database:
        return database[1].replace("_", "-")
    host = urlsplit(site.base).hostname or ""
    return host.partition(".")[0] if host.endswith(".wikipedia.org") else ""


def _names_of(site: Site, *numbers: int) -> frozenset[str]:
    return frozenset(site.namespaces[number].lower() for number in numbers if site.namespaces.get(number))


READER = Reader(unit="page", accepts=accepts, read=read, parts=parts)
