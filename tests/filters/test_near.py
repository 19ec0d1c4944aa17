"""Candidates from the sample, and the decision: exact, in the total order, the same whatever comes first."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from filters.near import (
    DocumentRef,
    Group,
    Match,
    Pairs,
    add_up,
    decide,
    find_pairs,
    group_candidates,
    join_sketches,
    likely,
    sketch,
)
from filters.overlap import find_words, sample, shingle

LIMIT, LENGTH, SHOWN = 0.9, 5, 8


def prose(seed: int, words: int) -> list[str]:
    """Words of a book that shares no five in a row with that of another seed."""
    return [f"s{seed}w{n}" for n in range(words)]


def near_drops(texts: dict[str, str], one_in: int = 1, probe_hashes: int = 32, max_postings: int = 32) -> list[Match]:
    """All of it for books by id, as a build does it: sketches, pairs, groups, decision."""
    books, sketches = [], []
    for doc_index, (name, text) in enumerate(texts.items()):
        words = find_words(text).hashes
        books.append(DocumentRef(doc_index, name, len(words)))
        sketches.append(sketch(doc_index, len(words), sample(shingle(words, LENGTH), one_in), probe_hashes))
    pairs = likely(find_pairs(join_sketches(sketches), max_postings), 0.125)
    by_index = list(texts.values())
    groups = group_candidates(books, pairs)
    return [
        match
        for group in groups
        for _book, match in decide(group, lambda book: by_index[book.doc_index], LIMIT, LENGTH, SHOWN)
    ]


def told(matches: list[Match]) -> dict[str, str]:
    return {match.dropped: match.kept for match in matches}


@pytest.mark.parametrize(
    ("changed", "is_dropped"),
    [
        pytest.param(99, True, id="90.1 %"),
        pytest.param(100, False, id="90 % exactly"),
        pytest.param(101, False, id="89.9 %"),
    ],
)
def test_limit_from_both_sides(changed: int, is_dropped: bool) -> None:
    original = prose(1, 2000)
    copy = [*original[: 1000 - changed], *prose(2, changed)]
    assert told(near_drops({"long": " ".join(original), "copy": " ".join(copy)})) == (
        {"copy": "long"} if is_dropped else {}
    )


def test_the_longer_is_kept_though_it_is_less_covered() -> None:
    story = prose(1, 500)
    matches = near_drops({"a story": " ".join(story), "collection": " ".join([*prose(2, 900), *story, *prose(3, 900)])})
    (match,) = matches
    assert (match.dropped, match.kept, match.coverage, match.dropped_words, match.kept_words) == (
        "a story", "collection", 1.0, 500, 2300,
    )  # fmt: skip
    assert match.coverage_of_kept == pytest.approx(500 / 2300)


def test_of_equally_long_ones_the_smaller_id_is_kept() -> None:
    text = " ".join(prose(1, 300))
    assert told(near_drops({"b": text, "a": text, "c": text})) == {"b": "a", "c": "a"}


def test_more_copies_than_a_probe_is_put_to() -> None:
    text = " ".join(prose(1, 300))
    texts = {f"{name:02d}": text for name in reversed(range(40))}
    assert told(near_drops(texts, max_postings=3)) == {f"{name:02d}": "00" for name in range(1, 40)}


def test_a_chain_ends_at_the_kept_book() -> None:
    """C covers B, B covers A, C does not cover A: B is dropped, and A, which no kept book covers, is kept."""
    words = prose(1, 1000)
    longest, middle, short = prose(7, 90) + words[90:] + prose(2, 60), words[:], words[:850]
    texts = {"c": " ".join(longest), "b": " ".join(middle), "a": " ".join(short)}
    assert told(near_drops(texts)) == {"b": "c"}


def test_a_book_covered_only_by_two_together_is_kept() -> None:
    first, second = prose(1, 400), prose(2, 400)
    both = " ".join([*first[:200], *second[:200]])
    assert near_drops({"one": " ".join(first), "other": " ".join(second), "both": both}) == []


def test_order_of_arrival_changes_nothing() -> None:
    chance = random.Random(5)
    words = prose(1, 600)
    texts = {
        f"book {n}": " ".join(word if chance.random() > 0.004 * n else f"e{n}" for word in words[: 600 - 7 * (n % 3)])
        for n in range(5)
    }
    results = {tuple(sorted(near_drops(dict(order)))) for order in itertools.permutations(texts.items())}
    assert len(results) == 1
    assert 0 < len(results.pop()) < 5


def test_evidence_shows_the_same_passage_of_both() -> None:
    words = prose(1, 400)
    shown = near_drops({"long": "Intro. " + ", ".join(words), "short": "\n".join(words[100:])})[0]
    assert shown.dropped_text == "\n".join(words[100:108])
    assert shown.kept_text == ", ".join(words[100:108])


@pytest.mark.parametrize("works", [2, 10], ids=["two in one", "ten in one"])
def test_a_work_is_found_in_a_collection_on_the_sample(works: int) -> None:
    parts = [prose(n, 4000) for n in range(works)]
    texts = {"all": " ".join(itertools.chain(*parts))} | {f"work {n}": " ".join(part) for n, part in enumerate(parts)}
    assert told(near_drops(texts, one_in=64)) == {f"work {n}": "all" for n in range(works)}


def test_unrelated_books_that_share_phrases_are_no_candidates() -> None:
    phrase = "at the end of the long day"
    texts = {f"{n}": f"{' '.join(prose(n, 400))} {phrase} {' '.join(prose(100 + n, 400))}" for n in range(20)}
    sketches = join_sketches(
        sketch(n, 807, sample(shingle(find_words(text).hashes, LENGTH), 1), 32) for n, text in enumerate(texts.values())
    )
    assert len(likely(find_pairs(sketches, 32), 0.125).hits) == 0


def test_pairs_hold_hits_and_probes() -> None:
    shared = np.array([3, 5, 8], np.uint64)
    small = sketch(0, 10, np.array([3, 5, 7], np.uint64), 2)
    large = sketch(1, 20, np.append(shared, np.uint64(99)), 2)
    pairs = find_pairs(join_sketches([small, large]), 32)
    assert [column.tolist() for column in pairs] == [[0], [1], [2], [2]]


def test_pairs_of_buckets_add_up() -> None:
    one = Pairs(*(np.array(column) for column in ([4, 1], [2, 3], [1, 1], [9, 8])))
    two = Pairs(*(np.array(column) for column in ([4], [2], [5], [9])))
    assert [column.tolist() for column in add_up([one, two])] == [[1, 4], [3, 2], [1, 6], [8, 9]]


@pytest.mark.parametrize(("hits", "among"), [(4, True), (3, False)])
def test_share_of_hits_from_both_sides(hits: int, among: bool) -> None:
    pairs = Pairs(*(np.array([value]) for value in (1, 2, hits, 32)))
    assert len(likely(pairs, 0.125).hits) == among


def test_no_books_no_pairs() -> None:
    empty = sketch(0, 0, np.zeros(0, np.uint64), 32)
    assert len(find_pairs(join_sketches([empty, empty]), 32).hits) == 0
    assert decide(Group((), ()), lambda book: "", LIMIT, LENGTH, SHOWN) == []


def test_a_dropped_rival_stands_for_the_book_that_covers_it() -> None:
    """The sample named only b as a's rival; b is dropped for c, so a is compared with c."""
    words = prose(1, 400)
    texts = {"c": " ".join([*words, *prose(2, 50)]), "b": " ".join(words), "a": " ".join(words[:390])}
    books = tuple(
        DocumentRef(doc_index, name, len(text.split())) for doc_index, (name, text) in enumerate(texts.items())
    )
    matches = decide(Group(books, ((), (0,), (1,))), lambda book: texts[book.id], LIMIT, LENGTH, SHOWN)
    assert told([match for _book, match in matches]) == {"b": "c", "a": "c"}


def test_each_text_is_opened_once() -> None:
    text = " ".join(prose(1, 300))
    group = Group(
        tuple(DocumentRef(doc_index, str(doc_index), 300) for doc_index in range(4)), ((), (0,), (0, 1), (0, 1, 2))
    )
    opened: list[int] = []
    decide(group, lambda book: opened.append(book.doc_index) or text, LIMIT, LENGTH, SHOWN)
    assert opened == [0, 1, 2, 3]


def by_definition(texts: dict[str, str]) -> set[str]:
    """What is dropped, read off the rule: every pair compared, in plain Python."""
    words = {name: text.split() for name, text in texts.items()}
    shingles = {name: {tuple(w[at : at + LENGTH]) for at in range(len(w) - LENGTH + 1)} for name, w in words.items()}
    kept: list[str] = []
    for name in sorted(texts, key=lambda name: (-len(words[name]), name)):
        mine = words[name]
        shares = []
        for other in kept:
            found = [at for at in range(len(mine) - LENGTH + 1) if tuple(mine[at : at + LENGTH]) in shingles[other]]
            shares.append(len({at + step for at in found for step in range(LENGTH)}) / len(mine))
        if max(shares, default=0) <= LIMIT:
            kept.append(name)
    return texts.keys() - kept


@pytest.mark.parametrize("seed", range(12))
def test_decision_is_what_the_rule_says(seed: int) -> None:
    """Shelves of works, their parts, joins and noisy copies; around the limit on purpose."""
    chance = random.Random(seed)
    works = [prose(n, chance.randrange(120, 400)) for n in range(4)]
    texts = {f"work {n}": " ".join(work) for n, work in enumerate(works)}
    for n in range(14):
        work = [*chance.choice(works), *(chance.choice(works) if chance.random() < 0.3 else [])]
        start = chance.randrange(len(work) // 5)
        noise = chance.choice([0, 0.01, 0.02, 0.04])
        made = [word if chance.random() > noise else f"n{n}x{at}" for at, word in enumerate(work[start:])]
        texts[f"made {n}"] = " ".join(made + prose(50 + n, chance.choice([0, 0, 12, 30])))
    assert set(told(near_drops(texts, probe_hashes=400))) == by_definition(texts)
