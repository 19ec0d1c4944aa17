"""What a reader sees of a piece of HTML."""

from pathlib import Path

import pytest

from filters.stackexchange import html
from filters.stackexchange.html import text_of_html, texts_of_html

GOLDEN = Path(__file__).parent.parent / "golden" / "stackexchange"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.html")), ids=lambda path: path.stem)
def test_golden(path: Path):
    assert text_of_html(path.read_text()) + "\n" == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("", ""),
        ("no tags", "no tags"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("<p>&amp;lt;b&amp;gt;</p>", "&lt;b&gt;"),
        ("<p>open <b>never closed", "open never closed"),
        ("<pre><code>a\n  b\n</code></pre>", "a\n  b"),
        ("<p>x<!-- hidden --></p><style>p {}</style>", "x"),
        ("<li>&#2;7&#2;<pre>a</pre>", "  •\n    a"),
        ("<ul><li>one<pre>a</pre></li><li>two<pre>b\n c</pre></li></ul>", "  • one\n    a\n  • two\n    b\n     c"),
        ("<li><pre>never closed", "  • never closed"),
    ],
    ids=[
        "empty", "plain", "paragraphs", "entities", "entities once only", "unclosed", "code", "invisible",
        "a mark of ours in the text", "code in two items", "unclosed code in a list",
    ],
)  # fmt: skip
def test_text_of_html(page, text):
    assert text_of_html(page) == text


OPEN = ["<ul><li>a", "<blockquote>b", "<pre>c\n d", "<table><tr><td>e", "<table>f", "<!-- g", "<script>h", '<a href="i']
OTHER = ["", "<p>x</p>", "<b>y", "</ul>z", "&#30;", "<p>one</p>\n<p>two</p>", "<div hidden>w", "<ol><li>1</ol>", "v\n"]


@pytest.mark.parametrize("second", [*OPEN, *OTHER])
@pytest.mark.parametrize("first", [*OPEN, *OTHER])
def test_fragments_parsed_together_are_as_each_alone(first, second):
    fragments = [first, second, "<p>last   one\nhere</p>"]
    assert texts_of_html(fragments) == [text_of_html(fragment).strip() for fragment in fragments]


def test_fragments_that_are_whole_are_parsed_together(monkeypatch):
    parsed = []
    monkeypatch.setattr(html, "text_of_html", lambda fragment: parsed.append(fragment) or text_of_html(fragment))
    assert texts_of_html(["<p>a</p>", "", "<ul><li>b</li></ul>", "<pre>c\n d</pre>"]) == ["a", "", "• b", "c\n d"]
    assert len(parsed) == 1


@pytest.mark.parametrize("tag", ["div", "ul", "blockquote"])
def test_depth_is_no_danger(tag):
    assert text_of_html(f"<{tag}>" * 50_000 + "x").strip().endswith("x")
