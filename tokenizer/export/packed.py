"""Items packed behind a table of where each begins: what the shards of MDS and the chunks of litdata are.

Little-endian u32: the number of items, where each begins, where the last ends; then a config, if any; then the items.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def packed_files(items: Iterator[bytes], most_bytes: int, config: bytes = b"") -> Iterator[tuple[bytes, int]]:
    """Files of at most most_bytes, or of one item, and the number of items in each."""
    held: list[bytes] = []
    size = fixed = 8 + len(config)
    for item in items:
        if held and size + len(item) + 4 > most_bytes:
            yield _file(held, config), len(held)
            held, size = [], fixed
        held.append(item)
        size += len(item) + 4
    if held:
        yield _file(held, config), len(held)


def head_bytes(items: int, config: bytes = b"") -> int:
    """The bytes of a file before the first of its items."""
    return 4 + 4 * (items + 1) + len(config)


def _file(items: list[bytes], config: bytes) -> bytes:
    offsets = np.cumsum([head_bytes(len(items), config), *map(len, items)]).astype("<u4")
    return len(items).to_bytes(4, "little") + offsets.tobytes() + config + b"".join(items)
