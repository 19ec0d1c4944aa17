"""HTML of whole pages -> title and text."""

from __future__ import annotations

import pytest

from corpus.document import Document
from filters.web.webpage import html_to_text, text_of_page

ARTICLE = (
    "<html><head><title> Rye\n bread </title><style>p{}</style><script>alert('x')</script></head><body>"
    "<nav><ul><li><a href='/'>Start</a></li><li><a href='/b'>Bread</a></li></ul></nav>"
    "<main><article><h1>Rye bread</h1><p>Flour, <b>water</b> and salt.</p><!-- later -->"
    "<p>It rises over night in a wooden trough, longer when the kitchen is cold.</p>"
    "<ul><li>flour</li><li>water</li></ul><pre>a = 1\n  b = 2</pre></article></main>"
    "<footer>Written by hand</footer></body></html>"
)


def test_all_visible_text_after_the_title() -> None:
    assert [line for line in text_of_page(ARTICLE, main_content=False).split("\n") if line] == [
        "Rye bread", "  Start", "  Bread", "Rye bread", "Flour, water and salt.",
        "It rises over night in a wooden trough, longer when the kitchen is cold.",
        "  flour", "  water", "a = 1", "  b = 2", "Written by hand",
    ]  # fmt: skip


def test_main_content_leaves_menu_and_footer_out() -> None:
    text = text_of_page(ARTICLE, main_content=True)
    assert "Flour, water and salt." in text
    assert "Start" not in text
    assert "Written by hand" not in text


@pytest.mark.parametrize("media", ["text/plain", ""], ids=["plain", "unknown"])
def test_what_came_as_text_passes_unchanged(media: str) -> None:
    document = Document("web:1", ARTICLE, "web", {"content_type": media} if media else {})
    assert html_to_text(document, main_content=False).document is document


@pytest.mark.parametrize(
    "html",
    ["", "<", "<p>&#xD800;&#0;</p>", "<div>" * 20_000 + "deep", "<title>" * 500, "\0" * 1000, "<p" + " a=1" * 9999],
    ids=["empty", "angle", "bad references", "nested", "titles", "nuls", "attributes"],
)
def test_broken_html_gives_text_that_can_be_written(html: str) -> None:
    document = Document("web:1", html, "web", {"content_type": "text/html"})
    outcome = html_to_text(document, main_content=False)
    assert outcome.kept
    outcome.document.text.encode()
