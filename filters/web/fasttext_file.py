"""The layout of a fastText model file, checked to its last byte: fastText itself believes every number in one.

magic | settings | dictionary: sizes, entries, kept n-grams | input matrix | output matrix; all little-endian. A matrix
is dense (rows, columns, floats) or packed: a code for each part of a row, and the centroids that codes stand for.

Source: facebookresearch/fastText, fasttext.cc, dictionary.cc, quantmatrix.cc, productquantizer.cc.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.model_files import Mapped, mapped

MAGIC = (793712314, 12)
_HEAD = struct.Struct("<ii12id")
_SIZES = struct.Struct("<iiiqq")
_SHAPE, _QUANTIZER = struct.Struct("<qq"), struct.Struct("<iiii")
_CENTROIDS = 256
_MOST_COUNT = 10**15
"""What fastText takes for infinity when it builds its tree of labels."""
_LOSSES, _MODELS = range(1, 5), range(1, 4)


class Layout(NamedTuple):
    """What a file announces: columns of its matrices, words, labels, hash buckets, and how many n-grams were kept.

    kept is -1 where none were dropped; at is where the matrices start.
    """

    columns: int
    words: int
    labels: int
    buckets: int
    kept: int
    at: int


class _Bytes:
    """The bytes of a file, taken one part after the other."""

    def __init__(self, data: Mapped, at: int = 0) -> None:
        self.data, self.at = data, at

    def skip(self, size: int) -> int:
        """Move on by size bytes; returns where they start."""
        start = self.at
        if size < 0 or start + size > len(self.data):
            raise ValueError(f"a file that ends after {len(self.data)} bytes, before what it announces")
        self.at += size
        return start

    def read(self, form: struct.Struct) -> tuple[int, ...]:
        return form.unpack_from(self.data, self.skip(form.size))

    def flag(self) -> bool:
        value = self.data[self.skip(1)]
        if value > 1:
            raise ValueError(f"a flag of {value}")
        return bool(value)

    def floats(self, count: int) -> None:
        """Move on by count numbers, all of them finite."""
        start = self.skip(4 * count)
        if not np.isfinite(np.frombuffer(self.data[start : self.at], "<f4")).all():
            raise ValueError("weights that are no numbers")


def kept_ngrams(path: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The n-grams that a compressed model kept, as hashes, and which row after its words each has.

    Raises:
        ValueError: the file is damaged.
    """
    with mapped(path) as data:
        return _pairs(data, read_layout(data))


def check(path: str) -> None:
    """Look at every number of a file by which fastText finds another, and at its end.

    Raises:
        OSError: the file cannot be read.
        ValueError: a number leads elsewhere.
    """
    with mapped(path) as data:
        layout = read_layout(data)
        hashes, rows = _pairs(data, layout)
        if not (_all_within(hashes, layout.buckets) and _all_within(rows, layout.kept)):
            raise ValueError("a kept n-gram without a row")
        left = _Bytes(data, layout.at)
        packed = left.flag()
        if layout.kept >= 0 and not packed:
            raise ValueError("n-grams dropped from a matrix that is not packed")
        _matrix(left, packed, layout.words + (layout.buckets if layout.kept < 0 else layout.kept), layout.columns)
        _matrix(left, left.flag() and packed, layout.labels, layout.columns)
        if left.at != len(data):
            raise ValueError(f"{len(data)} bytes where {left.at} are announced")


def _all_within(numbers: NDArray[np.int32], end: int) -> bool:
    return not len(numbers) or bool(0 <= numbers.min() <= numbers.max() < end)


def read_layout(data: Mapped) -> Layout:
    """What the head of a file announces.

    Raises:
        ValueError: it is of another kind, ends before its matrices, or has an entry of another kind than its place.
    """
    left = _Bytes(data)
    magic, version, *settings, _threshold = left.read(_HEAD)
    if (magic, version) != MAGIC:
        raise ValueError("a file of another kind, or its first bytes alone")
    columns, loss, model, buckets, shortest, longest = (settings[at] for at in (0, 6, 7, 8, 9, 10))
    entries, words, labels, _tokens, kept = left.read(_SIZES)
    sane = columns > 0 and loss in _LOSSES and model in _MODELS and buckets >= 0 and shortest >= 0 and longest >= 0
    if not sane or words < 0 or labels < 1 or entries != words + labels or kept < -1:
        raise ValueError("settings that no model has")
    for number in range(entries):
        _entry(left, int(number >= words))
    left.skip(8 * max(0, kept))
    return Layout(columns, words, labels, buckets, kept, left.at)


def _entry(left: _Bytes, kind: int) -> None:
    end = left.data.find(b"\0", left.at)
    left.skip((end if end >= 0 else len(left.data)) + 1 - left.at)
    start = left.skip(9)
    count, found = int.from_bytes(left.data[start : start + 8], "little"), left.data[start + 8]
    if count >= _MOST_COUNT or found != kind:
        raise ValueError(f"an entry of its dictionary of kind {found}, {count} times, at byte {start}")


def _pairs(data: Mapped, layout: Layout) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    start = layout.at - 8 * max(0, layout.kept)
    pairs = np.frombuffer(data[start : layout.at], "<i4").reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _matrix(left: _Bytes, packed: bool, rows: int, columns: int) -> None:
    normed = packed and left.flag()
    found = left.read(_SHAPE)
    if found != (rows, columns):
        raise ValueError(f"a matrix of {found[0]} rows and {found[1]} columns where {rows} and {columns} are announced")
    if not packed:
        return left.floats(rows * columns)
    codes = int.from_bytes(left.data[left.skip(4) : left.at], "little", signed=True)
    left.skip(codes)
    parts = _quantizer(left, columns)
    if codes != rows * parts:
        raise ValueError(f"{codes} codes where {rows * parts} are announced")
    if normed:
        left.skip(rows)
        _quantizer(left, 1)
    return None


def _quantizer(left: _Bytes, columns: int) -> int:
    """Go on by the centroids of a packed matrix; in how many parts a row is."""
    found, parts, wide, last = left.read(_QUANTIZER)
    if found != columns or wide < 1 or parts != -(-columns // wide) or last != columns - wide * (parts - 1):
        raise ValueError("codes for other rows than the matrix has")
    left.floats(columns * _CENTROIDS)
    return parts
