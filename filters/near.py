"""Which near duplicates are dropped: candidates from a sample of hashes, then a decision on exact coverage.

Documents stand in one total order: more words first, then the smaller id. A document is dropped when a *kept* document
before it in that order covers more than the limit of its words (filters/overlap.py). Walking the order once from the
front therefore decides every document, chains included: where A covers B, and B covers C but A does not, B is dropped
and C is kept, because the document that covers C is itself dropped. The order, not the arrival, decides, so any number
of workers agrees.

Candidates (bottom-k sketch): the *probes* of a document are the smallest hashes of its sample. They are looked up in
the samples of all documents, an inverted index from hash to documents (the *postings* of the hash). Of a document that
is covered above 90 %, at least half of the shingles stand in the coverer (a changed word spoils `length` shingles of
every ten), so half its probes hit; of unrelated documents hardly one does. A MinHash signature agrees the less, the
longer the other document is; probes do not, so this finds a story inside a collection of any size. Never are all pairs
looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from filters.overlap import Hashes, Ints, common_passage, covered, distinct, find_words, shingle


class DocumentRef(NamedTuple):
    """What is known of a document everywhere: doc_index (any number that finds it again), id and words."""

    doc_index: int
    id: str
    words: int


class Sketches(NamedTuple):
    """Sampled shingles of many documents, arrays of shape (n,): the hash, and of its document index, words and probes.

    probes is the number of its document's probes where the hash is one of them, else 0.
    """

    hashes: Hashes
    doc_indexes: Ints
    words: Ints
    probes: Ints


class Pairs(NamedTuple):
    """Pairs of documents by index, arrays of shape (p,): `longer` holds `hits` of the `probes` probes of `shorter`."""

    shorter: Ints
    longer: Ints
    hits: Ints
    probes: Ints


class Group(NamedTuple):
    """Documents that candidate pairs connect, in the total order, and of each the ranks of earlier ones to compare."""

    documents: tuple[DocumentRef, ...]
    rivals: tuple[tuple[int, ...], ...]


class Match(NamedTuple):
    """Why a document was dropped: the kept one, the share of each that the other covers, and a passage of both."""

    dropped: str
    kept: str
    coverage: float
    coverage_of_kept: float
    dropped_words: int
    kept_words: int
    dropped_text: str
    kept_text: str


def sketch(doc_index: int, words: int, sampled: Hashes, probe_hashes: int) -> Sketches:
    """A document's sampled shingles (ascending), of which the first `probe_hashes` are its probes."""
    is_probe = np.arange(len(sampled)) < probe_hashes
    ones = np.full(len(sampled), 1)
    return Sketches(sampled, ones * doc_index, ones * words, is_probe * min(probe_hashes, len(sampled)))


def join_sketches(parts: Iterable[Sketches]) -> Sketches:
    """Many sketches as one."""
    return Sketches(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def find_pairs(sketches: Sketches, max_postings: int) -> Pairs:
    """Which documents hold whose probes, each pair once, the one with fewer words as `shorter`.

    Equally long documents are paired both ways. A probe is put to the `max_postings` longest documents that hold its
    hash, so that a phrase of the whole language costs no more than that.
    """
    # Sorted by hash, the n rows fall into postings: rows starts[c] to starts[c] + sizes[c] hold hash c, the longest
    # document first. Each of the q probes is repeated `reach` times, once for each posting that it is put to, and
    # `nth` counts 0, 1, ... within each of these repeats: all pairs of a bucket without a loop.
    order = np.lexsort((sketches.doc_indexes, -sketches.words, sketches.hashes))
    hashes, doc_indexes, words, probes = (column[order] for column in sketches)
    starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
    sizes = np.diff(np.append(starts, len(hashes)))
    postings = np.repeat(np.arange(len(starts)), sizes)
    asking = np.flatnonzero((probes > 0) & (sizes[postings] > 1))
    reach = np.minimum(sizes[postings[asking]], max_postings)
    shorter = np.repeat(asking, reach)
    nth = np.arange(len(shorter)) - np.repeat(np.cumsum(reach) - reach, reach)
    longer = starts[postings[shorter]] + nth
    fit = (words[longer] >= words[shorter]) & (doc_indexes[longer] != doc_indexes[shorter])
    shorter, longer = shorter[fit], longer[fit]
    ones = np.ones(len(shorter), np.int64)
    return add_up([Pairs(doc_indexes[shorter], doc_indexes[longer], ones, probes[shorter])])


def add_up(parts: Iterable[Pairs]) -> Pairs:
    """The hits of the same pair in several buckets together, each pair once, in order of the indexes."""
    shorter, longer, hits, probes = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((longer, shorter))
    shorter, longer = shorter[order], longer[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (shorter[1:] != shorter[:-1]) | (longer[1:] != longer[:-1])
    starts = np.flatnonzero(new)
    summed = np.add.reduceat(hits[order], starts) if len(starts) else hits
    return Pairs(shorter[starts], longer[starts], summed, probes[order][starts])


def likely(pairs: Pairs, min_probe_share: float) -> Pairs:
    """The candidates: pairs whose longer document holds at least `min_probe_share` of the shorter one's probes."""
    enough = pairs.hits >= min_probe_share * pairs.probes
    return Pairs(*(column[enough] for column in pairs))


def group_candidates(documents: Iterable[DocumentRef], candidates: Pairs) -> list[Group]:
    """The groups of documents that candidate pairs connect, in the total order of their first documents.

    Of equally long documents that pairs connect, each has the first as a rival: a probe may be put to others of them
    only.
    """
    known = {document.doc_index: document for document in documents}
    rivals: dict[int, set[int]] = {}
    connected, as_long = _UnionFind(), _UnionFind()
    for one, other in zip(candidates.shorter.tolist(), candidates.longer.tolist(), strict=True):
        later, earlier = sorted((one, other), key=lambda doc_index: _order(known[doc_index]), reverse=True)
        rivals.setdefault(later, set()).add(earlier)
        connected.join(later, earlier)
        if known[later].words == known[earlier].words:
            as_long.join(later, earlier)
    for doc_indexes in as_long.sets():
        first, *others = sorted(doc_indexes, key=lambda doc_index: _order(known[doc_index]))
        for other in others:
            rivals.setdefault(other, set()).add(first)
    groups = (_group([known[doc_index] for doc_index in members], rivals) for members in connected.sets())
    return sorted(groups, key=lambda group: _order(group.documents[0]))


def _order(document: DocumentRef) -> tuple[int, str, int]:
    return -document.words, document.id, document.doc_index


class _UnionFind:
    """Disjoint sets of document indexes; find halves the path that it walks (Tarjan and van Leeuwen)."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def join(self, one: int, other: int) -> None:
        self._parent[self._find(one)] = self._find(other)

    def _find(self, member: int) -> int:
        self._parent.setdefault(member, member)
        while self._parent[member] != member:
            self._parent[member] = member = self._parent[self._parent[member]]
        return member

    def sets(self) -> list[list[int]]:
        by_root: dict[int, list[int]] = {}
        for member in list(self._parent):
            by_root.setdefault(self._find(member), []).append(member)
        return list(by_root.values())


def _group(documents: list[DocumentRef], rivals: dict[int, set[int]]) -> Group:
    documents = sorted(documents, key=_order)
    rank = {document.doc_index: number for number, document in enumerate(documents)}
    facing = (sorted(rank[rival] for rival in rivals.get(document.doc_index, ())) for document in documents)
    return Group(tuple(documents), tuple(map(tuple, facing)))


def decide(
    group: Group, text_of: Callable[[DocumentRef], str], overlap_share: float, shingle_words: int, sample_words: int
) -> list[tuple[DocumentRef, Match]]:
    """Which documents of a group are dropped, and why; of several kept ones that cover one, the best is named.

    A document is compared with its rivals that are kept; for a rival that is dropped, with the document that covers it.

    Args:
        group: candidates in the total order.
        text_of: gives a document's text; called once per document.
        overlap_share: a document is dropped when more than this share of its words is covered by one kept document.
        shingle_words: words in a shingle.
        sample_words: words of common text shown as evidence.
    """
    # Documents are known by their rank in the group. last_asked says up to which rank a document is still somebody's
    # rival: opened texts are held no longer, so memory follows the rivals of a moment and not the group.
    last_asked = {rival: rank for rank, rivals in enumerate(group.rivals) for rival in rivals}
    kept: dict[int, _Open] = {}
    covered_by: dict[int, int] = {}
    dropped: list[tuple[DocumentRef, Match]] = []
    for rank, (document, rivals) in enumerate(zip(group.documents, group.rivals, strict=True)):
        opened = _open(document, text_of(document), shingle_words)
        facing = {covered_by.get(rival, rival) for rival in rivals}
        share, best = max(((_coverage(opened, kept[rival], shingle_words), -rival) for rival in facing), default=(0, 0))
        if share > overlap_share:
            covered_by[rank] = -best
            dropped.append((document, _match(opened, kept[-best], share, shingle_words, sample_words)))
            last_asked[-best] = max(last_asked[-best], last_asked.get(rank, 0))
        elif rank in last_asked:
            kept[rank] = opened
        kept = {rival: opened for rival, opened in kept.items() if last_asked[rival] > rank}
    return dropped


class _Open(NamedTuple):
    """A document with its text at hand: its words, its shingles in text order, and each of these once, ascending."""

    document: DocumentRef
    text: str
    words: int
    shingles: Hashes
    known: Hashes


def _open(document: DocumentRef, text: str, length: int) -> _Open:
    words = find_words(text).hashes
    shingles = shingle(words, length)
    return _Open(document, text, len(words), shingles, distinct(shingles))


def _coverage(one: _Open, other: _Open, length: int) -> float:
    """The share of one document's words that another covers, 0 to 1."""
    return int(covered(one.shingles, other.known, length).sum()) / max(one.words, 1)


def _match(one: _Open, other: _Open, share: float, length: int, sample_words: int) -> Match:
    start, there, shingles = common_passage(one.shingles, other.shingles)
    shown = min(sample_words, shingles + length - 1)
    back = _coverage(other, one, length)
    texts = _cutting(one.text, start, shown), _cutting(other.text, there, shown)
    return Match(one.document.id, other.document.id, share, back, one.words, other.words, *texts)


def _cutting(text: str, first: int, count: int) -> str:
    """`count` words of a text from the first on, as they stand there."""
    words = find_words(text)
    units = text.encode("utf-16-le", "surrogatepass")[2 * words.starts[first] : 2 * words.ends[first + count - 1]]
    return units.decode("utf-16-le", "replace")
