"""Groups, escapes and verbatim environments as stretches of text."""

from __future__ import annotations

import pytest

from filters.arxiv.tokens import depth_change, group_end, group_step, is_escaped, last_word
from filters.arxiv.tokens import verbatim_environments as named

GROUPS = {
    "flat": ("{a}b", 3),
    "nested": ("{a{b}{c{d}}}e", 12),
    "deeper than one pattern": ("{" * 9 + "}" * 9 + "x", 18),
    "escaped braces": (r"{a\}b\{}c", 8),
    "escaped backslash": (r"{a\\}b", 5),
    "unclosed": ("{a{b}", -1),
    "unclosed and deep": ("{" * 9 + "}" * 8, -1),
}


@pytest.mark.parametrize("name", GROUPS)
def test_where_a_group_ends(name: str) -> None:
    text, end = GROUPS[name]
    assert group_end(text, 0) == end


DEPTHS = {
    "balanced": (r"a{b\begin{x}{y}\end{x}} \bgroup x\egroup", 0),
    "open": (r"{\begin{x}\begingroup\bgroup", 4),
    "closed": (r"}\end{x}\endgroup\egroup", -4),
    "the document is no group": (r"\begin{document}{", 1),
    "escaped": (r"\{ \\{ \\\{ \\\\{ \\begin{x}", 2),
    "words that begin alike": (r"\beginning \ending", 0),
}


@pytest.mark.parametrize("name", DEPTHS)
def test_depth_change(name: str) -> None:
    text, change = DEPTHS[name]
    assert depth_change(text) == change


def test_group_step() -> None:
    tokens = ("{", r"\begin{x}", r"\end{x}", r"\begin{document}", r"\par")
    assert [group_step(token) for token in tokens] == [1, 1, -1, 0, 0]


@pytest.mark.parametrize(
    ("text", "word"), [(r"a\b", "b"), (r"\\b", ""), (r"\\\b", "b"), ("ab", ""), (r"\b ", ""), ("é", "")]
)
def test_last_word(text: str, word: str) -> None:
    assert last_word(text) == word


@pytest.mark.parametrize(("text", "escaped"), [("%", False), (r"\%", True), (r"\\%", False), (r"\\\%", True)])
def test_is_escaped(text: str, escaped: bool) -> None:
    assert is_escaped(text, len(text) - 1) is escaped


def test_verbatim_environments_of_the_author() -> None:
    text = r"""\lstnewenvironment{a}{}{} \DefineVerbatimEnvironment{b}{Verbatim}{} \newminted{c}{} \newminted[d]{c}{}
    \newenvironment{e}[1]{\small\verbatim}{\endverbatim} \newenvironment{f}{\small}{}"""
    assert named(text) - named("") == {"a", "b", "ccode", "d", "e"}
