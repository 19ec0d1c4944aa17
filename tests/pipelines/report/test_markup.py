"""No text of a dump can leave its place in the page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from pipelines.report.markup import Html, el, visible


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("</pre><script>alert(1)</script>", "<p>&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ('" onload="x', "<p>&quot; onload=&quot;x</p>"),
        ("&amp; &#0;", "<p>&amp;amp; &amp;#0;</p>"),
        ("a\r\nb\tc", "<p>a␍\nb\tc</p>"),
        ("\x00\x1b[31m\x85", "<p>␀␛[31m⟨U+0085⟩</p>"),
        ("\u202egnp.exe\u202c", "<p>⟨U+202E⟩gnp.exe⟨U+202C⟩</p>"),
        ("\ufffe\U0010ffff\u2028", "<p>⟨U+FFFE⟩⟨U+10FFFF⟩⟨U+2028⟩</p>"),
        ("\ud800", "<p>⟨U+D800⟩</p>"),
        ("مرحبا می\u200cخواهم", "<p>مرحبا می\u200cخواهم</p>"),
        ("Z" + "\u0301" * 300, "<p>Z" + "\u0301" * 4 + "</p>"),
    ],
    ids=["tags", "quotes", "entities", "line ends", "controls", "direction", "no characters", "surrogate",
         "Arabic script", "piled marks"],
)  # fmt: skip
def test_text_is_escaped_and_made_visible(text: str, markup: str) -> None:
    assert el("p", text) == markup


def test_attributes_are_escaped_and_named() -> None:
    made = el("td", None, ["a", el("b", "c")], class_="x", aria_label='"<>', title=None, hidden=False, open=True)
    assert made == '<td class="x" aria-label="&quot;&lt;&gt;" open>a<b>c</b></td>'


def test_markup_is_not_escaped_twice() -> None:
    assert el("p", el("i", "<")) == "<p><i>&lt;</i></p>"
    assert el("p", Html("<hr>")) == "<p><hr></p>"


def test_every_character_of_the_first_plane_stays_one_text() -> None:
    """Through a parser, the text comes back as it was made visible, whatever its characters."""
    read: list[str] = []
    parser = HTMLParser()
    parser.handle_data = read.append  # type: ignore[method-assign]
    text = "".join(map(chr, range(0x10000)))
    parser.feed(el("pre", text))
    parser.close()
    assert "".join(read) == visible(text)
    assert "\r" not in visible(text)
