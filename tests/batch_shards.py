"""Token shards of made-up ids, for the tests of batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from made_outputs import make_tokens

from tokenizer.mixture import Mixture, mix
from tokenizer.shards import ShardInfo
from tokenizer.write_shards import Encoded, write_encoded

BOS, EOS = 1, 2


def write_ids(
    folder: Path,
    source: str,
    ids: np.ndarray,
    lengths: list[int],
    shard_bytes: int = 1 << 20,
    bos: int = BOS,
    eos: int = EOS,
) -> None:
    """Shards of one source whose documents, end to end, are ids (as uint32), cut to lengths in turn."""
    frame = ShardInfo("", "", 0, 0, "uint32", 0, 0, 1 << 20, bos, eos, "model", "recipe", 0, 0)
    documents, at = [], 0
    while at < len(ids):
        length = lengths[len(documents) % len(lengths)]
        documents.append(Encoded(len(documents), source, f"{source}.parquet#{at}", ids[at : at + length].astype("<u4")))
        at += length
    write_encoded(documents, frame, str(folder / source / "tokens-00000-of-00001"), shard_bytes)
    make_tokens(folder / source)


def numbered(folder: Path, sizes: dict[str, int], shares: dict[str, float], shard_bytes: int = 1 << 20) -> Mixture:
    """A mixture of sources whose token at place i is i (so that a token tells where it was read)."""
    for source, size in sizes.items():
        write_ids(folder, source, np.arange(size), [7, 1, 30], shard_bytes)
    return mix([str(folder)], str(folder / "mixture"), shares)
