"""Comments, references and verbatim text: taken aside whole, or tag by tag where they are not closed."""

from __future__ import annotations

import pytest

from filters.wikipedia.aside import GONE, put_back, take_aside

G = GONE
CASES = {
    "a comment": ("a<!-- b -->c", "ac"),
    "a comment on its own line": ("a\n<!-- b -->\nc", "a\nc"),
    "an unclosed comment": ("a<!-- b", "a b"),
    "a reference": ("a<ref>b</ref>c", f"a{G}c"),
    "a named one": ('a<ref name="x">b</ref>c', f"a{G}c"),
    "one that points back": ('a<ref name="x" />b<ref name=y/>c', f"a{G}b{G}c"),
    "an unclosed reference": ("a<ref>b. C<ref>d</ref>e", f"ab. C{G}e"),
    "an unclosed last one": ("a<ref>b. C", "ab. C"),
    "upper case": ("a<REF>b</Ref >c", f"a{G}c"),
    "a gallery": ("a\n<gallery>\nFile:x.jpg|y\n</gallery>\nb", f"a\n{G}\nb"),
    "references": ("a <references group=x>\n<ref>b</ref>\n</references>", f"a {G}"),
    "mathematics": ("<math>a\n+ {{b}}</math>!", "$a + {{b}}$!"),
    "empty mathematics": ("a<math> </math>b", "ab"),
    "nowiki": ("<nowiki>[[a]] &amp; ''b''</nowiki>", "[[a]] & ''b''"),
    "preformatted": ("a\n<pre>\n b\n  c\n</pre>\nd", "a\n\n\n b\n  c\n\n\nd"),
    "source in a line": ('a <source lang="c" inline>x|y</source> b', "a x|y b"),
    "a comment in source stays": ("<source>a <!-- b --></source>", "a <!-- b -->"),
    "a comment hides a tag": ("<!-- <ref> -->a</ref>", "a</ref>"),
    "characters XML cannot hold": ("a\x00b\x01c", "abc"),
}


@pytest.mark.parametrize(("wikitext", "expected"), CASES.values(), ids=CASES.keys())
def test_aside_and_back(wikitext: str, expected: str) -> None:
    assert put_back(*take_aside(wikitext)) == expected


def test_what_is_set_aside_hides_its_markup() -> None:
    text, kept = take_aside("<math>{{a}}</math> <nowiki>[[b]]</nowiki>")
    assert text == "\x000\x00 \x001\x00"
    assert kept == ["${{a}}$", "[[b]]"]
