"""A keyed permutation of whole numbers: a shuffle of any size without an index array."""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # splitmix64 (Steele, Lea, Flood 2014)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_ROUNDS = 6  # Feistel rounds: four are enough for a permutation no test tells from a random one; two to spare


def mix64(values: np.ndarray) -> np.ndarray:
    """splitmix64's output function: uint64 to uint64, one to one, every bit depending on every bit."""
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    found: np.ndarray = values ^ (values >> np.uint64(31))
    return found


def key_of(*parts: int | np.ndarray) -> np.ndarray:
    """One uint64 key from several numbers (seed, source, lap, ...), in their order."""
    key = np.zeros(1, np.uint64)
    for part in parts:
        key = mix64(key ^ np.asarray(part).astype(np.uint64))
    return key


def permute(index: np.ndarray, size: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Where each index goes in the permutation of [0, size) that key names; all three of one shape, index < size.

    A Feistel network over a grid a x b of at least size cells, walked until it comes to a cell below size: the grid
    has fewer than 2 sqrt(size) cells too many, so that hardly any index walks.
    """
    index, size, key = (np.asarray(one, np.uint64) for one in np.broadcast_arrays(index, size, key))
    width = np.sqrt(size.astype(np.float64)).astype(np.uint64) + np.uint64(1)
    height = size // width + np.uint64(1)
    found = _feistel(index, width, height, key)
    while len(outside := np.flatnonzero(found >= size)):
        found[outside] = _feistel(found[outside], width[outside], height[outside], key[outside])
    return found


def _feistel(index: np.ndarray, width: np.ndarray, height: np.ndarray, key: np.ndarray) -> np.ndarray:
    left, right = index // width, index % width
    for turn in range(0, _ROUNDS, 2):
        left = (left + mix64(key + np.uint64(turn) ^ right) % height) % height
        right = (right + mix64(key + np.uint64(turn + 1) ^ left) % width) % width
    found: np.ndarray = left * width + right
    return found
