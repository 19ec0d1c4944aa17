"""The mixture over token shards: the shards of each source, and its share of training tokens."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import ShardError
from corpus.json_values import json_value
from corpus.mixture import shares_of
from corpus.output.lineage import MADE_OF, origin, seen_from
from corpus.output.manifest import MIXTURE
from corpus.output.read import Output, read_output
from corpus.output.write import writing
from corpus.progress.steps import SHARD
from corpus.progress.work import counted, step
from corpus.stores.addresses import is_local, storage_of
from tokenizer.shards import SUFFIX, ShardInfo, find_shards, read_info, stem_of, token_outputs

FORMAT = "llama-corpus mixture 1"
NAME = "mixture.json"
_EQUAL = ("tokenizer", "vocab_size", "dtype", "bos", "eos")


class ShardEntry(NamedTuple):
    """A shard of a mixture: its JSON relative to the mixture's folder, its tokens, and the checksum of its blocks."""

    path: str
    tokens: int
    blocks_crc32: int


class Source(NamedTuple):
    """One source of a mixture: its share of training tokens (0 to 1) and its shards in order."""

    share: float
    tokens: int
    shards: tuple[ShardEntry, ...]


class Mixture(NamedTuple):
    """The shards and shares that training reads; bos and eos are the ids around each document, -1 for none.

    folder is where the paths of shards start from, but for addresses; digest is the SHA-256 of mixture.json.
    """

    sources: Mapping[str, Source]
    tokenizer: str
    vocab_size: int
    dtype: str
    bos: int
    eos: int
    folder: str = "."
    digest: str = ""

    def epochs(self, tokens: int) -> dict[str, float]:
        """Epochs by source: how often each of its tokens is seen in a training of `tokens` tokens."""
        return {name: tokens * source.share / source.tokens for name, source in self.sources.items()}

    def to_json(self) -> bytes:
        """The bytes of the manifest, its own checksum among them."""
        sources = {name: {**source._asdict()} for name, source in self.sources.items()}
        fields = {"format": FORMAT, "sources": sources} | {name: getattr(self, name) for name in _EQUAL}
        return json.dumps(fields | {"crc32": _crc32(fields)}, indent=1, sort_keys=True).encode() + b"\n"


def mix(folders: list[str], output: str, shares: Mapping[str, float]) -> Mixture:
    """Write OUTPUT/mixture.json over every shard below folders; shares are rescaled to the sources found.

    Raises:
        InputError: no shard; UnsoundError: an output that is unfinished, stale or damaged.
        RecipeError: a source without a share.
        ShardError: shards of different tokenizers.
        OutputError: another writer is at it.
    """
    outputs = {_place(one.folder): one for folder in folders for one in token_outputs(folder)}
    paths = sorted({_place(path) for folder in outputs for path in find_shards(folder)})
    with step("read shards", len(paths), SHARD):
        infos = [read_info(path) for path in counted(paths, SHARD)]
    _require_equal_settings(infos, paths)
    shards: dict[str, list[ShardEntry]] = {}
    for info, path in zip(infos, paths, strict=True):
        if not info.tokens:  # every document of it was removed
            continue
        entry = ShardEntry(seen_from(output, path), info.tokens, info.blocks_crc32)
        shards.setdefault(info.source, []).append(entry)
    sources = {
        name: Source(share, sum(entry.tokens for entry in shards[name]), tuple(shards[name]))
        for name, share in shares_of(shards, shares).items()
    }
    mixture = Mixture(sources, **{name: getattr(infos[0], name) for name in _EQUAL})
    with writing(output, MIXTURE, [NAME], storage_of(output)) as out:
        with out.create(NAME) as file:
            file.write(mixture.to_json())
        made_of = [origin(path, one.manifest, output) for path, one in sorted(outputs.items())]
        out.finish(**{MADE_OF: made_of})
    return read_mixture(output)


def _place(path: str) -> str:
    """One name for a place that several lead to."""
    return os.path.realpath(path) if is_local(path) else path


def within(folder: str, path: str) -> str:
    """The path of a shard, as a mixture in a folder names it."""
    return path if not is_local(path) else os.path.join(folder, path)


def mixed_shard(mixture: Mixture, entry: ShardEntry) -> str:
    """The path of a mixture's shard, checked to be the one that was mixed.

    Raises:
        ShardError: it is absent, or another one.
    """
    path = within(mixture.folder, entry.path)
    info = read_info(path)
    if (info.tokens, info.blocks_crc32, info.dtype) != (entry.tokens, entry.blocks_crc32, mixture.dtype):
        raise ShardError("the shard that was mixed", "another one of that name", path, "mix again with `corpus mix`")
    return path


def read_mixture(path: str | Path, or_stale: bool = False) -> Mixture:
    """The mixture in a folder, or in the mixture.json of one.

    or_stale: take one of token shards whose documents have changed since; other shards than were mixed are refused when
        they are read.

    Raises:
        InputError: there is none.
        UnsoundError: it is unfinished or damaged, or its token shards are others now.
        ShardError: mixture.json is of another format.
    """
    folder = str(path).removesuffix(NAME).rstrip("/") or "."
    file = f"{folder}/{NAME}"
    output = read_output(folder, MIXTURE, storage_of(folder), or_stale=or_stale)
    data = _read(output)
    try:
        fields: dict[str, Any] = json_value(data)
    except ValueError as error:
        raise ShardError("a mixture", str(error), file, "write one with `corpus mix`") from None
    stated = fields.get("format") if isinstance(fields, dict) else None
    if stated != FORMAT:
        raise ShardError(f"format {FORMAT!r}", repr(stated), file, "write it again with `corpus mix`")
    if fields.pop("crc32", None) != _crc32(fields):
        do = "write it again with `corpus mix`"
        raise ShardError("the fields that were written", "changed ones", file, do)
    sources = {
        name: Source(source["share"], source["tokens"], tuple(ShardEntry(*entry) for entry in source["shards"]))
        for name, source in fields["sources"].items()
    }
    alike = {name: fields[name] for name in _EQUAL}
    return Mixture(sources, **alike, folder=folder, digest=hashlib.sha256(data).hexdigest())


def _read(output: Output) -> bytes:
    with output.open(output.files[NAME]) as file:
        return file.read()


def _require_equal_settings(infos: list[ShardInfo], paths: list[str]) -> None:
    """Refuse shards of different tokenizers or policies."""
    for info, path in zip(infos, paths, strict=True):
        for name in _EQUAL:
            if getattr(info, name) != getattr(infos[0], name):
                expected = f"{name} {getattr(infos[0], name)} as in {stem_of(paths[0])}{SUFFIX}"
                raise ShardError(
                    expected,
                    str(getattr(info, name)),
                    path,
                    "tokenize all sources with the same tokenizer and settings",
                )


def _crc32(fields: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(fields, sort_keys=True).encode())
