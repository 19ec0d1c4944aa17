"""Headings, paragraphs and lists; sections that go."""

from __future__ import annotations

import pytest

from filters.wikipedia.blocks import text_of

CASES = {
    "paragraphs": ("a\nb\n\nc\n\n\nd", "a b\n\nc\n\nd"),
    "a list": ("a\n* b\n** c\n*** d\n* e\nf", "a\n\n- b\n  - c\n    - d\n- e\n\nf"),
    "numbers": ("# a\n# b\n## c\n## d\n# e\n\n# f", "1. a\n2. b\n  1. c\n  2. d\n3. e\n1. f"),
    "numbers go on after deeper dashes": ("# a\n#* b\n# c", "1. a\n  - b\n2. c"),
    "terms and what they mean": ("; a\n: b\n:: c", "a\n\nb\n\nc"),
    "a dash in a definition": (":* a", "- a"),
    "an empty item": ("* \n* a", "- a"),
    "headings": ("== a ==\nb\n=== c ===\nd", "a\n\nb\n\nc\n\nd"),
    "a heading with nothing below": ("a\n== b ==\n== c ==\nd\n== e ==", "a\n\nc\n\nd"),
    "nothing below but a lower heading": ("== a ==\n=== b ===\nc", "a\n\nb\n\nc"),
    "nothing below its lower heading either": ("== a ==\n=== b ===\n== c ==\nd", "c\n\nd"),
    "a heading of unequal signs": ("=== a ==\nb", "= a\n\nb"),
    "a heading of seven signs": ("======= a =======\nb", "= a =\n\nb"),
    "a heading of six signs": ("====== a ======\nb", "a\n\nb"),
    "a heading of signs alone": ("====\nb", "b"),
    "not a heading": ("a == b\n= c", "a == b = c"),
    "lines that begin with a space": ("a\n if b:\n     c\n d\ne", "a\n\nif b:\n    c\nd\n\ne"),
    "a rule": ("a\n----\nb", "a\n\nb"),
    "rows of a table not closed": ("{| class=x\n|-\n| a || b\n! c !! d\ne\n|}", "e"),
    "a broken line": ("a\x02b", "a\nb"),
    "a line of signs": ("a\n* —\n(,)\nb", "a\n\nb"),
    "references go": ("a\n== References ==\nb\n=== c ===\nd\n== e ==\nf", "a\n\ne\n\nf"),
    "localised, with a colon": ("a\n== Einzelnachweise: ==\nb", "a"),
    "a bare entry of a section of links": ("a\n== External links ==\n* \x03b\x04 c", "a"),
    "an entry that says something": ("== Weblinks ==\n* \x03b\x04 what one finds", "Weblinks\n\n- b what one finds"),
    "an entry without a link": ("== Weblinks ==\n* b", "Weblinks\n\n- b"),
    "literature stays": ("== Literatur ==\n* b", "Literatur\n\n- b"),
}


@pytest.mark.parametrize(("wikitext", "expected"), CASES.values(), ids=CASES.keys())
def test_text(wikitext: str, expected: str) -> None:
    assert text_of(wikitext, ("references", "links"), 10) == expected


def test_sections_that_go_are_a_choice() -> None:
    page = "a\n== Notes ==\nb\n== Weblinks ==\n* \x03c\x04\n== Literatur ==\n* d"
    assert text_of(page, (), 10) == "a\n\nNotes\n\nb\n\nWeblinks\n\n- c\n\nLiteratur\n\n- d"
    assert text_of(page, ("literature",), 10) == "a\n\nNotes\n\nb\n\nWeblinks\n\n- c"
