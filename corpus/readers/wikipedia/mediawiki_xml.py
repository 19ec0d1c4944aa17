"""MediaWiki's export XML (schemas 0.3 to 0.11) cut into pages, whatever packs it and however it is encoded."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from corpus.errors import RecordError
from corpus.readers.pieces import Piece
from corpus.recipe import cited

PAGE, PAGE_END, DUMP_END = b"<page>", b"</page>", b"</mediawiki>"
_CUT_OFF = "expected </page>, got the end of the dump"
_NO_START = "expected <page>, got </page>"
_HEADER_BYTES = cited(1 << 20, "a dump begins with its siteinfo, some ten kilobytes", "bytes")
_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SITEINFO = re.compile(rb"<siteinfo>(?:(?!<siteinfo>).)*?</siteinfo>", re.DOTALL)
_ROOT_LANGUAGE = re.compile(rb"<mediawiki\b[^<>]*\bxml:lang=\"([\w-]+)\"")


class Site(NamedTuple):
    """What a dump says of its wiki: database name, address, language of the root element, namespaces by number.

    is_damaged says that the head of the dump, which would say more, could not be read.
    """

    database: str = ""
    base: str = ""
    language: str = ""
    namespaces: dict[int, str] = {}  # noqa: RUF012 -- never changed
    is_damaged: bool = False


class RawPage(NamedTuple):
    """One `<page>` element: where it starts, its bytes, and what is wrong with it.

    where is its unpacked offset in the dump; in a part, or after damage, `120+7`: the byte of the file at which that
    begins and the unpacked offset from there; of damage the range of the file that was skipped, `80-120`.
    """

    where: int | str
    data: bytes
    fault: str = ""


class Page(NamedTuple):
    """A page as the dump has it; namespace is None in schemas that do not say (before 0.5)."""

    id: str
    title: str
    namespace: int | None
    redirect: bool
    revision: str
    timestamp: str
    model: str
    text: str


def utf8(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same bytes as UTF-8 without a byte order mark; UTF-16 is known by its mark."""
    decoder = None
    first = True
    for piece in pieces:
        data = piece.data
        if piece.fault:
            yield piece
            continue
        if first:
            first = False
            encoding = next((name for mark, name in _BOMS.items() if data.startswith(mark)), "")
            decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
            data = data[2:] if encoding else data.removeprefix(codecs.BOM_UTF8)
        yield piece._replace(data=decoder.decode(data).encode("utf-8", "replace") if decoder else data)


def is_utf16(pieces: Iterator[Piece]) -> bool:
    """Whether a dump says that it is UTF-16, which only its first bytes do."""
    first = next(pieces, None)
    return first is not None and first.data.startswith(tuple(_BOMS))


def read_site(pieces: Iterable[Piece]) -> Site:
    """What the head of a dump says of its wiki; an empty Site where it says nothing readable."""
    head, is_damaged = b"", False
    for piece in pieces:
        head += piece.data
        is_damaged = is_damaged or bool(piece.fault)
        if piece.fault or b"</siteinfo>" in head or PAGE in head or len(head) > _HEADER_BYTES.value:
            break
    siteinfo = _SITEINFO.search(head)
    root = _ROOT_LANGUAGE.search(head)
    language = root[1].decode() if root else ""
    if siteinfo is None:
        return Site(language=language, is_damaged=is_damaged or b"<siteinfo" in head)
    try:
        site = ElementTree.fromstring(siteinfo[0])
        spaces = {int(space.get("key", "0")): space.text or "" for space in site.iter("namespace")}
    except (ElementTree.ParseError, ValueError):
        return Site(language=language, is_damaged=True)
    return Site(site.findtext("dbname", ""), site.findtext("base", ""), language, spaces)


def cut_pages(
    pieces: Iterable[Piece], page_bytes: int, *, to_the_end: bool, start: int = 0, end: int | None = None
) -> Iterator[RawPage]:
    """The pages that begin in our pieces, one after the other, holding one page at a time.

    A page longer than page_bytes is a fault, and never held whole. A damaged place is one fault, and so is a dump that
    breaks off, inside a page or before its end, after every whole page.

    Args:
        page_bytes: the longest page.
        to_the_end: whether these pieces go to the dump's end, so that its last tag has to come.
        start: the byte of the file at which the pieces start; a page may have begun before.
        end: pieces packed in units that start at this byte of the file, or later, are of another part.
    """
    cutter = _Cutter(page_bytes, start)
    for piece in pieces:
        ours = end is None or piece.start < end
        if piece.fault and not ours:
            return  # the damage is that of the part in which it begins, and a page that it cuts off is part of it
        yield from cutter.skip(piece) if piece.fault else cutter.take(piece, ours)
        if cutter.done:
            return
    yield from cutter.finish(to_the_end)


class _Cutter:
    """Bytes not yet cut: held begins at offset, counted from base; at limit the bytes of another part begin."""

    def __init__(self, page_bytes: int, start: int) -> None:
        self._page_bytes = page_bytes
        self._held = b""
        self._base = start
        self._offset = 0
        self._limit: int | None = None
        self._skipping = False
        self._ended = False
        self._damaged = False  # no bytes came since the last fault
        self._torn = start > 0  # what comes first may be the rest of a page

    @property
    def done(self) -> bool:
        """Whether no page that begins before the limit is left."""
        return self._limit is not None and self._offset >= self._limit and not self._skipping

    def take(self, piece: Piece, ours: bool) -> Iterator[RawPage]:
        """The pages that this piece completes."""
        if self._damaged:
            self._base, self._damaged = piece.start, False
        if self._limit is None and not ours:
            self._limit = self._offset + len(self._held)
        self._held += piece.data
        while (end := self._held.find(PAGE_END)) >= 0:
            yield from self._close(end + len(PAGE_END))
            if self.done:
                return
        yield from self._trim()

    def skip(self, piece: Piece) -> Iterator[RawPage]:
        """The damage that a fault stands for, with the page it cuts off."""
        start = self._held.find(PAGE)
        yield RawPage(f"{piece.start}-{piece.end}", self._held[start:] if start >= 0 else b"", piece.fault)
        if self._limit is not None:
            self._limit = 0
        self._held, self._offset = b"", 0
        self._skipping, self._damaged, self._torn = False, True, True

    def finish(self, to_the_end: bool) -> Iterator[RawPage]:
        """What is left when no more bytes come: the page they break off in, or a dump without its end."""
        start = self._held.find(PAGE)
        if not self._skipping and start >= 0 and not self._is_past(start):
            yield RawPage(self._where(start), self._held[start:], _CUT_OFF)
        elif to_the_end and not (self._damaged or self._ended or DUMP_END in self._held or self._is_rest_of_end()):
            yield RawPage(self._where(len(self._held)), b"", "expected </mediawiki>, got the end of the file")

    def _is_rest_of_end(self) -> bool:
        """Whether all that a part has is the rest of the dump's last tag."""
        rest = self._held.rstrip()
        return self._torn and not self._offset and bool(rest) and DUMP_END.endswith(rest)

    def _where(self, at: int) -> int | str:
        return f"{self._base}+{self._offset + at}" if self._base else self._offset + at

    def _close(self, end: int) -> Iterator[RawPage]:
        """The page that ends at `end` of what is held; one that begins inside it shows that the first was cut short."""
        start = -1 if self._skipping else self._held.find(PAGE, 0, end)
        if start < 0 and not (self._skipping or self._torn):
            yield RawPage(self._where(end - len(PAGE_END)), b"", _NO_START)
        while start >= 0 and not self._is_past(start):
            following = self._held.find(PAGE, start + 1, end)
            data = self._held[start : following if following >= 0 else end]
            fault = "expected </page>, got another <page>" if following >= 0 else ""
            yield RawPage(self._where(start), data, fault)
            start = following
        self._skipping = self._torn = False
        self._drop(end)

    def _trim(self) -> Iterator[RawPage]:
        """Forget what no page can need; report a page that has grown too long, and skip to its end."""
        start = -1 if self._skipping else self._held.find(PAGE)
        if start >= 0 and self._is_past(start):
            self._drop(start)
        elif start >= 0 and len(self._held) - start > self._page_bytes:
            fault = f"expected a page of at most {self._page_bytes} bytes, got a longer one"
            yield RawPage(self._where(start), self._held[start : start + self._page_bytes], fault)
            self._skipping = True
        elif start < 0:
            self._drop(max(0, len(self._held) - len(DUMP_END)))

    def _is_past(self, start: int) -> bool:
        return self._limit is not None and self._offset + start >= self._limit

    def _drop(self, size: int) -> None:
        self._ended = self._ended or DUMP_END in self._held[: size + len(DUMP_END)]
        self._offset += size
        self._held = self._held[size:]


def read_page(data: bytes) -> Page:
    """A page from its XML.

    Raises:
        RecordError: not well-formed, or without a title, an id or a revision.
    """
    try:
        page = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise RecordError("a well-formed <page>", str(error)) from None
    revision = page.findall("revision")[-1:]
    title, number = page.findtext("title"), page.findtext("id")
    if not (title and number and revision):
        raise RecordError("a <page> with title, id and revision", f"title {title!r}, id {number!r}")
    space = page.findtext("ns")
    return Page(
        id=number.strip(),
        title=title,
        namespace=int(space) if space is not None and space.strip().lstrip("-").isdecimal() else None,
        redirect=page.find("redirect") is not None,
        revision=revision[0].findtext("id", "").strip(),
        timestamp=revision[0].findtext("timestamp", "").strip(),
        model=revision[0].findtext("model", "wikitext").strip(),
        text=revision[0].findtext("text") or "",
    )
