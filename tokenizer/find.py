"""From a document's id to where its tokens are."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.writers import id_hash
from tokenizer.shards import TokenShard, find_shards


class Found(NamedTuple):
    """Where the tokens of a document are: tokens start .. stop - 1 of a shard; locator is where it was read."""

    shard: Path
    number: int
    start: int
    stop: int
    locator: str


def find_document(folder: str | Path, name: str) -> list[Found]:
    """Every place the document with that id has in the shards below a folder; [] where it has none.

    Reads indexes only.
    """
    found = []
    for path in find_shards(folder):
        with TokenShard(path, check=False) as shard:
            for number in np.flatnonzero(shard.id_hash == id_hash(name)).tolist():
                start, stop = shard.offsets[number : number + 2].tolist()
                found.append(Found(path, number, start, stop, shard.locator(number)))
    return found
