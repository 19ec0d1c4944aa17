"""nanoGPT's files: train.bin and val.bin, flat uint16 ids of complete documents; meta.pkl holds vocab_size.

nanoGPT reads one pair and samples uniformly from it, so the mixture's shares are not kept.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from corpus.errors import ShardError
from corpus.recipe import cited
from tokenizer.export.output import exporting
from tokenizer.shards import TokenShard, find_shards, read_info

VAL_SHARE = cited(0.0005, "nanoGPT, data/openwebtext/prepare.py, test_size", "share of documents", "peer")
HASHES = 1 << 64


def export(folder: str | Path, output: str | Path, val_share: float | None = None) -> list[str]:
    """Write the shards below folder to output; documents whose id hash is below val_share (VAL_SHARE) are in val.bin.

    Raises:
        ShardError: ids that uint16 cannot hold, or a damaged shard.
    """
    paths = find_shards(folder)
    share = VAL_SHARE.value if val_share is None else val_share
    infos = [read_info(path) for path in paths]
    for info, path in zip(infos, paths, strict=True):
        if info.dtype != "uint16":
            raise ShardError("uint16 ids, the only ones nanoGPT reads", info.dtype, path)
    names = ["train.bin", "val.bin", "meta.pkl"]
    with exporting("nanogpt", folder, output, names) as out:
        with out.create(names[0]) as train, out.create(names[1]) as val:
            for ids, held_out in _runs(paths, int(share * HASHES)):
                (val if held_out else train).write(ids.data)
        with out.create(names[2]) as file:
            file.write(pickle.dumps({"vocab_size": max(info.vocab_size for info in infos)}, protocol=4))
    return [f"{output}/{name}" for name in names]


def _runs(paths: list[str], limit: int) -> Iterator[tuple[np.ndarray, bool]]:
    """Ids of consecutive documents on the same side of the split, and whether that is the held-out side."""
    for path in paths:
        with TokenShard(path, check=False) as shard:
            # A hash is uniform over u64, so comparing it with share * 2**64 draws that share of documents.
            held_out = shard.id_hash < np.uint64(limit) if limit < HASHES else np.ones(len(shard), bool)
            # Runs start where a document's side differs from the one before; prepending the opposite makes 0 a start.
            cuts = np.flatnonzero(np.diff(held_out, prepend=~held_out[:1])).tolist()
            for first, last in zip(cuts, [*cuts[1:], len(shard)], strict=True):
                yield shard.tokens(int(shard.offsets[first]), int(shard.offsets[last])), bool(held_out[first])
