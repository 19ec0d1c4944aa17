"""From the first section to the end, without the bibliography: the text, and what is said of the rest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document, Outcome
from filters.arxiv.paper import keep_text

sys.path.insert(0, str(Path(__file__).parent))
from golden import read_cases

CASES = read_cases("text.txt")


def kept(text: str, **choices: Any) -> Outcome:
    recipe = {
        "section_commands": ("part", "chapter", "section"),
        "bibliography_titles": ("references", "bibliography"),
        "no_section": "keep",
    }
    return keep_text(Document("arxiv:x", text, "arxiv"), **{**recipe, **choices})


@pytest.mark.parametrize("name", CASES)
def test_text(name: str) -> None:
    source, expected = CASES[name]
    assert kept(source).document.text == expected + "\n"


TALLIES = {
    "a section": ("Front\nmatter \\section{A} b", "section", {"before_first_section": (2, 13)}),
    "nothing before it": ("\\section{A} b", "section", {}),
    "a title": (
        "\\begin{document}\\maketitle Two words.",
        "title",
        {"before_text_without_section": (1, 26)},
    ),
    "a document": ("x\\begin{document}Two words.", "document", {"before_text_without_section": (1, 17)}),
    "a file": ("Two words.", "file", {}),
    "a bibliography and an end": (
        "\\section{A}\n\\bibliography{x}\n\\end{document}\n",
        "section",
        {"bibliography": (1, 16), "after_end": (2, 15)},
    ),
}


@pytest.mark.parametrize("name", TALLIES)
def test_what_goes_is_tallied(name: str) -> None:
    text, starts_at, lines = TALLIES[name]
    outcome = kept(text)
    assert (outcome.document.meta["starts_at"], dict(outcome.lines), outcome.reason) == (starts_at, lines, "")


def test_a_paper_without_a_section_can_be_dropped() -> None:
    text = "\\begin{document}\\maketitle Two words."
    assert kept(text, no_section="drop").reason == "no_section"
    assert kept(text, no_section="keep").reason == ""
    assert kept(text + "\\section{A}", no_section="drop").reason == ""


def test_lower_headings_are_sections_where_the_recipe_says_so() -> None:
    text = "Front. \\subsection{A} One \\section{B} Two"
    assert kept(text).document.text == "\\section{B} Two\n"
    assert (
        kept(text, section_commands=("section", "subsection")).document.text == "\\subsection{A} One \\section{B} Two\n"
    )


@pytest.mark.parametrize(("title", "lower"), [("part", "chapter"), ("chapter", "section"), ("section", "subsection")])
def test_a_bibliography_ends_at_the_next_heading_as_high(title: str, lower: str) -> None:
    text = rf"\section{{A}} a \{title}{{References}} b \{lower}{{B}} c \{title}{{C}} d"
    assert kept(text).document.text == rf"\section{{A}} a \{title}{{C}} d" + "\n"


def test_a_paper_with_no_text_is_dropped() -> None:
    assert kept("\\begin{document}\\bibliography{x}\\end{document}").reason == "no_text"
