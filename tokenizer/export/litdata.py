"""litdata's chunks, which litgpt reads: a folder per source with index.json and chunk-0-N.bin, an item per document.

Read by StreamingDataset(folder, item_loader=TokensLoader(block_size=...)), which cuts each chunk's tokens into windows
of block_size and leaves out what is shorter at its end. Written by hand, because litdata's own writer needs torch; in
the tests litdata reads the result.
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
from tokenizer.export.packed import head_bytes, packed_files
from tokenizer.mixture import read_mixture
from tokenizer.shards import TokenShard, read_info, shards_by_source

CHUNK_BYTES = 1 << 26  # litgpt's preparation of its own corpora: chunks of 50 to 64 MB
OWNS = ["*/chunk-0-*.bin", "*/index.json"]
TYPE_CODES = {"uint16": 20, "int32": 15}  # litdata/constants.py: its numbers of torch's types
LEAF = '[1, {"type": null, "context": null, "children_spec": []}]'
"""How torch's pytree writes an item that is one tensor."""


def export(folder: str | Path, output: str | Path) -> list[str]:
    """Write the shards below folder to output/SOURCE; the folders.

    uint32 ids are written as int32, as litdata knows no uint32.

    Raises:
        ShardError: a shard is damaged.
    """
    sources = shards_by_source(folder)
    with exporting("litdata", folder, output, OWNS) as out:
        for source, paths in sources.items():
            _export(_documents(paths), read_info(paths[0]).dtype, source, out)
    return [f"{output}/{source}" for source in sources]


def export_mixture(folder: str | Path, output: str | Path, tokens: int, seed: int) -> list[str]:
    """Write what is drawn from the mixture in a folder to OUTPUT/mixture, in the order drawn."""
    mixture = read_mixture(folder)
    with exporting_mixture("litdata", folder, output, OWNS) as out:
        _export((one.ids for one in draw(mixture, tokens, seed)), mixture.dtype, MIXED, out)
    return [f"{output}/{MIXED}"]


def _documents(paths: list[str]) -> Iterator[np.ndarray]:
    for path in paths:
        with TokenShard(path, check=False) as shard:
            yield from shard


def _export(documents: Iterator[np.ndarray], ids: str, name: str, out: Writing) -> None:
    dtype = "uint16" if ids == "uint16" else "int32"
    chunks: list[dict[str, Any]] = []
    for data, items in packed_files((one.astype(dtype, copy=False).tobytes() for one in documents), CHUNK_BYTES):
        file_name = f"chunk-0-{len(chunks)}.bin"
        with out.create(f"{name}/{file_name}") as file:
            file.write(data)
        tokens = (len(data) - head_bytes(items)) // np.dtype(dtype).itemsize
        chunks.append({"chunk_bytes": len(data), "chunk_size": items, "dim": tokens, "filename": file_name})
    with out.create(f"{name}/index.json") as file:
        file.write(json.dumps({"chunks": chunks, "config": _config(dtype)}, sort_keys=True).encode())


def _config(dtype: str) -> dict[str, Any]:
    return {
        "chunk_bytes": CHUNK_BYTES, "chunk_size": None, "compression": None, "encryption": None,
        "data_format": [f"no_header_tensor:{TYPE_CODES[dtype]}"], "data_spec": LEAF, "item_loader": "TokensLoader",
    }  # fmt: skip
