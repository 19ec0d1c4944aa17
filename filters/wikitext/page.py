"""A page of wikitext to the text that its reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterable

from filters.wikitext.aside import put_back, take_aside
from filters.wikitext.blocks import text_of
from filters.wikitext.expand import Walk, expand
from filters.wikitext.inline import plain
from filters.wikitext.links import show_external_links, show_plain_links
from filters.wikitext.names import CATEGORY, FILE
from filters.wikitext.scan import spans
from filters.wikitext.templates import Page

_PARAMETER = re.compile(r"\{\{\{[^{}|]*\|?([^{}]*)\}\}\}")


def plain_text(
    wikitext: str, *, nesting: int, marks: int, language: str = "", title: str = "",
    file_names: Iterable[str] = (), category_names: Iterable[str] = (), sections_dropped: Iterable[str] = (), link_note_chars: int = 0,
) -> str:  # fmt: skip
    """The text of a page.

    Args:
        nesting: how many templates, links and tables may be open at once.
        marks: how many pairs of braces and brackets the page may have.
        language: the wiki's; it decides between templates of the same name.
        file_names: the wiki's own names for files (lower case), beside those known.
        category_names: the wiki's own names for categories, likewise.
        sections_dropped: kinds of sections that go: references, links, literature.
        link_note_chars: what an entry of a section of links must say beside its link to stay.

    Raises:
        TooMuchMarkup: the page exceeds nesting or marks.
    """
    text, kept = take_aside(wikitext)
    if "{{{" in text:
        text = _PARAMETER.sub(r"\1", text)
    text = show_plain_links(text)
    page = Page(language, title, wikitext)
    walk = Walk(text, page, FILE.union(file_names), CATEGORY.union(category_names))
    found = spans(text, nesting, marks)
    written = _written(expand(walk, found), sections_dropped, link_note_chars)
    if not written:
        written = _written(expand(walk._replace(keep_tables=True), found), (), 0)
    return put_back(written, kept)


def _written(text: str, sections_dropped: Iterable[str], link_note_chars: int) -> str:
    return text_of(plain(show_external_links(text)), sections_dropped, link_note_chars)
