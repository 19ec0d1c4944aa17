"""Which near-duplicate books go: candidates from the hash sample, then a decision on exact coverage.

Books stand in one total order: more words first, then the smaller id. A book is dropped when a *kept* book before it
in that order covers more than the limit of its words (filters/overlap.py). Walking the order once from the front
therefore decides every book, chains included: where A covers B, and B covers C but A does not, B goes and C stays,
because the book that covers C is itself gone. The order, not the arrival, decides, so any number of workers agrees.

Candidates: every book offers the smallest hashes of its sample as *queries* to the samples of all books. Of a book that
is covered above 90 %, at least half of the shingles stand in the coverer (a changed word spoils `length` shingles of
every ten), so half its queries hit; of unrelated books hardly one does. Unlike a MinHash signature, whose agreement
falls with the longer book's length, this finds a story inside a collection of any size. Never are all pairs looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from filters.overlap import Hashes, Places, common_passage, covered, distinct, find_words, shingle


class Book(NamedTuple):
    """What is known of a book everywhere: its place (any number that finds it again), id and words."""

    place: int
    id: str
    words: int


class Sketches(NamedTuple):
    """Sampled shingles of many books, arrays of shape (n,): the hash, the place, words and queries of its book.

    queries is 0 where the shingle is none of them.
    """

    hashes: Hashes
    places: Places
    words: Places
    queries: Places


class Pairs(NamedTuple):
    """Pairs of books, arrays of shape (p,): of how many queries of `shorter`, of so many, `longer` holds."""

    shorter: Places
    longer: Places
    hits: Places
    queries: Places


class Group(NamedTuple):
    """Books that candidate pairs connect, in the total order, and for each the earlier ones it may be covered by."""

    books: tuple[Book, ...]
    rivals: tuple[tuple[int, ...], ...]


class Match(NamedTuple):
    """Why a book was dropped: the kept book, how much of each the other covers, and where both read the same."""

    dropped: str
    kept: str
    coverage: float
    coverage_of_kept: float
    dropped_words: int
    kept_words: int
    dropped_text: str
    kept_text: str


def sketch(place: int, words: int, sampled: Hashes, queries: int) -> Sketches:
    """A book's sampled shingles (ascending), the first `queries` of which ask."""
    asks = np.arange(len(sampled)) < queries
    full = np.full(len(sampled), 1)
    return Sketches(sampled, full * place, full * words, asks * min(queries, len(sampled)))


def join_sketches(parts: Iterable[Sketches]) -> Sketches:
    """Many sketches as one."""
    return Sketches(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def find_pairs(sketches: Sketches, holders: int) -> Pairs:
    """Who holds whose queries, each pair once, the book with fewer words as `shorter` (equally long ones both ways).

    A query is put to the `holders` longest books that hold it: a phrase of the whole language costs no more than that.
    """
    order = np.lexsort((sketches.places, -sketches.words, sketches.hashes))
    hashes, places, words, queries = (column[order] for column in sketches)
    starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
    sizes = np.diff(np.append(starts, len(hashes)))
    cluster = np.repeat(np.arange(len(starts)), sizes)
    asking = np.flatnonzero((queries > 0) & (sizes[cluster] > 1))
    reach = np.minimum(sizes[cluster[asking]], holders)
    shorter = np.repeat(asking, reach)
    nth = np.arange(len(shorter)) - np.repeat(np.cumsum(reach) - reach, reach)
    longer = starts[cluster[shorter]] + nth
    fit = (words[longer] >= words[shorter]) & (places[longer] != places[shorter])
    shorter, longer = shorter[fit], longer[fit]
    return add_up([Pairs(places[shorter], places[longer], np.ones(len(shorter), np.int64), queries[shorter])])


def add_up(parts: Iterable[Pairs]) -> Pairs:
    """The hits of the same pair in several buckets together, each pair once, in order of the places."""
    shorter, longer, hits, queries = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((longer, shorter))
    shorter, longer = shorter[order], longer[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (shorter[1:] != shorter[:-1]) | (longer[1:] != longer[:-1])
    starts = np.flatnonzero(new)
    summed = np.add.reduceat(hits[order], starts) if len(starts) else hits
    return Pairs(shorter[starts], longer[starts], summed, queries[order][starts])


def likely(pairs: Pairs, hit_share: float) -> Pairs:
    """The pairs where the longer book holds at least hit_share of the shorter one's queries: the candidates."""
    enough = pairs.hits >= hit_share * pairs.queries
    return Pairs(*(column[enough] for column in pairs))


def group_candidates(books: Iterable[Book], candidates: Pairs) -> list[Group]:
    """The groups of books that candidate pairs connect, in the total order of their first books.

    Of equally long books that pairs connect, each has the first as a rival: a query may be put to others of them only.
    """
    known = {book.place: book for book in books}
    rivals: dict[int, set[int]] = {}
    connected, as_long = _Sets(), _Sets()
    for one, other in zip(candidates.shorter.tolist(), candidates.longer.tolist(), strict=True):
        later, earlier = sorted((one, other), key=lambda place: _order(known[place]), reverse=True)
        rivals.setdefault(later, set()).add(earlier)
        connected.join(later, earlier)
        if known[later].words == known[earlier].words:
            as_long.join(later, earlier)
    for places in as_long.sets():
        first, *others = sorted(places, key=lambda place: _order(known[place]))
        for place in others:
            rivals.setdefault(place, set()).add(first)
    groups = (_group([known[place] for place in places], rivals) for places in connected.sets())
    return sorted(groups, key=lambda group: _order(group.books[0]))


def _order(book: Book) -> tuple[int, str, int]:
    return -book.words, book.id, book.place


class _Sets:
    """Disjoint sets of places that joining makes larger."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def join(self, one: int, other: int) -> None:
        self._parent[self._root(one)] = self._root(other)

    def _root(self, place: int) -> int:
        self._parent.setdefault(place, place)
        while self._parent[place] != place:
            self._parent[place] = place = self._parent[self._parent[place]]
        return place

    def sets(self) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for place in list(self._parent):
            found.setdefault(self._root(place), []).append(place)
        return list(found.values())


def _group(books: list[Book], rivals: dict[int, set[int]]) -> Group:
    books = sorted(books, key=_order)
    rank = {book.place: number for number, book in enumerate(books)}
    return Group(
        tuple(books), tuple(tuple(sorted(rank[place] for place in rivals.get(book.place, ()))) for book in books)
    )


def decide(
    group: Group, text_of: Callable[[Book], str], overlap_share: float, shingle_words: int, sample_words: int
) -> list[tuple[Book, Match]]:
    """Which books of a group go, and why; of several kept books that cover one, the best is named.

    A book is compared with its rivals that are kept, and for a rival that is gone with the book that covers that one.

    Args:
        group: candidates in the total order.
        text_of: gives a book's text; called once a book.
        overlap_share: a book goes when more than this share of its words is covered by one kept book.
        shingle_words: words in a shingle.
        sample_words: words of common text shown as evidence.
    """
    last_asked = {rival: rank for rank, rivals in enumerate(group.rivals) for rival in rivals}
    kept: dict[int, _Open] = {}
    gone_to: dict[int, int] = {}
    gone: list[tuple[Book, Match]] = []
    for rank, (book, rivals) in enumerate(zip(group.books, group.rivals, strict=True)):
        opened = _open(book, text_of(book), shingle_words)
        facing = {gone_to.get(rival, rival) for rival in rivals}
        share, best = max(((_coverage(opened, kept[rival], shingle_words), -rival) for rival in facing), default=(0, 0))
        if share > overlap_share:
            gone_to[rank] = -best
            gone.append((book, _match(opened, kept[-best], share, shingle_words, sample_words)))
            last_asked[-best] = max(last_asked[-best], last_asked.get(rank, 0))
        elif rank in last_asked:
            kept[rank] = opened
        kept = {rival: opened for rival, opened in kept.items() if last_asked[rival] > rank}
    return gone


class _Open(NamedTuple):
    book: Book
    text: str
    words: int
    shingles: Hashes
    known: Hashes


def _open(book: Book, text: str, length: int) -> _Open:
    words = find_words(text).hashes
    shingles = shingle(words, length)
    return _Open(book, text, len(words), shingles, distinct(shingles))


def _coverage(one: _Open, other: _Open, length: int) -> float:
    """The share of one book's words that another covers, 0 to 1."""
    return int(covered(one.shingles, other.known, length).sum()) / max(one.words, 1)


def _match(one: _Open, other: _Open, share: float, length: int, sample_words: int) -> Match:
    start, there, shingles = common_passage(one.shingles, other.shingles)
    shown = min(sample_words, shingles + length - 1)
    back = _coverage(other, one, length)
    texts = _cutting(one.text, start, shown), _cutting(other.text, there, shown)
    return Match(one.book.id, other.book.id, share, back, one.words, other.words, *texts)


def _cutting(text: str, first: int, count: int) -> str:
    """`count` words of a text from the first on, as they stand there."""
    words = find_words(text)
    units = text.encode("utf-16-le", "surrogatepass")[2 * words.starts[first] : 2 * words.ends[first + count - 1]]
    return units.decode("utf-16-le", "replace")
