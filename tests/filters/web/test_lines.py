"""Lines of a web page: title, length and keys."""

from __future__ import annotations

import json
from hashlib import sha1
from pathlib import Path

import numpy as np
import pytest

from corpus.document import Document
from filters.web.ccnet_text import stripped_lines
from filters.web.lines import chars, line_keys, title_apart

GOLDEN = Path(__file__).parents[2] / "golden" / "web"
CASES = json.loads((GOLDEN / "line_keys.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_key_is_the_first_8_bytes_of_sha1_of_the_compared_line(case: dict[str, str]) -> None:
    expected = int.from_bytes(sha1(case["compared"].encode()).digest()[:8], "little")
    assert line_keys(stripped_lines(case["line"])).tolist() == [expected]


def test_known_keys() -> None:
    keys = line_keys("\nThe quick brown fox")
    assert keys.dtype == np.uint64
    assert [f"{key:016x}" for key in keys.tolist()] == ["0d4b6b5eeea339da", "be315223a71fd7ce"]


def test_one_key_a_line_the_empty_ones_too() -> None:
    keys = line_keys(stripped_lines("a\n\nA\n a1\nA2\n"))
    assert len(keys) == 6
    assert keys[0] == keys[2] != keys[1] == keys[5]
    assert keys[3] == keys[4]


@pytest.mark.parametrize("text", ["\ud800", "a\ud800b\nc"], ids=["alone", "inside"])
def test_lone_surrogates_have_keys_of_their_own(text: str) -> None:
    assert len(set(line_keys(text).tolist())) == text.count("\n") + 1
    assert line_keys(text)[0] != line_keys(text.replace("\ud800", "\ud801"))[0]


def told(text: str) -> tuple[str, str]:
    document = title_apart(Document("web:1", text, "web", {"url": "u"})).document
    assert document.meta["url"] == "u"
    return document.meta.get("title", ""), document.text


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("Title\nfirst\nsecond\n", "Title", "first\nsecond"),
        (" Title \n  first\t\n\n second ", "Title", "first\n\nsecond"),
        ("Title\n", "Title", ""),
        ("Title", "Title", ""),
        ("\nfirst", "", "first"),
        ("", "", ""),
        ("Title\nfirst\n\n", "Title", "first\n"),
    ],
    ids=["plain", "stripped", "only a title", "no newline", "no title", "empty", "an empty last line"],
)
def test_title_apart(text: str, title: str, rest: str) -> None:
    assert told(text) == (title, rest)


def test_chars_counts_characters_not_bytes() -> None:
    assert chars("né\n") == 3
