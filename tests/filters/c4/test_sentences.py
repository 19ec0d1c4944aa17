"""Sentences as punkt's English model counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.c4.rules import _has_sentences
from filters.c4.sentences import _splitter, count_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        (" \n ", 0),
        ("no mark at all", 1),
        ("The ferry left. Nobody waved.", 2),
        ("Dr. Lund met Prof. Berg at 5 p.m. on the pier.", 1),
        ("They work for Acme Inc. The pay is good.", 2),
        ("They work for Acme Inc. and live nearby.", 1),
        ("Initials such as J. R. R. Holm do not end a sentence.", 1),
        ('"The ferry left." "Nobody waved."', 2),
        ("(The ferry left.) Nobody waved.", 2),
        ("The ferry left.\nNobody waved.", 2),
        ('He called it "late"\nand left.', 1),
        ("It left at 7.30 and cost 3.5 crowns.", 1),
        ("Late again!!!", 2),
    ],
)
def test_count(text: str, sentences: int) -> None:
    assert count_sentences(text, at_most=10) == sentences


@pytest.mark.parametrize(("at_most", "counted"), [(0, 0), (1, 1), (3, 3), (4, 4), (5, 4)])
def test_counting_stops(at_most: int, counted: int) -> None:
    assert count_sentences("One is here. Two is here. Three is here. Four is here.", at_most=at_most) == counted


def test_unknown_words_are_not_remembered() -> None:
    known = _splitter()._params.ortho_context
    before = len(known)
    assert before > 20_000
    assert count_sentences("Qwzzk. Xyrrt abides. Plugh etc. Vbnmq.", at_most=10) > 1
    assert len(known) == before


SENTENCES = st.sampled_from(["The ferry left.", "Dr. Lund waved at us!", "Who knows why?", 'He said "no"', "Late!!!"])
LINES = st.lists(st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join), max_size=4)


@given(LINES, st.integers(-1, 12))
def test_asking_for_so_many_is_counting_all(lines: list[str], at_least: int) -> None:
    """C4's shortcut (no line has less than one sentence, and counting may stop) against the sum over all lines."""
    assert _has_sentences(lines, at_least) == (sum(count_sentences(line, at_most=99) for line in lines) >= at_least)
