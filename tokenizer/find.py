"""Finding a document's tokens by its id."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.writers import id_hash
from tokenizer.shards import TokenShard, find_shards


class Found(NamedTuple):
    """The tokens of a document: start .. stop - 1 of a shard; locator names the row it was read from."""

    shard: str
    number: int
    start: int
    stop: int
    locator: str


def find_document(folder: str | Path, name: str) -> list[Found]:
    """The tokens of the document with that id in every shard below a folder; [] where there are none.

    Reads indexes only.
    """
    matches = []
    for path in find_shards(folder):
        with TokenShard(path, check=False) as shard:
            for number in np.flatnonzero(shard.id_hash == id_hash(name)).tolist():
                start, stop = shard.offsets[number : number + 2].tolist()
                matches.append(Found(path, number, start, stop, shard.locator(number)))
    return matches
