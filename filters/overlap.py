"""The share of one document's words that another covers: words, shingles, the hash sample, and exact coverage.

A *word* is a longest run of letters, digits and their marks, lower-cased; an ideograph or kana is a word by itself, and
a run of more than RUN_UNITS UTF-16 units counts as several. Punctuation, line ends and emphasis marks separate words
and are not part of any. A *shingle* is `length` words in a row, as a 64-bit hash. A word of document A is *covered* by
document B when it lies in at least one shingle of A that B has too, wherever it stands in B; the *coverage* of A by B
is the share of A's words that are. It is not symmetric: a story is wholly covered by the collection it stands in.

Everything is numpy over whole texts; equal texts give equal numbers on every machine.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.recipe import cited

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

RUN_UNITS = cited(64, "a longer word is cut: bounds the work on a text without separators", "UTF-16 units")

_LANE = 4  # UTF-16 units that one 64-bit read takes in
_OTHER, _LETTER, _IDEOGRAPH = 0, 1, 2
_IDEOGRAPHS = ("IDEOGRAPHIC ", "CJK ", "HIRAGANA ", "KATAKANA ")
_MARKS = ("Mn", "Mc", "Cs")
_MASKS = np.array([0, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF], np.uint64)
_UNITS, _HASHES = 1 << 16, 1 << 64
"""How many UTF-16 units and hashes there are."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ODD_TOO = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT, _SHIFT_TOO = np.uint64(32), np.uint64(29)


class Words(NamedTuple):
    """The words of a text: their hashes, and where each starts and ends in UTF-16 units. Arrays of shape (words,)."""

    hashes: Hashes
    starts: Ints
    ends: Ints


@cache
def _unit_tables() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """For each UTF-16 unit its lower-cased unit and its class, both of shape (65536,); made once per process."""
    lowered = np.zeros(_UNITS, np.uint16)
    classes = np.zeros(_UNITS, np.uint8)
    for unit in range(_UNITS):
        sign = chr(unit)
        if sign.isalnum() or unicodedata.category(sign) in _MARKS:
            lower = sign.lower()
            lowered[unit] = ord(lower) if len(lower) == 1 else unit
            classes[unit] = _IDEOGRAPH if unicodedata.name(sign, "").startswith(_IDEOGRAPHS) else _LETTER
    return lowered, classes


def find_words(text: str) -> Words:
    """The words of a text, in order."""
    # Each of the u UTF-16 units is looked up in two tables: its lower case, and its class. A word begins and ends where
    # the class changes, or between two ideographs; kinds has a blank class at both ends, so that edges are found there.
    lowered, classes = _unit_tables()
    raw = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    units = np.zeros(len(raw) + _LANE, np.uint16)  # zeros at the end, so that a read of a lane stays inside
    np.take(lowered, raw, out=units[: len(raw)])
    kinds = np.zeros(len(raw) + 2, np.uint8)
    np.take(classes, raw, out=kinds[1:-1])
    alone = kinds == _IDEOGRAPH
    edge = (kinds[1:] != kinds[:-1]) | alone[1:] & alone[:-1]
    word = kinds != _OTHER
    starts, ends = np.flatnonzero(edge & word[1:]), np.flatnonzero(edge & word[:-1])
    starts, ends = _cut(starts, ends)
    return Words(_hash(units, starts, ends - starts), starts, ends)


def _cut(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Runs longer than RUN_UNITS as several."""
    parts = (ends - starts - 1) // RUN_UNITS.value + 1
    if not len(parts) or parts.max() == 1:
        return starts, ends
    first = np.repeat(np.cumsum(parts) - parts, parts)
    cut = np.repeat(starts, parts) + (np.arange(len(first)) - first) * RUN_UNITS.value
    return cut, np.minimum(cut + RUN_UNITS.value, np.repeat(ends, parts))


def _mix(hashes: Hashes) -> Hashes:
    """Hashes with their bits spread, one-to-one: a round of xorshift and multiply, with a constant of splitmix64."""
    hashes = hashes ^ (hashes >> _SHIFT)
    hashes *= _ODD_TOO
    hashes ^= hashes >> _SHIFT_TOO
    return hashes


def _hash(units: NDArray[np.uint16], starts: Ints, lengths: Ints) -> Hashes:
    """One hash per word, shape (words,)."""
    # lanes is a view: lanes[i] is units i to i + 3 read as one uint64, so that lanes overlap. Round k hashes the k-th
    # four units of all words that have so many at once: the rounds are the longest word / 4, at most RUN_UNITS / 4.
    lanes: Hashes = np.ndarray((len(units) - _LANE + 1,), "<u8", units, strides=(units.itemsize,))
    hashes = _mix((lanes[starts] & _MASKS[np.minimum(lengths, _LANE)]) * _ODD + lengths.astype(np.uint64))
    longer = np.flatnonzero(lengths > _LANE)
    done = _LANE
    while len(longer):
        rest = _MASKS[np.minimum(lengths[longer] - done, _LANE)]
        hashes[longer] = _mix((hashes[longer] ^ (lanes[starts[longer] + done] & rest)) * _ODD)
        done += _LANE
        longer = longer[lengths[longer] > done]
    return hashes


def shingle(words: Hashes, length: int) -> Hashes:
    """The hash of every `length` words in a row, shape (words - length + 1,); none for a shorter text."""
    # A polynomial hash of `length` words, h = (...(w0 * m + w1) * m + ...) + w(length - 1) modulo 2**64, mixed.
    count = max(len(words) - length + 1, 0)
    rolled = words[:count].copy()
    for later in range(1, length if count else 0):
        rolled *= _ODD
        rolled += words[later : later + count]
    return _mix(rolled)


def distinct(hashes: Hashes) -> Hashes:
    """The same hashes, each once, ascending."""
    ordered = np.sort(hashes)
    new = np.ones(len(ordered), np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def sample(shingles: Hashes, one_in: int) -> Hashes:
    """The shingles below 2**64 / one_in, each once, ascending: on average one in `one_in` of a text's shingles.

    Sampling by hash value: two texts sample the same of what they share, so that a share of the sample estimates the
    share of all.
    """
    return distinct(shingles[shingles < np.uint64(_HASHES // one_in)] if one_in > 1 else shingles)


def covered(shingles: Hashes, known: Hashes, length: int) -> NDArray[np.bool_]:
    """True for every word that lies in a shingle found in known. Shape (shingles + length - 1,); none for no shingle.

    Args:
        shingles: a document's shingles in text order.
        known: another document's, ascending.
        length: words in a shingle.
    """
    shared = _find(shingles, known) >= 0
    words = np.zeros(len(shared) + length - 1 if len(shared) else 0, np.bool_)
    for word in range(length):  # shingle i spans words i to i + length - 1
        words[word : word + len(shared)] |= shared
    return words


def common_passage(shingles: Hashes, other: Hashes) -> tuple[int, int, int]:
    """The longest run of shingles that two documents have in the same order: start here, start there, and length.

    Both arrays are in text order. Of equally long runs the first; (0, 0, 0) where the documents share nothing.
    """
    # there[i] is where shingle i first stands in the other text, or -1. A common run is where `there` grows by one from
    # i to i + 1; edges holds start and end of each such stretch in turn.
    order = np.argsort(other, kind="stable")
    indexes = _find(shingles, other[order])
    there = np.where(indexes >= 0, order[indexes], -1)
    continues = (there[1:] == there[:-1] + 1) & (there[:-1] >= 0)
    edges = np.flatnonzero(np.diff(continues, prepend=False, append=False))
    if not len(edges):
        here = int(np.argmax(there >= 0)) if len(there) else 0
        return (here, int(there[here]), 1) if len(there) and there[here] >= 0 else (0, 0, 0)
    lengths = edges[1::2] - edges[::2]
    start = int(edges[::2][np.argmax(lengths)])
    return start, int(there[start]), int(lengths.max()) + 1


def _find(hashes: Hashes, known: Hashes) -> Ints:
    """The index at which each hash first stands in known, which ascends; -1 where it does not."""
    if not len(known):
        return np.full(len(hashes), -1)
    order = np.argsort(hashes)  # ascending look-ups walk `known` once instead of jumping through it
    indexes = np.empty(len(hashes), np.int64)
    indexes[order] = np.searchsorted(known, hashes[order])
    indexes[indexes == len(known)] = 0
    return np.where(known[indexes] == hashes, indexes, -1)
