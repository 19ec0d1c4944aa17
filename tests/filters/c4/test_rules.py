"""C4's page and line rules: every rule, both sides of every limit, text and tally exact."""

from __future__ import annotations

import json
import re
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from corpus.document import KEPT, Document, Outcome
from corpus.readers.base import InputSplit, Seen
from corpus.readers.c4 import read as c4
from filters.c4.rules import clean_page, line_keys, wet_lines, with_split
from pipelines.engine.files import open_file

GOLDEN = Path(__file__).parents[2] / "golden" / "c4" / "pages.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text("utf-8"))

RELEASED: dict[str, Any] = {
    "max_word_chars": 1000,
    "end_marks": (".", "?", "!", '"'),
    "min_line_words": 5,
    "marks_are_words": False,
    "policy_phrases": (
        "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies",
    ),
    "min_sentences": 3,
}  # fmt: skip

COUNTERS = {
    "line-filtered:too_long_word": "word_too_long",
    "line-filtered:no_endmark": "no_end_mark",
    "line-filtered:too_short": "too_few_words",
    "line-filtered:javascript": "javascript",
    "line-filtered:policy": "policy",
    "filtered:loremipsum": "lorem_ipsum",
    "filtered:squigglybracket": "curly_bracket",
    "filtered:too_few_sentences": "too_few_sentences",
    "passed": KEPT,
}
"""The released code's counter -> our reason."""


def judged(text: str, **changed: Any) -> Outcome:
    return clean_page(Document("c4:1", text, "c4"), **{**RELEASED, **changed})


def spelled_out(lines: list[str]) -> str:
    """`<999 x>` in a golden case stands for 999 letters x."""
    return re.sub(r"<(\d+) (x|word )>", lambda run: run[2] * int(run[1]), "\n".join(lines))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case: dict[str, Any]) -> None:
    outcome = judged(spelled_out(case["text"]))
    assert outcome.reason == case.get("reason", KEPT)
    assert dict(outcome.lines) == {reason: tuple(row) for reason, row in case.get("lines", {}).items()}
    if outcome.kept:
        assert outcome.document.text == spelled_out(case["kept"])
    else:
        assert case["kept"] is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_tally_is_the_released_counters(case: dict[str, Any]) -> None:
    outcome = judged(spelled_out(case["text"]))
    released = dict(case["released"])
    passed = released.pop("line-passed", 0)
    ours = {reason: lines for reason, (lines, _chars) in outcome.lines.items()} | {outcome.reason: 1}
    assert ours == {COUNTERS[counter]: n for counter, n in released.items()}
    if outcome.kept:
        assert outcome.document.text.count("\n") + 1 == passed


def test_golden_cases_meet_every_counter() -> None:
    assert {counter for case in CASES for counter in case["released"]} == {*COUNTERS, "line-passed"}


FERRY = "The ferry leaves at seven. It returns at nine. Nobody minds. We sail at noon. All aboard."


@pytest.mark.parametrize(
    ("changed", "text", "expected"),
    [
        ({"min_sentences": 5}, FERRY, KEPT),
        ({"min_sentences": 5}, FERRY.replace(" All aboard.", ""), "too_few_sentences"),
        ({"min_sentences": 0}, "", KEPT),
        ({"min_line_words": 3}, "One two three. Four five six. Seven.", KEPT),
        ({"min_line_words": 8}, "One two three. Four five six. Seven.", "too_few_sentences"),
        ({"end_marks": (".", "'")}, f"{FERRY} They said 'so'", KEPT),
        ({"policy_phrases": ("ferry",)}, FERRY, "too_few_sentences"),
        ({"max_word_chars": 7}, FERRY, KEPT),
        ({"max_word_chars": 6}, FERRY, "too_few_sentences"),
    ],
    ids=[
        "five sentences of five", "four sentences of five", "no sentence asked for", "three words", "eight words",
        "a fifth end mark", "another phrase", "longest word at the limit", "longest word above the limit",
    ],
)  # fmt: skip
def test_limits_are_the_recipe_s(changed: dict[str, Any], text: str, expected: str) -> None:
    assert judged(text, **changed).reason == expected


@pytest.mark.parametrize(("marks_are_words", "kept"), [(False, False), (True, True)])
def test_words_counted_before_or_after_citations_go(marks_are_words: bool, kept: bool) -> None:
    outcome = judged("One [1] two three four.", marks_are_words=marks_are_words, min_sentences=1)
    assert outcome.kept is kept
    if kept:
        assert outcome.document.text == "One  two three four."


def test_a_page_keeps_its_id_and_meta() -> None:
    document = Document("c4:1", FERRY, "c4", {"url": "http://ferry.example/"}, {"x": 1.0})
    assert clean_page(document, **RELEASED).document == document


def test_wet_lines_are_stripped_and_header_lines_go() -> None:
    text = "WARC of ages\r\n  Ferry times \n\n\t\rContent-Length: 1\nContent of a ferry\nCONTENT-FREE\n contents"
    assert wet_lines(text) == "Ferry times\nContent of a ferry\ncontents"


def test_wet_lines_keeps_what_only_unicode_calls_a_line_end() -> None:
    assert wet_lines("one\u2028two\x0bthree") == "one\u2028two\x0bthree"


def test_line_keys_ignore_case_and_outer_space_only() -> None:
    keys = line_keys("The Ferry.\n  the ferry. \nThe  ferry.\nThe ferry")
    assert keys[0] == keys[1]
    assert len(set(keys.tolist())) == 3
    assert int(keys[0]) == int.from_bytes(md5(b"the ferry.").digest()[:8], "little")


def test_line_keys_of_a_lone_surrogate() -> None:
    assert line_keys("\ud800").shape == (1,)


def test_with_split_leaves_the_rest_of_the_meta() -> None:
    outcome = with_split(Document("c4:1", "", "c4", {"url": "http://a.example/", "date": "2019"}), validation_one_in=1)
    assert outcome.document.meta == {"url": "http://a.example/", "date": "2019", "split": "validation"}


def test_published_pages_pass_the_rules_unchanged(shared_data: Path) -> None:
    """They went through these rules once. None of the 655 at hand is an exception; one in a hundred may be."""
    file = shared_data / "c4" / "c4-train.sample-00000.json.gz"
    outcomes = c4.read(open_file, InputSplit(0, 1, str(file)), Seen(), record_bytes=1 << 24)
    published = [outcome.document for outcome in outcomes]
    changed = [page.id for page in published if clean_page(page, **RELEASED) != Outcome(page)]
    assert len(published) == 655
    assert len(changed) <= 0.01 * len(published), changed
