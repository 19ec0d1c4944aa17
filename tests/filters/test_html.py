"""What a reader sees of a piece of HTML."""

from pathlib import Path

import pytest

from filters.html import text_of_html

GOLDEN = Path(__file__).parent.parent / "golden" / "stackexchange"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.html")), ids=lambda path: path.stem)
def test_golden(path: Path):
    assert text_of_html(path.read_text()) + "\n" == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize(
    ("html", "text"),
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
def test_text_of_html(html, text):
    assert text_of_html(html) == text


@pytest.mark.parametrize("tag", ["div", "ul", "blockquote"])
def test_depth_is_no_danger(tag):
    assert text_of_html(f"<{tag}>" * 50_000 + "x").strip().endswith("x")
