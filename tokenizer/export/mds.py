"""MosaicML Streaming's MDS: a folder per source, with index.json and shard.NNNNN.mds, one sample per document.

Columns: locator (str), source (str), tokens (ndarray of the shards' type). Written by hand, because importing the
streaming package needs the clients of four clouds; in the tests it reads the result.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from corpus.output.write import Writing
from tokenizer.draws import draw
from tokenizer.export.output import MIXED, exporting, exporting_mixture
from tokenizer.export.packed import packed_files
from tokenizer.mixture import read_mixture
from tokenizer.shards import TokenShard, read_info, shards_by_source

SHARD_BYTES = 1 << 26  # streaming's own default: size_limit of MDSWriter


def export(folder: str | Path, output: str | Path) -> list[str]:
    """Write the shards below folder to output/SOURCE; the folders.

    A document without tokens cannot be written in MDS and is left out.

    Raises:
        ShardError: a shard is damaged.
    """
    sources = shards_by_source(folder)
    with exporting("mds", folder, output, ["*/shard.*.mds", "*/index.json"]) as out:
        for source, paths in sources.items():
            _export(_samples(paths), read_info(paths[0]).dtype, source, out)
    return [f"{output}/{source}" for source in sources]


def export_mixture(folder: str | Path, output: str | Path, tokens: int, seed: int) -> list[str]:
    """Write what is drawn from the mixture in a folder to OUTPUT/mixture, in the order drawn."""
    mixture = read_mixture(folder)
    samples = (_sample(one.shard, one.number, one.ids) for one in draw(mixture, tokens, seed))
    with exporting_mixture("mds", folder, output, ["*/shard.*.mds", "*/index.json"]) as out:
        _export(samples, mixture.dtype, MIXED, out)
    return [f"{output}/{MIXED}"]


def _export(every: Iterator[bytes], dtype: str, source: str, out: Writing) -> None:
    shards: list[dict[str, Any]] = []
    config = _config(dtype)
    for data, samples in packed_files(every, SHARD_BYTES, json.dumps(config, sort_keys=True).encode()):
        name = f"shard.{len(shards):05d}.mds"
        with out.create(f"{source}/{name}") as file:
            file.write(data)
        raw = {"basename": name, "bytes": len(data), "hashes": {}}
        shards.append({**config, "raw_data": raw, "samples": samples, "zip_data": None})
    with out.create(f"{source}/index.json") as file:
        file.write(json.dumps({"version": 2, "shards": shards}, sort_keys=True).encode())


def _config(dtype: str) -> dict[str, Any]:
    return {
        "version": 2, "format": "mds", "compression": None, "hashes": [], "size_limit": SHARD_BYTES,
        "column_names": ["locator", "source", "tokens"], "column_encodings": ["str", "str", f"ndarray:{dtype}"],
        "column_sizes": [None, None, None],
    }  # fmt: skip


def _samples(paths: list[str]) -> Iterator[bytes]:
    """Each document that is not empty as a sample."""
    for path in paths:
        with TokenShard(path, check=False) as shard:
            yield from (_sample(shard, number, ids) for number, ids in enumerate(shard) if len(ids))


def _sample(shard: TokenShard, number: int, ids: np.ndarray) -> bytes:
    """A document as a sample: the sizes of its columns (u32), then the columns."""
    columns = (shard.locator(number).encode(), shard.info.source.encode(), _ndarray(ids))
    return np.array([*map(len, columns)], "<u4").tobytes() + b"".join(columns)


def _ndarray(ids: np.ndarray) -> bytes:
    """A one-dimensional array: a byte (1 axis << 2 | log2 of the bytes of the length), the length, the values."""
    code = 0 if len(ids) < 1 << 8 else 1 if len(ids) < 1 << 16 else 2
    return bytes([1 << 2 | code]) + len(ids).to_bytes(1 << code, "little") + ids.tobytes()
