"""Removing documents from token shards: new shards without them, and which shards changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.errors import UsageError
from corpus.storage import create
from corpus.writers import id_hash
from tokenizer.shards import TokenShard, find_shards
from tokenizer.write_shards import Encoded, write_part

_FILES = (".tokens", ".crc32", ".index.npz", ".json")  # the JSON last, as on writing


class Removed(NamedTuple):
    """The result of a removal: shards that were rewritten, shards unchanged, documents removed, ids not found."""

    changed: list[str]
    unchanged: list[str]
    documents: int
    missing: list[str]


def remove_documents(folder: str | Path, ids: Iterable[str], output: str | Path) -> Removed:
    """Write the shards below folder to output without the documents of these ids.

    A shard with none of them is linked (copied where the filesystem cannot link). One that loses all its documents
    stays, empty, so that every part of its document file is still there. Run `corpus mix` again afterwards.

    Raises:
        UsageError: output is not an empty or new folder.
        ShardError: a shard is damaged.
    """
    root, target = Path(folder), Path(output)
    if target.exists() and any(target.iterdir()):
        raise UsageError("a new or empty folder", str(target), "--output")
    wanted = {id_hash(name): name for name in ids}
    hashes, missing = np.array(sorted(wanted), np.uint64), dict(wanted)
    removed = Removed([], [], 0, [])
    for path in find_shards(root):
        copy = target / path.relative_to(root)
        with TokenShard(path, check=False) as shard:
            mask = np.isin(shard.id_hash, hashes)
            if mask.any():
                _write_rest(shard, mask, copy)
            else:
                _link(path, copy)
            for id_found in shard.id_hash[mask].tolist():
                missing.pop(id_found, None)
        (removed.changed if mask.any() else removed.unchanged).append(path.relative_to(root).with_suffix("").as_posix())
        removed = removed._replace(documents=removed.documents + int(mask.sum()))
    return removed._replace(missing=sorted(missing.values()))


def _write_rest(shard: TokenShard, removed: np.ndarray, path: Path) -> None:
    """Write a shard again without the documents where removed is true."""
    rest = (
        Encoded(int(shard.id_hash[number]), shard.info.source, shard.locator(number), shard.document(number))
        for number in np.flatnonzero(~removed).tolist()
    )
    info = write_part(rest, shard.info, str(path.with_suffix("")), create)
    with create(str(path)) as file:
        file.write(info.to_json())


def _link(path: Path, copy: Path) -> None:
    """The files of a shard under another name, without copying where the filesystem can."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    for suffix in _FILES:
        try:
            os.link(path.with_suffix(suffix), copy.with_suffix(suffix))
        except OSError:
            shutil.copyfile(path.with_suffix(suffix), copy.with_suffix(suffix))
