"""A whole page of the web: HTML -> its title line and the text a reader sees, as Common Crawl's WET files have it."""

from __future__ import annotations

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from corpus.document import Document, Outcome
from corpus.readers.html_tags import bounded_html

_HTML = ("text/html", "application/xhtml+xml")


def html_to_text(document: Document, *, main_content: bool) -> Outcome:
    """A page as its title, a newline and its text; what came as text passes unchanged.

    Args:
        main_content: keep only what resiliparse takes for the page's main content, instead of all visible text.
    """
    if document.meta.get("content_type") not in _HTML:
        return Outcome(document)
    try:
        return Outcome(document._replace(text=text_of_page(document.text, main_content=main_content)))
    except (ValueError, RuntimeError) as error:
        return Outcome(document, "unparsable_html", detail=str(error))


def text_of_page(html: str, *, main_content: bool) -> str:
    """The title of a page, a newline, and its visible text: one block a line, code and lists keep their lines."""
    tree = HTMLTree.parse(bounded_html(html))
    text = extract_plain_text(
        tree, preserve_formatting=True, main_content=main_content, list_bullets=False, alt_texts=False
    )
    return f"{' '.join((tree.title or '').split())}\n{text}"
