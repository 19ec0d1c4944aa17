"""Macro expansion: each way to define, scope and order as TeX has them, faults that cost only themselves, bombs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document
from filters.arxiv.comments import remove_comments
from filters.arxiv.paper import expand_macros

sys.path.insert(0, str(Path(__file__).parent))
from golden import read_cases

CASES = read_cases("expansion.txt")
BUDGET: dict[str, Any] = {
    "packages": "plain",
    "call_chars": 1_000_000,
    "paper_chars": 2_000_000,
    "paper_chars_per_char": 10,
}


def expand(text: str, **budget: Any) -> Document:
    return expand_macros(Document("arxiv:x", text, "arxiv"), **{**BUDGET, **budget}).document


@pytest.mark.parametrize("name", CASES)
def test_expansion(name: str) -> None:
    source, expected = CASES[name]
    assert expand(remove_comments(source)).text == expected


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


def test_many_bombs_share_one_budget() -> None:
    bombs = "".join(rf"\def\x{chr(97 + at)}{{\x{chr(97 + at)}}}\x{chr(97 + at)} " for at in range(26))
    assert expand(bombs).text.count("\\x") >= 26


PACKAGE = r"""\begin{filecontents*}{own.sty}
\ProvidesPackage{own}
\newcommand{\fun}[1]{\mathsf{#1}}
\newcommand{\own@inner}{i}
\newcommand{\outer}{\own@inner}
\def\small{tiny}
\renewcommand{\cite}[1]{#1}
\newenvironment{note}{\begin{quote}}{\end{quote}}
\end{filecontents*}
"""
USE = r"\usepackage[a]{own,amsmath}\fun{f} \outer\small\cite{x}\begin{note}n\end{note}"


def test_the_plain_macros_of_a_papers_own_package() -> None:
    expected = r"\usepackage[a]{own,amsmath}\mathsf{f} \outer\small\cite{x}\begin{quote}n\end{quote}"
    assert expand(PACKAGE + USE).text == expected
    assert expand(PACKAGE + USE, packages="none").text == USE
