"""The likeliest labels of many lines at once, by a compressed fastText model, in numpy.

fastText spends most of its time looking n-grams of characters up, one after the other, in a hash table: a compressed
model has kept a few of them. Here the n-grams of many lines are hashed and looked up together. They are added up in
another order, so a probability differs from fastText's by rounding; where that could matter, fastText has to be asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import fasttext
import numpy as np
from numpy.typing import NDArray

from corpus.recipe import cited
from filters.web.fasttext_file import kept_ngrams
from filters.web.fasttext_model import LABEL

Hashes = NDArray[np.uint32]
Keys = NDArray[np.uint64]
Places = NDArray[np.intp]

DOUBT = cited(
    3e-5, "probabilities this near are for fastText to tell apart: on real pages they differ by 4e-6", "probability"
)
BATCH_CHARS = 1 << 17
"""Long enough that numpy's calls cost little, and short enough that its arrays stay in a core's cache."""

_OFFSET, _PRIME = np.uint32(2166136261), np.uint32(16777619)
"""Of FNV-1a, which takes an n-gram byte by byte."""
_WIDE = 128
"""Characters from here on have several bytes in UTF-8; in tables by character they share the last place."""
_WHITE = np.zeros(_WIDE + 1, bool)
_WHITE[list(b"\0\t\n\v\f\r ")] = True
_WIDER = (0x80, 0x800, 0x10000)
"""From where on a character has two, three and four bytes."""
_FACTOR, _KEY_BITS, _TOP_BITS = 0x9E3779B97F4A7C15, 64, 20
"""The key of a word is the polynomial of its characters in an odd number, modulo 2**64: too wide to meet by chance."""
_END = "</s>"
_FLOOR = cited(1e-5, "fastText, loss.cc, std_log: added before the logarithm", "probability", "peer")
_SHORTEST = 2


class Batch(NamedTuple):
    """Lines joined by white space, one before the first and one after the last; every array but two is by character."""

    chars: Hashes
    """Code points, with `>` for white space."""
    white: NDArray[np.bool_]
    wide: Places
    """Where the characters of several bytes stand."""
    wide_bytes: list[tuple[NDArray[np.bool_], Hashes]]
    """Their first, second, third and fourth bytes as FNV takes them, and which of them have one."""


def batch(lines: list[str]) -> Batch:
    """Lines as arrays of characters; lone surrogates are question marks."""
    # UTF-32 gives one uint32 per character, so that places in the text are places in the arrays. FNV hashes UTF-8:
    # the second, third and fourth bytes of characters outside ASCII have no place here and are kept apart.
    text = f" {' '.join(lines)} ".encode("utf-32-le", "replace")
    chars = np.frombuffer(text, np.uint32)
    places = np.minimum(chars, _WIDE)
    white, wide = _WHITE.take(places), np.flatnonzero(places == _WIDE)
    data = chars[wide].tobytes().decode("utf-32-le").encode()
    lengths = 1 + np.searchsorted(_WIDER, chars[wide], side="right")
    # fastText hashes `uint32_t(int8_t(byte))`: bytes from 128 on are extended by their sign, as here by way of int8.
    signed = np.frombuffer(data + bytes(len(_WIDER)), np.int8).astype(np.uint32)
    starts = np.cumsum(lengths) - lengths
    wide_bytes = [(lengths > at, signed[starts + at]) for at in range(max(lengths, default=0))]
    return Batch(np.where(white, np.uint32(ord(">")), chars), white, wide, wide_bytes)


def longer(hashes: Hashes, found: Batch, ahead: int) -> Hashes:
    """Hashes of n-grams of `ahead` characters, by where they start, extended by one character."""
    # A rolling step of FNV-1a, for all places at once: h(n + 1 characters) = (h(n characters) ^ next) * prime, modulo
    # 2**32, which is how uint32 overflows. A character of several bytes takes one such step per byte.
    mixed = (hashes[: len(found.chars) - ahead] ^ found.chars[ahead:]) * _PRIME
    first = int(np.searchsorted(found.wide, ahead))
    at = found.wide[first:] - ahead
    several = hashes[at]
    for has, byte in found.wide_bytes:
        several = np.where(has[first:], (several ^ byte[first:]) * _PRIME, several)
    mixed[at] = several
    return mixed


def word_keys(found: Batch, powers: Keys, inverse: Keys) -> tuple[Places, Keys]:
    """Where the words of a batch start, and the key of each."""
    # A polynomial rolling hash by prefix sums: with S[i] = sum of char[j] * f**j for j < i, the sum over a word from s
    # to e is S[e] - S[s], and times f**-s it no longer depends on where the word stands. All modulo 2**64, in which an
    # odd f has an inverse.
    at = np.flatnonzero(found.white)
    long = np.diff(at) > 1
    starts, ends = at[:-1][long] + 1, at[1:][long]
    sums = np.zeros(len(found.chars) + 1, np.uint64)
    np.cumsum(found.chars * powers[: len(found.chars)], out=sums[1:])
    return starts, (sums[ends] - sums[starts]) * inverse[starts]


class LineModel:
    """Tells of many lines their likeliest labels.

    Args:
        path: a model for which `fits` is true.
        model: the same in fastText's binding.
    """

    def __init__(self, path: str, model: Any) -> None:
        settings = model.getArgs()
        self._bucket, self._longest = np.uint32(settings.bucket), settings.maxn
        words, _counts = model.getVocab("strict")
        labels, counts = model.getLabels("strict")
        hashes, rows = kept_ngrams(path)
        self._kept = np.zeros(settings.bucket, bool)
        self._kept[hashes] = True
        self._row = np.zeros(settings.bucket, np.min_scalar_type(len(words) + len(rows)))
        self._row[hashes] = len(words) + rows
        self._vectors = _vectors(model, len(words) + len(rows), settings.dim)
        self._end = self._vectors[words.index(_END)]
        self._powers = _powers(_FACTOR)
        self._inverse = _powers(pow(_FACTOR, -1, 1 << _KEY_BITS))
        keys = np.concatenate([word_keys(batch([word]), self._powers, self._inverse)[1] for word in words])
        self._word = np.argsort(keys)
        self._keys = keys[self._word]
        self._likely = np.zeros(1 << _TOP_BITS, bool)
        self._likely[_top(keys)] = True
        self._labels = [label.removeprefix(LABEL) for label in labels]
        self._output = np.array(model.getOutputMatrix())[: len(labels) - 1]
        paths = tree(counts)
        self._path = np.concatenate(paths)
        self._path_starts = np.cumsum([0, *map(len, paths[:-1])])

    def __call__(self, lines: list[str]) -> list[tuple[float, str] | None]:
        """For each line its likeliest label, as (probability, label); None where fastText has to be asked."""
        found: list[tuple[float, str] | None] = [None] * len(lines)
        for numbers in _groups(lines):
            probabilities = self.probabilities([lines[number] for number in numbers])
            first = probabilities.argmax(1)
            next_best, best = np.partition(probabilities, -2)[:, -2:].T
            for number, label, score, ahead in zip(numbers, first, best.tolist(), best - next_best, strict=True):
                found[number] = (score, self._labels[label]) if ahead > DOUBT.value else None
        return found

    def probabilities(self, lines: list[str]) -> NDArray[np.float64]:
        """The probability of each label, shape (lines, labels); no line holds a newline, a label or an end of line."""
        # Hierarchical softmax: each inner node of the tree is a logistic decision, 1 / (1 + exp(-x)), here by tanh. The
        # probability of a label is the product along its path: a sum of logarithms, by reduceat over all paths joined.
        right = (1 + np.tanh(np.einsum("ld,nd->ln", self.hidden(lines), self._output) / 2)) / 2
        logs = np.log(np.concatenate([1 - right, right], 1) + _FLOOR.value)
        return np.exp(np.add.reduceat(logs.take(self._path, 1), self._path_starts, 1))

    def hidden(self, lines: list[str]) -> NDArray[np.float64]:
        """The mean vector of the words and n-grams of each line and of its end, shape (lines, dimensions)."""
        found = batch(lines)
        starts = np.cumsum([0, *(len(line) + 1 for line in lines[:-1])])
        sums, counts = np.repeat(self._end[None].astype(np.float64), len(lines), 0), np.ones(len(lines))
        for places, rows in [self._words(found), *self._ngrams(found)]:
            # reduceat sums the vectors from each bound to the next: one row per line, for lines that have any.
            bounds = np.searchsorted(places, starts)
            many = np.diff(bounds, append=len(places))
            if len(places):
                sums[many > 0] += np.add.reduceat(self._vectors.take(rows, 0), bounds[many > 0])
            counts += many
        return sums / counts[:, None]

    def _words(self, found: Batch) -> tuple[Places, NDArray[Any]]:
        """Where the words that the model knows start, and their rows."""
        starts, keys = word_keys(found, self._powers, self._inverse)
        # A bit per value of the keys' top 20 bits sorts out most unknown words before the binary search.
        likely = np.flatnonzero(self._likely.take(_top(keys)))
        at = np.searchsorted(self._keys[:-1], keys[likely])
        known = self._keys[at] == keys[likely]
        return starts[likely[known]], self._word[at[known]]

    def _ngrams(self, found: Batch) -> Iterator[tuple[Places, NDArray[Any]]]:
        """Where the n-grams that the model kept start, and their rows; those of each length by themselves."""
        first = found._replace(chars=np.where(found.white, np.uint32(ord("<")), found.chars))
        hashes = longer(np.full(len(found.chars), _OFFSET), first, 0)
        black = ~found.white
        for length in range(_SHORTEST, self._longest + 1):
            hashes = longer(hashes, found, length - 1)
            numbers = hashes - hashes // self._bucket * self._bucket  # hashes % bucket, in a third of the time
            kept = self._kept.take(numbers)
            if length == _SHORTEST:
                kept &= black[:-1] | black[1:]
            for inner in range(1, length - 1):
                kept &= black[inner : inner + len(kept)]
            places = np.flatnonzero(kept)
            yield places, self._row.take(numbers[places])


def fits(path: str, model: Any) -> bool:
    """Whether a model is of the kind that LineModel reads: pruned, without word n-grams, its labels in a tree."""
    settings = model.getArgs()
    return bool(
        model.isQuant()
        and not settings.qout
        and settings.wordNgrams == 1
        and settings.minn == _SHORTEST
        and settings.loss == settings.loss.hs
        and len(kept_ngrams(path)[0])
    )


def tree(counts: list[int]) -> list[list[int]]:
    """The way to each label in the Huffman tree of labels: n for left at inner node n, n + inner nodes for right.

    Args:
        counts: how often each label was seen, falling.
    """
    # Huffman's tree with two queues: leaves by falling count from the end, inner nodes in the order they were made. The
    # lighter of the two fronts is taken, which needs no heap; ties go as in fastText, so that paths are its own.
    inner_nodes = len(counts) - 1
    weights, below = list(counts), [[label] for label in range(len(counts))]
    paths: list[list[int]] = [[] for _ in counts]
    leaf, node = len(counts) - 1, len(counts)
    for inner in range(inner_nodes):
        pair = []
        for turn in (inner, inner + inner_nodes):
            if leaf >= 0 and (node == len(weights) or weights[leaf] < weights[node]):
                chosen, leaf = leaf, leaf - 1
            else:
                chosen, node = node, node + 1
            for label in below[chosen]:
                paths[label].append(turn)
            pair.append(chosen)
        weights.append(weights[pair[0]] + weights[pair[1]])
        below.append(below[pair[0]] + below[pair[1]])
    return paths


def _groups(lines: list[str]) -> Iterator[list[int]]:
    """The numbers of the lines that can be read together; those that are too long or unusual are left out."""
    group: list[int] = []
    chars = 0
    for number, line in enumerate(lines):
        if len(line) >= BATCH_CHARS or LABEL in line or _END in line:
            continue
        if chars + len(line) >= BATCH_CHARS:
            yield group
            group, chars = [], 0
        group.append(number)
        chars += len(line) + 1
    if group:
        yield group


def _top(keys: Keys) -> Keys:
    return keys >> np.uint64(_KEY_BITS - _TOP_BITS)


def _powers(factor: int) -> Keys:
    """The powers of a factor from 0 on, for every place of a batch."""
    powers = np.full(BATCH_CHARS + 2, factor, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def _vectors(model: Any, rows: int, dimensions: int) -> NDArray[np.float32]:
    """The vectors of a model's words and n-grams, unpacked, shape (rows, dimensions)."""
    vectors, one = np.empty((rows, dimensions), np.float32), fasttext.FastText.fasttext.Vector(dimensions)
    for row in range(rows):
        model.getInputVector(one, row)
        vectors[row] = one
    return vectors
