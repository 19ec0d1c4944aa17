"""How a dump is cut into shards: parts of large files, and small files together.

The cut is stable: an added or changed file is in one shard (or its parts), and the other shards hold what they held.
So sizes and numbers of groups are powers of four: only a dump that grows past one of them is cut anew.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from corpus.manifest import digest
from corpus.readers.base import InputFile, InputSplit, Reader
from pipelines.engine.contents import Contents
from pipelines.engine.files import Blob

STEP = 4
SHARDS_AT_ONCE = 1000


def shards_of(
    reader: Reader, found: list[InputFile], values: Mapping[str, Any], contents: Contents, cuts: list[list[str]]
) -> list[InputSplit]:
    """The shards of a dump, in the order of names; cuts are the parts of each file."""
    total = sum(file.size for file in found)
    small, groups = _small_bytes(total, values), _groups(total, values)
    parts: list[tuple[str, list[InputFile]]] = []
    together: dict[int, list[InputFile]] = {}
    for file, some in zip(found, cuts, strict=True):
        group = together.setdefault(_group_of(file, groups), []) if some == [""] and file.size < small else []
        if not group:  # its own shard, or the first file of one
            parts += [(part, group if some == [""] else [file]) for part in some]
        group.append(file)
    return [_split(number, len(parts), part, group, reader, contents) for number, (part, group) in enumerate(parts)]


def _small_bytes(total: int, values: Mapping[str, Any]) -> float:
    """Files below this size, in bytes, are put together: a power of four of about the size of a shard."""
    share = min(values["shard_bytes"], max(1.0, total / values["shards_least"]))
    return float(STEP ** math.floor(math.log(share, STEP) + 1e-9))


def _groups(total: int, values: Mapping[str, Any]) -> int:
    """Into how many groups small files fall: the least number of shards, or that times a power of four."""
    groups = values["shards_least"]
    while total > groups * values["shard_bytes"]:
        groups *= STEP
    return int(groups)


def _group_of(file: InputFile, groups: int) -> int:
    """The group of a small file, by a hash of its name alone: it stays there whatever else the dump has."""
    name = hashlib.sha256(file.name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(name[:8]) % groups


def _split(
    number: int, total: int, part: str, group: list[InputFile], reader: Reader, contents: Contents
) -> InputSplit:
    """A shard; its key covers names, content and part, and what is read beside its files."""
    held = [[file.name, reader.identity(file.path), file.size, file.digest] for file in group]
    beside = [contents.beside(file.path) for file in group if reader.beside(file.path)]
    return InputSplit(
        number, total, group[0].path, part, tuple(file.path for file in group[1:]),
        names=tuple(file.name for file in group), key=digest([part, held, beside]),
    )  # fmt: skip


def largest_first(shards: list[InputSplit], inputs: list[InputFile]) -> list[InputSplit]:
    """The shards by the bytes that they read, so that those which a runner deals out in turns come out even."""
    sizes, parts = {file.path: file.size for file in inputs}, Counter(shard.path for shard in shards)

    def size(shard: InputSplit) -> float:
        return sum(sizes.get(path, 0) for path in (shard.path, *shard.more_paths)) / parts[shard.path]

    return sorted(shards, key=size, reverse=True)


def packed_shards(shards: list[InputSplit]) -> list[bytes]:
    """The shards of a dump as bytes, SHARDS_AT_ONCE together."""
    return [json.dumps(shards[at : at + SHARDS_AT_ONCE]).encode() for at in range(0, len(shards), SHARDS_AT_ONCE)]


def unpack_shards(packed: Blob) -> Iterator[tuple[int, InputSplit]]:
    """(number, shard) of those that `packed_shards` put together."""
    for fields in json.loads(packed.load()):
        shard = InputSplit(*fields)
        yield shard.number, shard._replace(more_paths=tuple(shard.more_paths), names=tuple(shard.names))


def bucket_bits(shards: int, input_bytes: int, values: Mapping[str, Any]) -> int:
    """Keys fall into 2**bits buckets: as many as the input needs, and no more than each shard has bytes for.

    bits is even, as what is cut into other buckets is gathered again.
    """
    wanted = max(values["buckets_least"], input_bytes / values["bucket_input_bytes"])
    most = max(1.0, input_bytes / shards / values["blob_input_bytes"])
    return int(min(math.ceil(math.log2(wanted)), math.log2(most))) // 2 * 2
