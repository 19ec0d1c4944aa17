"""Macro expansion: each way to define, scope and order as TeX has them, faults that cost only themselves, bombs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document
from corpus.readers.arxiv.project import LatexProject
from filters.arxiv.comments import remove_comments
from filters.arxiv.inputs import split_filecontents
from filters.arxiv.paper import drop_comments, expand_macros

sys.path.insert(0, str(Path(__file__).parent))
from golden import read_cases

CASES = read_cases("expansion.txt")
BUDGET: dict[str, Any] = {
    "packages": "plain",
    "call_chars": 1_000_000,
    "paper_chars": 2_000_000,
    "paper_chars_per_char": 10,
}


def paper(text: str, **files: str) -> Document:
    return Document(
        "arxiv:x", text, "arxiv", payload=LatexProject({f"{stem}.tex": text for stem, text in files.items()})
    )


def expand(text: str, **budget: Any) -> Document:
    return expand_macros(paper(text), **{**BUDGET, **budget}).document


@pytest.mark.parametrize("name", CASES)
def test_expansion(name: str) -> None:
    source, expected = CASES[name]
    assert expand(remove_comments(source)).text == expected


@pytest.mark.parametrize("name", [name for name, (source, _) in CASES.items() if "filecontents" in source])
def test_files_of_the_project_read_as_filecontents_do(name: str) -> None:
    source, expected = CASES[name]
    files, main = split_filecontents(source)
    assert files
    document = drop_comments(paper(main)._replace(payload=LatexProject(files))).document
    assert "filecontents" not in document.text
    assert expand_macros(document, **BUDGET).document == paper("")._replace(text=expected, payload=None)


def test_an_authors_own_file_stands_before_one_that_was_sent() -> None:
    written = "\\begin{filecontents*}{a.tex}\nwritten\n\\end{filecontents*}\n"
    assert expand_macros(paper("\\input{a} \\input{b}", a="sent\n", b="b\n"), **BUDGET).document.text == "sent\n b"
    assert expand_macros(paper(written + "\\input{a}", a="sent\n"), **BUDGET).document.text == "written"


def test_an_argument_ends_in_the_file_in_which_it_began() -> None:
    defined = r"\def\a#1;{<#1>}\newcommand{\c}{\a c}"
    for read, text in {r"\a x": "\\a x\ny; z", r"\c x": "\\a cx\ny; z", r"\c x;": "<cx>\ny; z"}.items():
        assert expand_macros(paper(defined + r"\input{one}y; z", one=read + "\n"), **BUDGET).document.text == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"\InputIfFileExists{one}{yes}{no}b", "yesONE\nb"),
        (r"\IfFileExists{one}{yes}{no}b", "yesb"),
        (r"\InputIfFileExists{two}{yes}{no}b", r"\InputIfFileExists{two}{yes}{no}b"),
        (r"\IfFileExists{two}{yes}{no}b", r"\IfFileExists{two}{yes}{no}b"),
    ],
)
def test_whether_a_file_exists(source: str, text: str) -> None:
    assert expand_macros(paper(source, one="ONE\n"), **BUDGET).document.text == text


def test_what_one_file_makes_verbatim_is_verbatim_in_all() -> None:
    declared = r"\DefineVerbatimEnvironment{code}{Verbatim}{}"
    main = r"\newcommand{\a}{A}\input{one}\begin{code}\a\end{code}\a"
    assert expand_macros(paper(main, one=declared), **BUDGET).document.text == declared + r"\begin{code}\a\end{code}A"


@pytest.mark.parametrize(("chars", "calls"), [(155, 2), (154, 1)])
def test_the_characters_of_every_file_make_the_papers_budget(chars: int, calls: int) -> None:
    main = r"\newcommand{\a}{" + "x" * 60 + r"}\a,\a,\a"  # a definition costs 100, a call 70
    assert len(main) == 85
    document = paper(main, other="y" * chars)
    spent = expand_macros(document, **{**BUDGET, "paper_chars": 0, "paper_chars_per_char": 1}).document.text
    assert spent == ",".join(["x" * 60] * calls + [r"\a"] * (3 - calls))


BOMBS = {
    "a macro that calls itself": (r"\def\a{\a}\a b", r"\a b", r"\a"),
    "and doubles": (r"\def\a{\a\a}\a b", r"\a b", r"\a"),
    "and grows its argument": (r"\def\a#1{\a{#1#1}}\a{x} b", r"\a{x} b", r"\a"),
    "and nests": (r"\def\a{\a x}\a b", r"\a b", r"\a"),
    "exponential": (
        "".join(
            rf"\def\{x}{{\{y}\{y}}}" for x, y in zip("abcdefghijklmnopqrstuvw", "bcdefghijklmnopqrstuvwx", strict=True)
        )
        + r"\a",
        r"\a",
        r"\a",
    ),
    "an environment that begins itself": (
        r"\newenvironment{e}{\begin{e}}{}\begin{e}b",
        r"\begin{e}b",
        r"\begin{e}",
    ),
    "by name": (r"\def\a{\csname a\endcsname}\a b", r"\a b", r"\a"),
    "in edef": (r"\def\a{\edef\b{\a}}\a b", r"\a b", r"\a"),
    "many in a row": (r"\expandafter" * 5000 + "a", r"\expandafter" * 5000 + "a", r"\expandafter"),
    "a condition without end": (
        r"\ifthenelse{" + r"\not" * 5000 + "}{}{}",
        r"\ifthenelse{" + r"\not" * 5000 + "}{}{}",
        r"\ifthenelse",
    ),
    "a loop without end": (r"\whiledo{1=1}{x}b", r"\whiledo{1=1}{x}b", r"\whiledo"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_stays_as_it_stands_and_is_said(name: str) -> None:
    source, text, unexpanded = BOMBS[name]
    document = expand(source)
    assert (document.text, dict(document.meta)) == (text, {"unexpanded": unexpanded})


def test_a_bomb_costs_only_itself() -> None:
    assert expand(r"\def\a{\a}\newcommand{\b}{B}\a \b\a").text == r"\a B\a"


def test_both_sides_of_a_calls_budget() -> None:
    source = r"\newcommand{\a}[1]{#1" + "x" * 159 + r"}\a{x}"
    spent = 203  # the argument in its braces, the body filled in, and what a call costs
    assert expand(source, call_chars=spent).text == "x" * 160
    assert expand(source, call_chars=spent - 1).text == r"\a{x}"


def test_after_the_papers_budget_the_rest_stays() -> None:
    source = r"\newcommand{\a}{" + "x" * 60 + r"}\a,\a,\a"
    document = expand(source, paper_chars=240, paper_chars_per_char=0)  # a definition and two calls
    assert document.text == "x" * 60 + "," + "x" * 60 + r",\a"


LEAST_BUDGETS = {
    "a call without its argument": (r"\newcommand{\a}[1]{x}\a", "", 100, r"\a"),
    "a call": (r"\newcommand{\a}[1]{x}b\a b", "", 161, "bx"),
    "an environment without its argument": (r"\newenvironment{w}[1]{x}{y}\begin{w}", "", 125, r"\begin{w}"),
    "an environment": (r"\newenvironment{w}[1]{x}{y}\begin{w}{b}\end{w}", "", 210, "{xy}"),
    "a file": (r"\input{other}", "y" * 700, 1100, "y" * 700),
}


@pytest.mark.parametrize("name", LEAST_BUDGETS)
def test_both_sides_of_a_papers_budget(name: str) -> None:
    source, other, chars, expected = LEAST_BUDGETS[name]
    budgets = ({**BUDGET, "paper_chars": most, "paper_chars_per_char": 0} for most in (chars, chars - 1))
    enough, short = (expand_macros(paper(source, other=other), **budget).document.text for budget in budgets)
    assert enough == expected != short


def test_many_bombs_share_one_budget() -> None:
    bombs = "".join(rf"\def\x{chr(97 + at)}{{\x{chr(97 + at)}}}\x{chr(97 + at)} " for at in range(26))
    assert expand(bombs).text.count("\\x") >= 26


PACKAGE = r"""\ProvidesPackage{own}
\newcommand{\fun}[1]{\mathsf{#1}}
\newcommand{\own@inner}{i}
\newcommand{\outer}{\own@inner}
\def\small{tiny}
\renewcommand{\cite}[1]{#1}
\newenvironment{note}{\begin{quote}}{\end{quote}}
"""
USE = r"\usepackage[a]{own,amsmath}\fun{f} \outer\small\cite{x}\begin{note}n\end{note}"


def test_the_plain_macros_of_a_papers_own_package() -> None:
    expected = r"\usepackage[a]{own,amsmath}\mathsf{f} \outer\small\cite{x}\begin{quote}n\end{quote}"
    document = paper(USE)._replace(payload=LatexProject({"own.sty": PACKAGE}))
    assert expand_macros(document, **BUDGET).document.text == expected
    assert expand_macros(document, **{**BUDGET, "packages": "none"}).document.text == USE
