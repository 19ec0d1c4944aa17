"""An n-gram model with modified Kneser-Ney smoothing, estimated in NumPy and written as ARPA.

The estimate is lmplz's: the highest order is counted, lower orders count how many different words stand before an
n-gram; every order is interpolated with the one below, the lowest with a uniform model over the vocabulary.

    p(w | h) = (c(h w) - D(c(h w))) / c(h) + gamma(h) p(w | h'),    h' = h without its first word
    gamma(h) = sum of D(c(h w)) over the words w after h, divided by c(h)

Source: Chen and Goodman 1998, equation 26; Heafield et al. 2013, Scalable Modified Kneser-Ney Estimation.
Differs: lmplz works in single precision; probabilities here are double until they are printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import InputError
from corpus.recipe import cited

UNKNOWN, START, END = "<unk>", "<s>", "</s>"
FALLBACK_DISCOUNT = cited(
    0.5, "kenlm, lmplz --discount_fallback: 0.5, 1 and 1.5 off counts of 1, 2, and 3 or more", "", "peer"
)
"""For corpora so small that no n-gram was counted once, twice, three or four times."""
_MOST_APART = 3
"""Modified Kneser-Ney has one discount each for counts of 1, 2, and 3 or more."""
_ROWS_AT_ONCE = 1 << 16

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


class Order(NamedTuple):
    """All n-grams of one order; arrays of shape (n-grams of this order,), in the order of their ids.

    context is the id of the n-gram without its last word, suffix without its first, both among the order below (0 for
    unigrams); word its last word; counts are adjusted; probability that of word after context, and backoff the
    share of probability that words unseen after this n-gram get from the order below.
    """

    context: Ids
    word: Ids
    suffix: Ids
    counts: Ids
    probability: Floats
    backoff: Floats


class Model(NamedTuple):
    """words by id (0 unknown, 1 start, 2 end of a sentence), and its orders, unigrams first."""

    words: list[str]
    orders: list[Order]


class _Counted(NamedTuple):
    """The n-grams of one order as they were counted; starting tells which begin with the start of a sentence."""

    context: Ids
    word: Ids
    suffix: Ids
    raw: Ids
    starting: NDArray[np.bool_]


def estimate(sentences: Iterable[list[str]], order: int) -> Model:
    """The model of sentences, each a list of words.

    Raises:
        InputError: there are no words at all.
    """
    words, stream, offset = _numbered(sentences)
    if len(words) == len((UNKNOWN, START, END)):
        raise InputError("text to train a language model on", "no words")
    counted = list(_count(stream, offset, order, len(words)))
    orders: list[Order] = []
    for one, above in zip(counted, [*counted[1:], None], strict=True):
        below = orders[-1] if orders else None
        smoothed, backoff = _smoothed(one, _adjusted(one, above), below)
        if below is not None:
            orders[-1] = below._replace(backoff=backoff)
        orders.append(smoothed)
    return Model(words, orders)


def _numbered(sentences: Iterable[list[str]]) -> tuple[list[str], Ids, Ids]:
    """Words, the ids of all sentences with start and end around each, and each position's distance from its start."""
    ids = {UNKNOWN: 0, START: 1, END: 2}
    stream = [np.array([1, *(ids.setdefault(word, len(ids)) for word in words), 2], np.int64) for words in sentences]
    # All sentences in one array [positions], so that n-grams are counted by sorting it and not in a Python dict;
    # offset [positions] is 0 at each <s>, and so says how long an n-gram may reach back without leaving its sentence.
    lengths = np.array([len(piece) for piece in stream], np.int64)
    joined = np.concatenate([np.zeros(0, np.int64), *stream])
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return list(ids), joined, np.arange(len(joined)) - starts


def _count(stream: Ids, offset: Ids, order: int, words: int) -> Iterator[_Counted]:
    """Every order's n-grams, by sorting the pairs (n-gram that ends one word earlier, word)."""
    none = np.zeros(words, np.int64)
    yield _Counted(none, np.arange(words), none, np.bincount(stream, minlength=words), none.astype(np.bool_))
    at = stream  # [positions]: the id of the n-gram (of the order below) that ends there, -1 where none does
    for length in range(2, order + 1):
        # An n-gram is a pair: the id of its first n - 1 words, which end one position earlier, and its last word. As
        # one int64 key (id * words + word) equal n-grams are equal, and a stable sort puts them side by side.
        ends = np.flatnonzero(offset >= length - 1)
        keys = at[ends - 1] * words + stream[ends]
        by_key = np.argsort(keys, kind="stable")
        ordered = keys[by_key]
        is_new = np.diff(ordered, prepend=-1) > 0  # the first of each run of equal keys
        firsts = np.flatnonzero(is_new)
        seen = ends[by_key[firsts]]  # where each n-gram ends for the first time
        raw = np.diff(np.append(firsts, len(ordered)))
        yield _Counted(at[seen - 1], stream[seen], at[seen], raw, offset[seen] == length - 1)
        at = np.full(len(stream), -1, np.int64)
        at[ends[by_key]] = np.cumsum(is_new) - 1  # ids of this order, in the order of keys, scattered back


def _adjusted(one: _Counted, above: _Counted | None) -> Ids:
    """How many words were seen before each n-gram; how often it was seen, for the highest order and after a start."""
    # A lower order is asked only when a higher one was not seen; so it counts contexts, not occurrences ("San
    # Francisco" is frequent, but `Francisco` follows one word only). An n-gram of the order above with this suffix is
    # one such context. After <s> nothing stands before, so there the plain count is kept.
    if above is not None:
        return np.where(one.starting, one.raw, np.bincount(above.suffix, minlength=len(one.word)))
    return np.where(one.word == 1, 0, one.raw)


def _smoothed(one: _Counted, counts: Ids, below: Order | None) -> tuple[Order, Floats]:
    """An order with its probabilities, and the backoffs that its contexts, n-grams of the order below, get by it."""
    # Absolute discounting: `taken` is subtracted from every count; what a context loses is gamma, the share that is
    # given to the order below. bincount by context sums both, so probabilities after a context add up to 1.
    taken = discounts(counts)[np.minimum(counts, _MOST_APART)]
    contexts = len(below.word) if below else 1
    total = np.bincount(one.context, counts, contexts)
    gamma = np.bincount(one.context, taken, contexts) / np.maximum(total, 1)
    lower = below.probability[one.suffix] if below else 1 / (len(one.word) - 1)  # the start is never predicted
    probability = (counts - taken) / total[one.context] + gamma[one.context] * lower
    if below is None:
        probability[1] = 1.0  # the start of a sentence is given
    no_context = np.ones(len(one.word))
    order = Order(one.context, one.word, one.suffix, counts, probability, no_context)
    return order, np.where(total > 0, gamma, 1.0)


def discounts(counts: Ids) -> Floats:
    """What is taken off a count of 0, 1, 2, and 3 or more; shape (4,)."""
    n = np.bincount(counts[counts <= _MOST_APART + 1], minlength=_MOST_APART + 2).astype(np.float64)
    apart = range(1, _MOST_APART + 1)
    if n[apart].all():
        # Chen and Goodman's estimate from n[j], how many n-grams were counted j times: Y = n1 / (n1 + 2 n2),
        # D(j) = j - (j + 1) Y n[j + 1] / n[j].
        y = n[1] / (n[1] + 2 * n[2])
        estimated = np.array([0.0, *(j - (j + 1) * y * n[j + 1] / n[j] for j in apart)])
        if (estimated >= 0).all() and (estimated <= np.arange(_MOST_APART + 1)).all():
            return estimated
    return np.arange(_MOST_APART + 1, dtype=np.float64) * FALLBACK_DISCOUNT.value


def arpa(model: Model) -> Iterator[str]:
    """The lines of a model in the ARPA format: log10 of probabilities and backoffs, to 7 digits."""
    yield "\\data\\\n"
    yield from (f"ngram {at}={len(order.word)}\n" for at, order in enumerate(model.orders, 1))
    for at in range(len(model.orders)):
        yield f"\n\\{at + 1}-grams:\n"
        yield from _arpa_lines(model, at)
    yield "\n\\end\\\n"


def _arpa_lines(model: Model, at: int) -> Iterator[str]:
    order, words = model.orders[at], np.array(model.words, object)
    highest = at == len(model.orders) - 1
    pattern = "%.7g\t%s\n" if highest else "%.7g\t%s\t%.7g\n"
    for first in range(0, len(order.word), _ROWS_AT_ONCE):
        rows = np.arange(first, min(first + _ROWS_AT_ONCE, len(order.word)))
        texts = map(" ".join, zip(*(words[column] for column in _columns(model, at, rows)), strict=True))
        logprobs = np.minimum(np.log10(order.probability[rows]), 0.0).tolist()
        backoffs = () if highest else (np.log10(order.backoff[rows]).tolist(),)
        yield from map(pattern.__mod__, zip(logprobs, texts, *backoffs, strict=True))


def _columns(model: Model, at: int, rows: Ids) -> list[Ids]:
    """The words of n-grams, first to last: one array of word ids for each position."""
    columns = []
    for order in reversed(model.orders[: at + 1]):
        columns.append(order.word[rows])
        rows = order.context[rows]
    return columns[::-1]
