"""Whole pages: golden articles in 20 languages, the budget, what is kept when there is nothing but a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.document import KEPT, Document
from corpus.readers.wikipedia.names import WikiNames
from filters.wikipedia.page import clean_page, is_disambiguation, plain_text
from filters.wikipedia.residue import residue
from filters.wikipedia.scan import TooMuchMarkupError

GOLDEN = Path(__file__).parents[2] / "golden" / "wikipedia"
LANGUAGES = sorted(path.stem for path in GOLDEN.glob("*.wikitext"))
LIMITS: dict[str, Any] = {
    "page_chars": 1000, "nesting": 5, "marks": 60, "sections_dropped": ("references", "links"), "link_note_chars": 40,
    "disambiguation": "drop",
}  # fmt: skip


def text_of(wikitext: str, language: str = "en", **settings: Any) -> str:
    given = {"nesting": 100, "marks": 10_000, "sections_dropped": ("references", "links"), "link_note_chars": 40}
    return plain_text(wikitext, language=language, title="Linden Bridge", **{**given, **settings})


NO_NAMES = WikiNames()


def article(text: str, names: WikiNames = NO_NAMES) -> Document:
    meta = {"language": "en", "title": "Linden Bridge"}
    return Document("wikipedia:en/1", text, "wikipedia", meta, payload=names)


def test_there_is_a_golden_article_for_each_language() -> None:
    assert " ".join(LANGUAGES) == "bg ca cs da de en es fr hr hu it nl pl pt ro ru sl sr sv uk"


@pytest.mark.parametrize("language", LANGUAGES)
def test_golden_article(language: str) -> None:
    wikitext = (GOLDEN / f"{language}.wikitext").read_text(encoding="utf-8")
    expected = (GOLDEN / f"{language}.txt").read_text(encoding="utf-8").removesuffix("\n")
    assert text_of(wikitext, language) == expected


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])  # the English one has TeX braces
def test_golden_article_holds_no_markup(language: str) -> None:
    assert residue((GOLDEN / f"{language}.txt").read_text(encoding="utf-8")) == {}


def test_a_page_of_nothing_but_a_table_is_its_rows() -> None:
    table = '{| class="x"\n|+ Spans\n! Span !! Length\n|-\n| 1 || [[metre|90 m]]\n|- style="x"\n| colspan=2 | none\n|}'
    assert text_of(table) == "Spans\n\nSpan, Length\n\n1, 90 m\n\nnone"


def test_a_page_of_nothing_but_a_picture_is_its_caption() -> None:
    assert text_of("[[File:A.jpg|right|200px|thumb|The [[bridge]] in snow]]\n[[Category:A b]]") == "The bridge in snow"
    assert text_of("[[File:A b.jpg|right|200px|thumb]] [[File:A b.jpg]]") == ""


def test_a_table_beside_prose_goes() -> None:
    assert text_of("Nine spans.\n{|\n! Span\n|-\n| 1\n|}\nAll of stone.") == "Nine spans.\n\nAll of stone."


def test_the_wikis_own_names_for_files_and_categories_go() -> None:
    wikitext = "[[Attēls:A|thumb|x]]Text.[[Kateguorijom:B]]"
    assert text_of(wikitext, "ltg", category_names=("kateguorijom",)) == "Text."
    assert text_of(wikitext, "ltg") == "Text.Kateguorijom:B"


def test_a_page_over_its_marks_or_nesting_is_refused() -> None:
    text_of("{{nowrap|" * 5 + "x" + "}}" * 5, nesting=5, marks=10)
    with pytest.raises(TooMuchMarkupError, match="nested_too_deep"):
        text_of("{{nowrap|" * 6 + "x" + "}}" * 6, nesting=5, marks=12)
    with pytest.raises(TooMuchMarkupError, match="too_much_markup"):
        text_of("{{nowrap|" * 5 + "x" + "}}" * 5, nesting=5, marks=9)


OUTCOMES = {
    "kept": ("The '''bridge'''.", KEPT, "The bridge."),
    "at the longest": ("a" * 1000, KEPT, "a" * 1000),
    "over the longest": ("a" * 1001, "page_too_long", "a" * 1001),
    "at the deepest": ("{{nowrap|" * 5 + "x" + "}}" * 5, KEPT, "x"),
    "too deep": ("{{nowrap|" * 6 + "x" + "}}" * 6, "nested_too_deep", "{{nowrap|" * 6 + "x" + "}}" * 6),
    "at the most marks": ("x" + "[[:a]]" * 30, KEPT, "x" + "a" * 30),
    "too many marks": ("x" + "[[:a]]" * 31, "too_much_markup", "x" + "[[:a]]" * 31),
    "only a picture": ("[[File:A.jpg|thumb|A]]", "no_text", "[[File:A.jpg|thumb|A]]"),
    "names apart": ("A:\n* b\n{{disambiguation}}", "disambiguation", "A:\n* b\n{{disambiguation}}"),
}


@pytest.mark.parametrize(("text", "reason", "left"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_outcome(text: str, reason: str, left: str) -> None:
    outcome = clean_page(article(text), **LIMITS)
    assert (outcome.reason, outcome.document.text) == (reason, left)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (WikiNames(files=frozenset({"spēja", "media"})), "x"),
        (WikiNames(categories=frozenset({"spēja"})), "x"),
        (WikiNames(frozenset({"plik"}), frozenset({"kategoria"})), "x Spēja:A"),
    ],
    ids=["files", "categories", "another wiki's"],
)
def test_names_of_the_dump_are_used_and_not_handed_on(names: WikiNames, text: str) -> None:
    (document, reason, *_rest) = clean_page(article("x [[Spēja:A]]", names), **LIMITS)
    assert (document, reason) == (article(text)._replace(payload=None), KEPT)


def test_disambiguation_pages_can_be_kept() -> None:
    page = article("'''A''' may be:\n* b\n{{disambiguation}}")
    assert clean_page(page, **{**LIMITS, "disambiguation": "keep"}).document.text == "A may be:\n\n- b"


@pytest.mark.parametrize(
    "call",
    ["{{Disambig}}", "{{homonymie}}", "{{Begriffsklärung}}", "{{dp}}", "{{Razločitev}}", "{{неоднозначность}}",
     "__DISAMBIG__", "{{hndis|Smith, John}}", "{{ Вишезначна одредница }}", "{{razdvojba}}", "{{egyért}}",
     "{{flertydig}}", "{{förgrening}}"],
)  # fmt: skip
def test_disambiguation_is_known_by_its_template(call: str) -> None:
    assert is_disambiguation(f"text\n{call}\n")


@pytest.mark.parametrize("call", ["{{other uses}}", "{{значения}}", "{{olika betydelser}}", "[[disambiguation]]"])
def test_a_note_to_a_disambiguation_page_is_none(call: str) -> None:
    assert not is_disambiguation(f"{call}\ntext")


HOSTILE = {
    "unclosed templates": "{{a|" * 40,
    "unclosed links": "[[a|" * 40,
    "unclosed tags": "<ref>" * 2000,
    "unclosed comments": "<!-- a\n" * 2000,
    "external links": "[http://a b " * 2000,
    "quotes": "'''''a'' " * 2000,
    "one long line of templates": "{{x}} " * 2000,
    "closers alone": "}} ]] |} " * 1000,
    "crossed": "[[a {{b ]] c}} " * 1000,
    "tables in a line": "x {| y |} " * 1000,
    "html tables": "<table>" * 2000,
    "double entities": "&amp;lt;ref&amp;gt; &lt;ref&gt; &#91;&#91;a&#93;&#93;" * 1000,
    "headings": "== a ==\n" * 2000,
    "list marks": ":*#;" * 3000,
}


@pytest.mark.parametrize("wikitext", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_leaves_no_markup(wikitext: str) -> None:
    assert residue(text_of(wikitext, marks=100_000)) == {}
