"""cc_net's two normalisations: golden cases, and every character against the rules spelt out one by one."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.web.ccnet_text import CONTROLS, PUNCTUATION, lines_for_keys, stripped_lines, text_for_perplexity

GOLDEN = Path(__file__).parents[2] / "golden" / "web"
LINES = json.loads((GOLDEN / "line_keys.json").read_text("utf-8"))
TEXTS = json.loads((GOLDEN / "perplexity_text.json").read_text("utf-8"))
GONE = re.compile(f"[{re.escape(''.join(PUNCTUATION) + CONTROLS)}]")


def names(cases: list[dict[str, str]]) -> list[str]:
    return [case["case"] for case in cases]


def slow_line(line: str) -> str:
    """The rules for keys, a character at a time."""
    return GONE.sub("", re.sub(r"\d", "0", line.strip().lower()))


def slow_text(text: str) -> str:
    """The rules for perplexity, a character at a time."""
    bare = [c for c in unicodedata.normalize("NFD", text.strip().lower()) if unicodedata.category(c) != "Mn"]
    zeroed = (PUNCTUATION.get(c, c) for c in re.sub(r"\d", "0", "".join(bare)))
    return re.sub(f"[{re.escape(CONTROLS)}]", "", "".join(zeroed))


@pytest.mark.parametrize("case", LINES, ids=names(LINES))
def test_lines_are_compared_as_cc_net_compares_them(case: dict[str, str]) -> None:
    assert lines_for_keys(stripped_lines(case["line"])) == [case["compared"].encode()]


@pytest.mark.parametrize("case", TEXTS, ids=names(TEXTS))
def test_text_is_scored_as_cc_net_scores_it(case: dict[str, str]) -> None:
    assert text_for_perplexity(case["text"]) == case["normal"]


def test_there_are_34_marks_and_65_controls() -> None:
    assert (len(PUNCTUATION), len(CONTROLS)) == (34, 65)


def test_lines_end_at_newlines_alone() -> None:
    assert lines_for_keys("a\r\nb\u2028c\x0bd\n") == [b"a", "b\u2028cd".encode(), b""]


def moves(char: str) -> bool:
    """Whether NFD may move a character that stays: 25 combining marks that are not of category Mn."""
    return unicodedata.combining(char) != 0 and unicodedata.category(char) != "Mn"


EVERYTHING = [
    chr(n) for n in range(0x2F800) if not 0xD800 <= n < 0xE000 and not moves(unicodedata.normalize("NFD", chr(n))[-1])
]


def test_every_character_agrees_with_the_rules_spelt_out() -> None:
    stretches = ["".join(EVERYTHING[at : at + 30]).replace("\n", "") for at in range(0, len(EVERYTHING), 30)]
    assert lines_for_keys(stripped_lines("\n".join(stretches))) == [
        slow_line(stretch).encode() for stretch in stretches
    ]
    assert [text_for_perplexity(stretch) for stretch in stretches] == [slow_text(stretch) for stretch in stretches]


def test_mixed_text_agrees_with_the_rules_spelt_out() -> None:
    dice = Random(7)
    common = list("abc XYZ 019.,\n") * 40 + list(PUNCTUATION) + ["İ", "Σ", "é", "\u0301", "ა", "가", "٣"]
    for _ in range(3000):
        text = "".join(dice.choices(common + EVERYTHING[:0x3000], k=dice.randrange(60)))
        assert lines_for_keys(stripped_lines(text)) == [slow_line(line).encode() for line in text.split("\n")]
        assert text_for_perplexity(text) == slow_text(text)


@given(st.text("ab\n \t\r\x0b\x0c\x1c\x1f\x85\xa0\u2009\u3000\u200b", max_size=12))
def test_stripped_lines_strip_as_python_does(text: str) -> None:
    assert stripped_lines(text) == "\n".join(line.strip() for line in text.split("\n"))
