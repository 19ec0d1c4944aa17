"""Removing documents from token shards: new shards without them, and which shards changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from corpus.errors import UsageError
from corpus.output.lineage import MADE_OF, origin
from corpus.output.manifest import MANIFEST, REMOVED
from corpus.output.read import Output, is_being_written
from corpus.output.write import Writing, writing
from corpus.progress.steps import SHARD
from corpus.progress.work import counted, step
from corpus.storage import CHUNK_BYTES, LOCAL, Storage
from corpus.stores.addresses import storage_of
from corpus.writers import id_hash
from tokenizer.shards import SUFFIX, TokenShard, find_shards, stem_of, token_outputs
from tokenizer.write_shards import Encoded, write_part

_FILES = (".tokens", ".crc32", ".index.npz", ".json")  # the JSON last, as on writing
_STATED = ("tokenizer", "vocab_size", "shares")


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
        UsageError: output is no new or empty folder, nor one of an earlier removal.
        UnsoundError: the shards are unfinished, stale or damaged; ShardError: tokens are.
    """
    outputs, target = token_outputs(folder), str(output).rstrip("/")
    root = str(folder).rstrip("/")
    storage = storage_of(target)
    _require_own(target, storage)
    wanted = {id_hash(name): name for name in ids}
    hashes, found = np.array(sorted(wanted), np.uint64), set[int]()
    removed = Removed([], [], 0, [])
    with ExitStack() as stack:
        # All are begun before one is finished, so that a removal that was killed never looks like one of fewer sources.
        outs = [
            stack.enter_context(writing(target + one.folder[len(root) :], REMOVED, ["tokens-*"], storage))
            for one in outputs
        ]
        with step("remove", sum(len(find_shards(one.folder)) for one in outputs), SHARD):
            for one, out in zip(outputs, outs, strict=True):
                removed = _remove(one, out, one.folder[len(root) + 1 :], hashes, removed, found)
        for one, out in zip(outputs, outs, strict=True):
            stated = {name: one.manifest[name] for name in _STATED if name in one.manifest}
            out.finish(**stated, **{MADE_OF: [origin(one.folder, one.manifest, out.folder)]})
    return removed._replace(missing=sorted(name for key, name in wanted.items() if key not in found))


def _require_own(target: str, storage: Storage) -> None:
    """Refuse a folder with anything in it but what an earlier removal left, finished or not."""
    left = [PurePosixPath(one.path[len(target) :]) for one in storage.files_below(target)]
    folders = {path.parent for path in left if path.name == MANIFEST}
    foreign = [path for path in left if not path.name.startswith(".") and not is_being_written(path.name)]
    if any(not folders & {path.parent, *path.parents} for path in foreign):
        raise UsageError("a new or empty folder, or one of `corpus remove`", target, "--output")


def _remove(tokens: Output, out: Writing, place: str, hashes: np.ndarray, removed: Removed, found: set[int]) -> Removed:
    """The tokens of one output, in the folder `place` below the others, without the documents of these hashes."""
    for path in counted(find_shards(tokens.folder), SHARD):
        with TokenShard(path, check=False) as shard:
            mask = np.isin(shard.id_hash, hashes)
            found.update(shard.id_hash[mask].tolist())
            if mask.any():
                _write_rest(shard, mask, out, stem_of(path))
            else:
                _take(tokens, out, stem_of(path))
        (removed.changed if mask.any() else removed.unchanged).append(f"{place}/{stem_of(path)}".lstrip("/"))
        removed = removed._replace(documents=removed.documents + int(mask.sum()))
    return removed


def _write_rest(shard: TokenShard, removed: np.ndarray, out: Writing, stem: str) -> None:
    """Write a shard again without the documents where removed is true."""
    rest = (
        Encoded(int(shard.id_hash[number]), shard.info.source, shard.locator(number), shard.document(number))
        for number in np.flatnonzero(~removed).tolist()
    )
    info = write_part(rest, shard.info, stem, out.create)
    with out.create(f"{stem}{SUFFIX}") as file:
        file.write(info.to_json())


def _take(tokens: Output, out: Writing, stem: str) -> None:
    """The files of a shard in another folder, without copying where the filesystem can.

    Raises:
        UnsoundError: they are not what was written.
    """
    for suffix in _FILES:
        file = tokens.files[stem + suffix]
        if tokens.storage is not LOCAL or out.storage is not LOCAL:
            with tokens.open(file) as source, out.create(file.name) as target:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
            continue
        tokens.open(file).close()
        with out.create_at(file.name) as new:
            try:
                os.link(tokens.path(file), new.path)
            except OSError:
                shutil.copyfile(tokens.path(file), new.path)
