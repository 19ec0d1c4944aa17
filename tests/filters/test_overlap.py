"""Words, shingles, the sample and coverage, each against a plain Python reading of its definition."""

from __future__ import annotations

import numpy as np
import pytest

from filters.overlap import common_passage, covered, distinct, find_words, sample, shingle

HARBOUR = "The ferry left the harbour at six and the harbour was empty again by seven"


def word_list(text: str) -> list[str]:
    """The words that find_words found, as they stand in the text."""
    units = text.encode("utf-16-le", "surrogatepass")
    words = find_words(text)
    return [units[2 * a : 2 * b].decode("utf-16-le") for a, b in zip(words.starts, words.ends, strict=True)]


def shingles(text: str, length: int) -> np.ndarray:
    return shingle(find_words(text).hashes, length)


def plain_coverage(one: str, other: str, length: int) -> list[bool]:
    """Coverage of each word of one, read off the definition with tuples of words."""
    mine, theirs = one.lower().split(), other.lower().split()
    known = {tuple(theirs[at : at + length]) for at in range(len(theirs) - length + 1)}
    found = [at for at in range(len(mine) - length + 1) if tuple(mine[at : at + length]) in known]
    return [any(at <= word < at + length for at in found) for word in range(len(mine))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("  \n\t ...", [], id="no word"),
        pytest.param("one", ["one"], id="one word, no space around"),
        pytest.param("Dr. Grey's 2nd--the last", ["Dr", "Grey", "s", "2nd", "the", "last"], id="punctuation separates"),
        pytest.param("don\u2019t _stop_\u201dnow\u201d", ["don", "t", "stop", "now"], id="curly quotes and emphasis"),
        pytest.param("nai\u0308ve Öl", ["nai\u0308ve", "Öl"], id="combining marks belong to a word"),
        pytest.param("山の上 tree", ["山", "の", "上", "tree"], id="an ideograph is a word"),
        pytest.param("\U0001d400b c", ["\U0001d400b", "c"], id="letters beyond 16 bits"),
        pytest.param("a" * 64, ["a" * 64], id="the longest word"),
        pytest.param("a" * 65 + " b", ["a" * 64, "a", "b"], id="one unit more is two words"),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert word_list(text) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("Harbour", "hARBOUR", True, id="case is nothing"),
        pytest.param("ÉTÉ Ωmega", "été ωMEGA", True, id="case beyond ASCII"),
        pytest.param("été", "ete", False, id="accents are something"),
        pytest.param("abcd", "abcde", False, id="a word is not its beginning"),
        pytest.param("abcdabcd", "abcd", False, id="nor a repetition"),
        pytest.param("postmistress", "postmistresz", False, id="the last of twelve letters"),
        pytest.param("the tide,\r\nthe _moon_", "the tide -- the moon", True, id="layout is nothing"),
        pytest.param("the tide the moon", "the moon the tide", False, id="order is something"),
    ],
)
def test_same_words_have_the_same_hashes(one: str, other: str, same: bool) -> None:
    assert np.array_equal(find_words(one).hashes, find_words(other).hashes) == same


def test_different_words_have_different_hashes() -> None:
    words = [f"{a}{b}{n}" for a in "abcdefghij" for b in ("", "x", "yy", "harbour") for n in range(500)]
    assert len(distinct(find_words(" ".join(words)).hashes)) == len(set(words)) == 20_000


def test_a_lone_surrogate_is_no_fault() -> None:
    assert len(find_words("be\ud800fore after").hashes) == 2


@pytest.mark.parametrize(("words", "length", "count"), [(0, 5, 0), (4, 5, 0), (5, 5, 1), (6, 5, 2), (3, 1, 3)])
def test_number_of_shingles(words: int, length: int, count: int) -> None:
    assert len(shingles(" ".join("abcdefgh"[:words]), length)) == count


def test_shingles_are_equal_where_five_words_are() -> None:
    first, second = shingles("a b c d e f g", 5), shingles("x b c d e f y", 5)
    assert [int(at) for at in np.flatnonzero(np.isin(first, second))] == [1]


def test_shingles_tell_order_and_place() -> None:
    assert len(set(shingles("a b a b b a a", 2).tolist())) == 4  # ab ba bb aa


def test_sample_is_a_fair_share_and_the_same_for_shared_shingles() -> None:
    every = shingles(" ".join(f"word{n}" for n in range(64_000)), 5)
    sampled = sample(every, 64)
    assert 900 < len(sampled) < 1100
    assert np.array_equal(sampled, np.sort(sampled))
    half = every[: len(every) // 2]
    assert np.array_equal(sample(half, 64), sampled[np.isin(sampled, half)])
    assert len(sample(every, 1)) == len(every)


def test_sample_has_each_hash_once() -> None:
    assert len(sample(shingles("so it goes " * 50, 5), 1)) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(HARBOUR, HARBOUR, id="same"),
        pytest.param(HARBOUR, "Nothing of it stands here at all today", id="nothing in common"),
        pytest.param(HARBOUR, "he said the ferry left the harbour at five", id="a passage"),
        pytest.param("a b c d e X f g h i j", "a b c d e f g h i j", id="one word put in"),
        pytest.param("a b c d X e f g h i", "a b c d Y e f g h i", id="four words are no passage"),
        pytest.param("a b c d e f g h", "f g h a b c d e", id="blocks in another order"),
        pytest.param("a b c", "a b c", id="shorter than a shingle"),
        pytest.param("", HARBOUR, id="empty"),
    ],
)
def test_coverage_is_what_the_definition_says(one: str, other: str) -> None:
    mask = covered(shingles(one, 5), distinct(shingles(other, 5)), 5)
    told = plain_coverage(one, other, 5)
    assert mask.tolist() == (told if len(told) >= 5 else [])


def test_coverage_of_random_edits_is_what_the_definition_says() -> None:
    chance = np.random.default_rng(7)
    words = [f"w{n}" for n in chance.integers(0, 400, 3000)]
    edited = [word if chance.random() > 0.08 else f"new{at}" for at, word in enumerate(words)]
    one, other = " ".join(edited), " ".join(words)
    mask = covered(shingles(one, 5), distinct(shingles(other, 5)), 5)
    assert mask.tolist() == plain_coverage(one, other, 5)
    assert 0.6 < mask.mean() < 0.95


@pytest.mark.parametrize(
    ("one", "other", "passage"),
    [
        pytest.param("a b c d e f", "a b c d e f", (0, 0, 2), id="all of it"),
        pytest.param("x x a b c d e f y", "a b c d e f", (2, 0, 2), id="here later than there"),
        pytest.param("a b c d e z a b c d e f g", "q a b c d e f g", (6, 1, 3), id="the longest of two"),
        pytest.param("a b c d e z", "y a b c d e", (0, 1, 1), id="one shingle alone"),
        pytest.param("z a b c d e", "a b c d e y", (1, 0, 1), id="one shingle alone, there first"),
        pytest.param("a b c d e", "v w x y z", (0, 0, 0), id="nothing"),
        pytest.param("", "v w x y z", (0, 0, 0), id="empty"),
    ],
)
def test_common_passage(one: str, other: str, passage: tuple[int, int, int]) -> None:
    assert common_passage(shingles(one, 5), shingles(other, 5)) == passage
