"""A keyed permutation of [0, size): a shuffle of any size in constant memory, without an index array.

A Feistel network (as in format-preserving encryption, Black and Rogaway 2002): a number is written as two digits
(left, right), and in each round one digit has a hash of the other added to it. Each round can be undone by
subtraction, so the whole is one to one whatever the hash. Sizes that are no product of two bases are reached by cycle
walking: results that lie outside are permuted again.
"""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # splitmix64 (Steele, Lea, Flood 2014)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_ROUNDS = 6  # four make a Feistel network a strong pseudorandom permutation (Luby and Rackoff 1988); two to spare


def mix64(values: np.ndarray) -> np.ndarray:
    """splitmix64's output function: uint64 to uint64, one to one, every bit depending on every bit."""
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    mixed: np.ndarray = values ^ (values >> np.uint64(31))
    return mixed


def key_of(*parts: int | np.ndarray) -> np.ndarray:
    """One uint64 key from several numbers (seed, source, lap, ...), in their order."""
    key = np.zeros(1, np.uint64)
    for part in parts:
        key = mix64(key ^ np.asarray(part).astype(np.uint64))
    return key


def permute(index: np.ndarray, size: np.ndarray, key: np.ndarray) -> np.ndarray:
    """The place of each index in the permutation of [0, size) that key selects; arrays of one shape, index < size."""
    index, size, key = (np.asarray(array, np.uint64) for array in np.broadcast_arrays(index, size, key))
    # The grid height x width has at least size cells and fewer than 2 sqrt(size) more: few results lie outside.
    width = np.sqrt(size.astype(np.float64)).astype(np.uint64) + np.uint64(1)
    height = size // width + np.uint64(1)
    place = _feistel(index, width, height, key)
    # Cycle walking: an index inside is on a cycle of the grid's permutation that comes back inside, so this ends,
    # and two indices never arrive at the same place.
    while len(outside := np.flatnonzero(place >= size)):
        place[outside] = _feistel(place[outside], width[outside], height[outside], key[outside])
    return place


def _feistel(index: np.ndarray, width: np.ndarray, height: np.ndarray, key: np.ndarray) -> np.ndarray:
    """A permutation of the cells of a grid: left is the row (below height), right the column (below width)."""
    left, right = index // width, index % width
    for number in range(0, _ROUNDS, 2):  # two rounds, after which both digits have changed
        left = (left + mix64(key + np.uint64(number) ^ right) % height) % height
        right = (right + mix64(key + np.uint64(number + 1) ^ left) % width) % width
    cell: np.ndarray = left * width + right
    return cell
