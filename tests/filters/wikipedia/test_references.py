"""The pages that an article cites."""

from __future__ import annotations

import pytest

from filters.wikipedia.references import references

CASES = {
    "a link in a reference": ("a<ref>[http://a.org/b c]</ref>", ["http://a.org/b"]),
    "a bare one": ("a<ref>see https://a.org/b.</ref>", ["https://a.org/b"]),
    "a template in a reference": ("<ref name=x>{{any|url=http://a.org/b?c=d&e=f|title=g}}</ref>", ["http://a.org/b?c=d&e=f"]),
    "a citation outside": ("{{cite web|url=http://a.org|title=b}}", ["http://a.org"]),
    "citations of other wikis": (
        "{{Internetquelle|url=http://a.de}} {{Lien web|url=http://a.fr}} {{статья|ссылка=http://a.ru}}",
        ["http://a.de", "http://a.fr", "http://a.ru"],
    ),
    "no scheme": ("<ref>[//a.org/b]</ref>", ["https://a.org/b"]),
    "each once, in order": ("<ref>http://b.org</ref><ref>http://a.org</ref><ref>http://b.org</ref>", ["http://b.org", "http://a.org"]),
    "not outside": ("[http://a.org b] {{Infobox|url=http://c.org}}", []),
    "not in a comment": ("<!-- <ref>http://a.org</ref> -->", []),
    "in a comment behind an end": ("x--><!-- <ref>http://a.org</ref> -->", []),
    "after a comment, and in one that never ends": ("<!-- a --><ref>http://b.org</ref><!-- c", ["http://b.org"]),
    "a reference that points back": ('<ref name="x" /> http://a.org <ref>http://b.org</ref>', ["http://b.org"]),
    "an unclosed one ends at the next": ("<ref>http://a.org <ref>http://b.org</ref> http://c.org", ["http://a.org", "http://b.org"]),
    "an entity": ("<ref>http://a.org/?b&amp;c</ref>", ["http://a.org/?b&c"]),
    "brackets of its own": ("<ref>(http://a.org/b_(c))</ref>", ["http://a.org/b_(c)"]),
    "italics after it": ("<ref>''http://a.org/b''</ref>", ["http://a.org/b"]),
    "no host": ("<ref>http://localhost</ref>", []),
}  # fmt: skip


@pytest.mark.parametrize(("wikitext", "expected"), CASES.values(), ids=CASES.keys())
def test_references(wikitext: str, expected: list[str]) -> None:
    assert references(wikitext) == expected
