"""How much of one book's words another book holds: words, shingles, the hash sample, and exact coverage.

A *word* is a longest run of letters, digits and their marks, lower-cased; an ideograph or kana is a word by itself, and
a run of more than RUN_UNITS UTF-16 units counts as several. Punctuation, line ends and emphasis marks separate words
and are not part of any. A *shingle* is `length` words in a row, as a 64-bit hash. A word of book A is *covered* by
book B when it lies in at least one shingle of A that B has too, wherever it stands in B; the *coverage* of A by B is
the share of A's words that are. It is not symmetric: a story is wholly covered by the collection it stands in.

Everything is numpy over whole books; equal texts give equal numbers on every machine.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

RUN_UNITS = 64
"""The longest word, in UTF-16 units: bounds the work on a text without separators."""

_LANE = 4  # UTF-16 units that one 64-bit read takes in
_OTHER, _LETTER, _IDEOGRAPH = 0, 1, 2
_IDEOGRAPHS = ("IDEOGRAPHIC ", "CJK ", "HIRAGANA ", "KATAKANA ")
_MARKS = ("Mn", "Mc", "Cs")
_MASKS = np.array([0, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF], np.uint64)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ODD_TOO = np.uint64(0xBF58476D1CE4E5B9)


class Words(NamedTuple):
    """The words of a text: their hashes, and where each starts and ends in UTF-16 units. Arrays of shape (words,)."""

    hashes: Hashes
    starts: Places
    ends: Places


@cache
def _unit_tables() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """For each UTF-16 unit its lower-cased unit and its class, both of shape (65536,); made once a process."""
    lowered = np.zeros(1 << 16, np.uint16)
    classes = np.zeros(1 << 16, np.uint8)
    for unit in range(1 << 16):
        sign = chr(unit)
        if sign.isalnum() or unicodedata.category(sign) in _MARKS:
            lower = sign.lower()
            lowered[unit] = ord(lower) if len(lower) == 1 else unit
            classes[unit] = _IDEOGRAPH if unicodedata.name(sign, "").startswith(_IDEOGRAPHS) else _LETTER
    return lowered, classes


def find_words(text: str) -> Words:
    """The words of a text, in order."""
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


def _cut(starts: Places, ends: Places) -> tuple[Places, Places]:
    """Runs longer than RUN_UNITS as several."""
    pieces = (ends - starts - 1) // RUN_UNITS + 1
    if not len(pieces) or pieces.max() == 1:
        return starts, ends
    first = np.repeat(np.cumsum(pieces) - pieces, pieces)
    cut = np.repeat(starts, pieces) + (np.arange(len(first)) - first) * RUN_UNITS
    return cut, np.minimum(cut + RUN_UNITS, np.repeat(ends, pieces))


def _mix(hashes: Hashes) -> Hashes:
    hashes = hashes ^ (hashes >> np.uint64(32))
    hashes *= _ODD_TOO
    hashes ^= hashes >> np.uint64(29)
    return hashes


def _hash(units: NDArray[np.uint16], starts: Places, lengths: Places) -> Hashes:
    """One hash a word, four units at a time over all words that are that long."""
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
    """The shingles below 2**64 / one_in, each once, ascending: of a text, one in so many on average.

    Two books sample the same of what they share, so a share of the sample estimates the share of the whole.
    """
    return distinct(shingles[shingles < np.uint64((1 << 64) // one_in)] if one_in > 1 else shingles)


def covered(shingles: Hashes, known: Hashes, length: int) -> NDArray[np.bool_]:
    """True for every word that lies in a shingle found in known. Shape (shingles + length - 1,); none for no shingle.

    Args:
        shingles: a book's shingles in text order.
        known: another book's, ascending.
        length: words in a shingle.
    """
    found = _places_in(shingles, known) >= 0
    words = np.zeros(len(found) + length - 1 if len(found) else 0, np.bool_)
    for word in range(length):
        words[word : word + len(found)] |= found
    return words


def common_passage(shingles: Hashes, other: Hashes) -> tuple[int, int, int]:
    """The longest run of shingles that two books have in the same order: start here, start there, and how many.

    Both arrays are in text order. Of equally long runs the first; (0, 0, 0) where the books share nothing.
    """
    order = np.argsort(other, kind="stable")
    places = _places_in(shingles, other[order])
    there = np.where(places >= 0, order[places], -1)
    goes_on = (there[1:] == there[:-1] + 1) & (there[:-1] >= 0)
    edges = np.flatnonzero(np.diff(goes_on, prepend=False, append=False))
    if not len(edges):
        here = int(np.argmax(there >= 0)) if len(there) else 0
        return (here, int(there[here]), 1) if len(there) and there[here] >= 0 else (0, 0, 0)
    lengths = edges[1::2] - edges[::2]
    start = int(edges[::2][np.argmax(lengths)])
    return start, int(there[start]), int(lengths.max()) + 1


def _places_in(hashes: Hashes, known: Hashes) -> Places:
    """Where each hash first stands in known, which ascends; -1 where it does not."""
    if not len(known):
        return np.full(len(hashes), -1)
    order = np.argsort(hashes)  # ascending look-ups walk `known` once instead of jumping through it
    places = np.empty(len(hashes), np.int64)
    places[order] = np.searchsorted(known, hashes[order])
    places[places == len(known)] = 0
    return np.where(known[places] == hashes, places, -1)
