"""A user's list of words that drop a page."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from corpus.errors import ModelError
from filters.c4.badwords import BadWords

LISTED = ["grumph", "Blorp", "two left feet", "q&a!", "🐌", "x-ray", ""]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What a grumph he is.", True),
        ("GRUMPH", True),
        ("(grumph)", True),
        ("grumphs are grumphy", False),
        ("grumph_er", False),
        ("grümph", False),
        ("blorp", False),
        ("he has two left feet.", True),
        ("he has two left  feet", False),
        ("twotwo left feet", False),
        ("the q&a!", True),
        ("the q&a!s", False),
        ("a 🐌 on the wall", True),
        ("a🐌", False),
        ("an x-ray, please", True),
        ("an ex-ray", False),
        ("", False),
        ("a perfectly nice page", False),
    ],
)
def test_found_as_whole_words_only(text: str, found: bool) -> None:
    assert BadWords(["grumph", "two left feet", "q&a!", "🐌", "x-ray"]).found_in(text) is found


def test_a_listed_word_with_a_capital_matches_nothing_as_texts_are_lower_cased() -> None:
    assert not BadWords(["Blorp"]).found_in("Blorp blorp")


def test_same_answers_as_one_expression_over_the_whole_list() -> None:
    listed = BadWords(LISTED)
    whole = re.compile(rf"(?:\W|^)({'|'.join(re.escape(word) for word in LISTED if word)})(?:\W|$)")
    pieces = ["grumph", "two", "left", "feet", " ", " ", "q&a!", "🐌", "x", "-", "ray", "_", ".", "s", "É", "\n"]
    draw = random.Random(5)
    texts = ["".join(draw.choices(pieces, k=draw.randint(1, 9))) for _ in range(3000)]
    assert [listed.found_in(text) for text in texts] == [bool(whole.search(text.lower())) for text in texts]


def test_called_with_many_texts() -> None:
    assert BadWords(["grumph"])(["a grumph", "a friend"]) == [{"bad_words": 1.0}, {"bad_words": 0.0}]


def test_load(tmp_path: Path) -> None:
    path = tmp_path / "en"
    path.write_text("grumph\n\n two left feet \n", "utf-8")
    listed = BadWords.load(str(path))
    assert listed.found_in("two left feet")
    assert not listed.found_in("nothing")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"], ids=["empty", "blank", "not UTF-8"])
def test_load_refuses(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "en"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="a list of bad words"):
        BadWords.load(str(path))


def test_load_of_no_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.txt"):
        BadWords.load(str(tmp_path / "absent.txt"))
