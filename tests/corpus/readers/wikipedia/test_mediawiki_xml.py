"""Export XML cut into pages: whole ones, long ones, broken ones."""

from __future__ import annotations

import codecs

import pytest

from corpus.errors import RecordError
from corpus.readers.pieces import Piece
from corpus.readers.wikipedia.mediawiki_xml import Page, RawPage, cut_pages, read_page, read_site, utf8

HEAD = b'<mediawiki xml:lang="xx"><siteinfo><dbname>itwiki</dbname><base>https://it.wikipedia.org/wiki/A</base>' \
    b'<namespaces><namespace key="0" /><namespace key="6">File</namespace></namespaces></siteinfo>'  # fmt: skip


def in_pieces(data: bytes, size: int) -> list[Piece]:
    return [Piece(data[at : at + size], at) for at in range(0, len(data), size)]


def cut(data: bytes, size: int = 7, page_bytes: int = 100, *, to_the_end: bool = True) -> list[RawPage]:
    return list(cut_pages(in_pieces(data, size), page_bytes, to_the_end=to_the_end))


@pytest.mark.parametrize("size", [1, 2, 5, 6, 7, 13, 1000])
def test_pages_whatever_the_pieces(size: int) -> None:
    data = b"<mediawiki>\n<page>a</page>\n<page>b</page></mediawiki>"
    assert cut(data, size) == [RawPage(12, b"<page>a</page>"), RawPage(27, b"<page>b</page>")]


BROKEN = {
    "inside a page": (b"<page>a</page><page>b", [RawPage(0, b"<page>a</page>"),
                      RawPage(14, b"<page>b", "expected </page>, got the end of the dump")]),
    "after a page": (b"<page>a</page>", [RawPage(0, b"<page>a</page>"),
                     RawPage(14, b"", "expected </mediawiki>, got the end of the file")]),
    "before any page": (b"<mediawiki>", [RawPage(11, b"", "expected </mediawiki>, got the end of the file")]),
    "a page without its end": (b"<page>a<page>b</page></mediawiki>", [
        RawPage(0, b"<page>a", "expected </page>, got another <page>"), RawPage(7, b"<page>b</page>")]),
    "a page without its start": (b"<pagf>a</page><page>b</page></mediawiki>", [
        RawPage(7, b"", "expected <page>, got </page>"), RawPage(14, b"<page>b</page>")]),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_dump_that_breaks_off(data: bytes, expected: list[RawPage], size: int) -> None:
    assert cut(data, size) == expected


def test_a_part_may_end_without_the_dumps_end() -> None:
    assert cut(b"<page>a</page>", to_the_end=False) == [RawPage(0, b"<page>a</page>")]


def test_a_page_at_and_over_its_longest() -> None:
    def page(size: int) -> bytes:
        return b"<page>" + b"a" * (size - 13) + b"</page>"

    assert [raw.fault for raw in cut(page(100) + page(20) + b"</mediawiki>", 7)] == ["", ""]
    long, short = cut(page(400) + page(20) + b"</mediawiki>", 7)
    assert long == RawPage(0, page(400)[:100], "expected a page of at most 100 bytes, got a longer one")
    assert short == RawPage(400, page(20))


LOST = Piece(b"", 40, 90, "expected a block")
DAMAGED = {
    "inside a page": ([b"<page>a</page><page>b", b"b</page><page>c</page></mediawiki>"], b"<page>b", "<page>c"),
    "inside a tag": ([b"<page>a</page><pa", b"ge><page>c</page></mediawiki>"], b"", "<page>c"),
    "between pages": ([b"<page>a</page>", b"<page>c</page></mediawiki>"], b"", "<page>c"),
    "at the end": ([b"<page>a</page><page>b", b""], b"<page>b", ""),
}


@pytest.mark.parametrize(("sides", "cut_off", "after"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damage_costs_the_pages_it_touches(sides: list[bytes], cut_off: bytes, after: str) -> None:
    pieces = [Piece(sides[0], 0), LOST, *([Piece(sides[1], 90)] if sides[1] else [])]
    whole, lost, *rest = cut_pages(pieces, 100, to_the_end=True)
    assert whole == RawPage(0, b"<page>a</page>")
    assert lost == RawPage("40-90", cut_off, "expected a block")
    at = sides[1].find(b"<page>c")
    assert rest == ([RawPage(f"90+{at}", b"<page>c</page>")] if after else [])


ENCODINGS = {
    "utf-8": b"\xc3\xa9",
    "utf-8 with its mark": codecs.BOM_UTF8 + b"\xc3\xa9",
    "utf-16-le": codecs.BOM_UTF16_LE + "é".encode("utf-16-le"),
    "utf-16-be": codecs.BOM_UTF16_BE + "é".encode("utf-16-be"),
}


@pytest.mark.parametrize("data", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_encodings(data: bytes) -> None:
    assert b"".join(piece.data for piece in utf8(in_pieces(data, 3))).decode() == "é"


def test_site() -> None:
    site = read_site(in_pieces(HEAD, 10))
    assert (site.database, site.base, site.language) == ("itwiki", "https://it.wikipedia.org/wiki/A", "xx")
    assert site.namespaces == {0: "", 6: "File"}


@pytest.mark.parametrize(
    "head", [b"", b"<mediawiki><page>", b"<siteinfo><x></siteinfo>", b'<siteinfo><namespace key="x"/></siteinfo>']
)
def test_no_site(head: bytes) -> None:
    assert read_site(in_pieces(head, 10)).database == ""


PAGE = b"<page><title>A &amp; B</title><ns>0</ns><id>7</id>%s</page>"
REVISION = b"<revision><id>%d</id><timestamp>2022-06-01T00:00:00Z</timestamp>%s</revision>"
READ = {
    "of today": (PAGE % (REVISION % (9, b'<model>wikitext</model><text bytes="3">a&lt;b</text>')),
                 Page("7", "A & B", 0, False, "9", "2022-06-01T00:00:00Z", "wikitext", "a<b")),
    "of schema 0.3": (b"<page><title>T</title><id>7</id><revision><id>9</id><text>x</text></revision></page>",
                      Page("7", "T", None, False, "9", "", "wikitext", "x")),
    "a redirect": (PAGE % (b'<redirect title="C"/>' + REVISION % (9, b"<text/>")),
                   Page("7", "A & B", 0, True, "9", "2022-06-01T00:00:00Z", "wikitext", "")),
    "with its history": (PAGE % (REVISION % (8, b"<text>old</text>") + REVISION % (9, b"<text>new</text>")),
                         Page("7", "A & B", 0, False, "9", "2022-06-01T00:00:00Z", "wikitext", "new")),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), READ.values(), ids=READ.keys())
def test_page(data: bytes, expected: Page) -> None:
    assert read_page(data) == expected


@pytest.mark.parametrize(
    "data",
    [b"<page><title>T</page>", b"<page></page>", PAGE % b"", b"<page>&bomb;</page>", b"<page>\x0b</page>",
     b"<!DOCTYPE a><page></page>"],
    ids=["not well-formed", "empty", "no revision", "an entity of its own", "a control character", "a document type"],
)  # fmt: skip
def test_a_page_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(RecordError):
        read_page(data)
