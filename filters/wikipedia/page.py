"""A page of wikitext to the text that its reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus.document import Document, Outcome
from corpus.readers.wikipedia.names import WikiNames
from filters.wikipedia.aside import put_back, take_aside
from filters.wikipedia.blocks import text_of
from filters.wikipedia.expand import Walk, expand
from filters.wikipedia.inline import plain
from filters.wikipedia.links import show_external_links, show_plain_links
from filters.wikipedia.names import CATEGORY, DISAMBIGUATION, FILE
from filters.wikipedia.scan import TooMuchMarkupError, spans
from filters.wikipedia.templates import Page

_PARAMETER = re.compile(r"\{\{\{[^{}|]*+(?:\|([^{}]*+))?\}\}\}")


def plain_text(
    wikitext: str, *, nesting: int, marks: int, language: str = "", title: str = "",
    file_names: Iterable[str] = (), category_names: Iterable[str] = (), sections_dropped: Iterable[str] = (),
    link_note_chars: int = 0,
) -> str:  # fmt: skip
    """The text of a page.

    Args:
        nesting: how many templates, links and tables may be open at once.
        marks: how many lines, tags, and pairs of braces and brackets the page may have.
        language: the wiki's; it decides between templates of the same name.
        file_names: the wiki's own names for files (lower case), beside those known.
        category_names: the wiki's own names for categories, likewise.
        sections_dropped: kinds of sections that are dropped: references, links, literature.
        link_note_chars: what an entry of a section of links must say beside its link to stay.

    Raises:
        TooMuchMarkupError: the page exceeds nesting or marks.
    """
    marks -= wikitext.count("\n") + wikitext.count("<")
    if marks < 0:
        raise TooMuchMarkupError("too_much_markup")
    text, kept = take_aside(wikitext)
    if "{{{" in text:
        text = _PARAMETER.sub(r"\1", text)
    text = show_plain_links(text)
    page = Page(language, title, wikitext)
    walk = Walk(text, page, FILE.union(file_names), CATEGORY.union(category_names))
    markup = spans(text, nesting, marks)
    written = _written(expand(walk, markup), sections_dropped, link_note_chars)
    if not written:
        written = _written(expand(walk._replace(keep_all=True), markup), (), 0)
    return put_back(written, kept)


def _written(text: str, sections_dropped: Iterable[str], link_note_chars: int) -> str:
    return text_of(plain(show_external_links(text)), sections_dropped, link_note_chars)


def clean_page(
    document: Document, *, page_chars: int, nesting: int, marks: int, sections_dropped: Iterable[str],
    link_note_chars: int, disambiguation: str,
) -> Outcome:  # fmt: skip
    """The article as text; or why it is dropped: it exceeds the budget, tells names apart, or says nothing.

    Every step takes time in proportion to the page, so size, nesting and number of marks bound its time as well.

    Args:
        page_chars: the longest wikitext.
        disambiguation: `drop` or `keep` pages that only tell articles of one name apart.
    """
    if len(document.text) > page_chars:
        return Outcome(document, "page_too_long")
    if disambiguation == "drop" and is_disambiguation(document.text):
        return Outcome(document, "disambiguation")
    meta, names = document.meta, document.payload
    assert isinstance(names, WikiNames)
    try:
        text = plain_text(
            document.text, nesting=nesting, marks=marks, language=meta.get("language", ""), title=meta.get("title", ""),
            file_names=names.files, category_names=names.categories, sections_dropped=sections_dropped,
            link_note_chars=link_note_chars,
        )  # fmt: skip
    except TooMuchMarkupError as fault:
        return Outcome(document, fault.reason)
    return Outcome(document._replace(text=text, payload=None)) if text else Outcome(document, "no_text")


def is_disambiguation(wikitext: str) -> bool:
    """Whether a page only tells apart articles of one name, as its wiki's template or magic word says."""
    if "__DISAMBIG__" in wikitext:
        return True
    return any(_template_name(call[1]) in DISAMBIGUATION for call in _CALL.finditer(wikitext))


def _template_name(written: str) -> str:
    return written.replace("_", " ").strip().lower()


_CALL = re.compile(r"\{\{[ \t\n]*(?:template:)?([^|{}\[\]\n<#]{1,60})", re.IGNORECASE)
