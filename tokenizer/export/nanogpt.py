"""nanoGPT's files: train.bin and val.bin, flat uint16 ids of complete documents; meta.pkl holds vocab_size.

nanoGPT reads one pair and samples uniformly from it: of token shards the sources stand one after the other, each with
all its tokens; of a mixture its documents stand shuffled, each source with its share.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from corpus.errors import ShardError
from corpus.output.write import Writing
from corpus.recipe import cited
from tokenizer.draws import draw
from tokenizer.export.output import exporting, exporting_mixture
from tokenizer.mixture import mixed_shard, read_mixture
from tokenizer.shards import TokenShard, find_shards, read_info

VAL_SHARE = cited(0.0005, "nanoGPT, data/openwebtext/prepare.py, test_size", "share of documents", "peer")
HASHES = 1 << 64
NAMES = TRAIN, VAL, META = ["train.bin", "val.bin", "meta.pkl"]


def export(folder: str | Path, output: str | Path, val_share: float | None = None) -> list[str]:
    """Write the shards below folder to output; documents whose id hash is below val_share (VAL_SHARE) are in val.bin.

    Where that is none, the one with the least hash is: nanoGPT cannot open an empty file.

    Raises:
        ShardError: ids that uint16 cannot hold, or a damaged shard.
    """
    paths = find_shards(folder)
    share = VAL_SHARE.value if val_share is None else val_share
    infos = [read_info(path) for path in paths]
    for info, path in zip(infos, paths, strict=True):
        _require_uint16(info.dtype, path)
    with exporting("nanogpt", folder, output, NAMES) as out:
        with out.create(TRAIN) as train, out.create(VAL) as val:
            for ids, held_out in _runs(paths, _limit(share, paths)):
                (val if held_out else train).write(ids.data)
        _write_meta(out, max(info.vocab_size for info in infos))
    return [f"{output}/{name}" for name in NAMES]


def export_mixture(
    folder: str | Path, output: str | Path, tokens: int, seed: int, val_share: float | None = None
) -> list[str]:
    """Write what is drawn from the mixture in a folder; documents that are held out are in val.bin alone, once each.

    Raises:
        ShardError: ids that uint16 cannot hold, or a damaged shard.
    """
    mixture = read_mixture(folder)
    _require_uint16(mixture.dtype, str(folder))
    shards = [entry for source in mixture.sources.values() if source.share for entry in source.shards]
    share = VAL_SHARE.value if val_share is None else val_share
    limit = _limit(share, [mixed_shard(mixture, entry) for entry in shards])
    with exporting_mixture("nanogpt", folder, output, NAMES) as out:
        with out.create(TRAIN) as file:
            for drawn in draw(mixture, tokens, seed, lambda hashes: ~_held_out(hashes, limit)):
                file.write(drawn.ids.data)
        with out.create(VAL) as file:
            for drawn in draw(mixture, tokens, seed, lambda hashes: _held_out(hashes, limit), laps=1):
                file.write(drawn.ids.data)
        _write_meta(out, mixture.vocab_size)
    return [f"{output}/{name}" for name in NAMES]


def _require_uint16(dtype: str, path: str) -> None:
    if dtype != "uint16":
        raise ShardError("uint16 ids, the only ones nanoGPT reads", dtype, path)


def _write_meta(out: Writing, vocab_size: int) -> None:
    with out.create(META) as file:
        file.write(pickle.dumps({"vocab_size": vocab_size}, protocol=4))


def _limit(share: float, paths: list[str]) -> int:
    """Documents with a hash below it are held out: a share of them all, and one at least where there are several."""
    limit = int(share * HASHES)
    if not limit:
        return 0
    least: list[int] = []  # the two least hashes of documents that have tokens
    for path in paths:
        with TokenShard(path, check=False) as shard:
            least = sorted({*least, *np.unique(shard.id_hash[np.diff(shard.offsets) > 0])[:2].tolist()})[:2]
        if least and least[0] < limit:
            return limit
    return least[1] if len(least) > 1 else limit


def _held_out(hashes: np.ndarray, limit: int) -> np.ndarray:
    """Which documents are held out: a hash is uniform over u64, so comparing it with share * 2**64 draws that share."""
    held_out: np.ndarray = hashes < np.uint64(limit) if limit < HASHES else np.ones(len(hashes), bool)
    return held_out


def _runs(paths: list[str], limit: int) -> Iterator[tuple[np.ndarray, bool]]:
    """Ids of consecutive documents on the same side of the split, and whether that is the held-out side."""
    for path in paths:
        with TokenShard(path, check=False) as shard:
            held_out = _held_out(shard.id_hash, limit)
            # Runs start where a document's side differs from the one before; prepending the opposite makes 0 a start.
            cuts = np.flatnonzero(np.diff(held_out, prepend=~held_out[:1])).tolist()
            for first, last in zip(cuts, [*cuts[1:], len(shard)], strict=True):
                yield shard.tokens(int(shard.offsets[first]), int(shard.offsets[last])), bool(held_out[first])
