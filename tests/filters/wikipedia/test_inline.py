"""Markup inside a line."""

from __future__ import annotations

import pytest

from filters.wikipedia.aside import GONE
from filters.wikipedia.inline import LINE_BREAK, close_gaps, plain

G = GONE
PLAIN = {
    "bold unbalanced alone": ("''x'' dell'''Eneide", "x dellEneide"),
    "an apostrophe after one letter": ("nell'''uno l'''altro '''c d''", "nelluno l'altro c d"),
    "an apostrophe after a longer word": ("nell'''uno '''b''' c''", "nell'uno b c"),
    "italic and bold": ("''a'' '''b''' '''''c'''''", "a b c"),
    "an apostrophe before italics": ("l'''amore'' e '''odio'''", "l'amore e odio"),
    "four quotes": ("''''a'''", "'a"),
    "six quotes": ("''''''a'''''", "'a"),
    "tags": ('<span style="x">a</span> <small>b</small> <u>c</u>', "a b c"),
    "less than is no tag": ("a < b and c > d <x>", "a < b and c > d <x>"),
    "a line break": ("a<br>b<br />c<BR clear=all>d", f"a{LINE_BREAK}b{LINE_BREAK}c{LINE_BREAK}d"),
    "superscripts": ("m<sup>2</sup> 10<sup>-6</sup> 19<sup>th</sup> x<sup>n+1</sup>", "m² 10⁻⁶ 19th xⁿ⁺¹"),
    "subscripts": ("H<sub>2</sub>O x<sub>i</sub>", "H₂O xi"),
    "an html table": ("a<table><tr><td>b<table>c</table></td></tr></table>d", "ad"),
    "an unclosed html table": ("a<table>b", "a\nb"),
    "html items": ("<ul><li>a<li>b</ul>", "\n\n* a\n* b\n"),
    "magic words": ("a__NOTOC__b __БЕЗСОДЕРЖАНИЯ__ __init__", "ab  "),
    "language variants": ("-{Берлин}- -{sr-ec:а; sr-el:b}- a-b-", "Берлин а a-b-"),
    "entities": ("a&nbsp;b &amp; &lt;c&gt; &#8211; &#x2014; &eacute; AT&T &bogus;", "a b & <c> – — é AT&T &bogus;"),
    "entities of no character": ("a&#xFFFE;b &#31;c &#x7;d", "a&#xFFFE;b &#31;c &#x7;d"),
    "invisible characters": ("a\u200bb\u00adc\ufeffd\u200ee", "abcde"),
    "wide spaces": ("a\u2009b\u202fc\u3000d", "a b c d"),
}


@pytest.mark.parametrize(("wikitext", "expected"), PLAIN.values(), ids=PLAIN.keys())
def test_plain(wikitext: str, expected: str) -> None:
    assert plain(wikitext) == expected


GAPS = {
    "no gap": ("a (b), c.", "a (b), c."),
    "before a full stop": (f"a {G}. b", "a. b"),
    "after a word": (f"a{G} b", "a b"),
    "between spaces": (f"a {G} b", "a b"),
    "inside a word": (f"a{G}b", "ab"),
    "empty brackets": (f"a ({G}) b", "a b"),
    "brackets of commas": (f"a ({G}; {G}) b", "a b"),
    "first in brackets": (f"a ({G}, b) c", "a (b) c"),
    "last in brackets": (f"a (b; {G}) c", "a (b) c"),
    "between commas": (f"a, {G}, b", "a, b"),
    "brackets that were empty before": ("f() {}", "f() {}"),
    "at the end": (f"a {G}", "a"),
}


@pytest.mark.parametrize(("line", "expected"), GAPS.values(), ids=GAPS.keys())
def test_gaps_close(line: str, expected: str) -> None:
    assert close_gaps(line) == expected
