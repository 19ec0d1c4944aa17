"""Megatron's indexed dataset: SOURCE.bin and SOURCE.idx, one pair per source, one sequence per document.

Read by megatron-core's IndexedDataset and by datatrove's loaders. The layout of .idx, little-endian: magic, version
u64, type code u8, sequences u64, documents + 1 u64, lengths i32, byte offsets i64, document starts i64.
"""

from __future__ import annotations

import struct
from array import array
from pathlib import Path

import numpy as np

from tokenizer.draws import draw
from tokenizer.export.output import MIXED, exporting, exporting_mixture
from tokenizer.mixture import read_mixture
from tokenizer.shards import TokenShard, shards_by_source

MAGIC = b"MMIDIDX\x00\x00"
TYPE_CODES = {"uint16": 8, "int32": 4}  # megatron/core/datasets/indexed_dataset.py, DType


def export(folder: str | Path, output: str | Path) -> list[str]:
    """Write the shards below folder to output; the .bin paths without their suffix (what Megatron's --data-path takes).

    uint32 ids are written as int32, the type Megatron has for large vocabularies.

    Raises:
        ShardError: a shard is damaged.
    """
    sources = shards_by_source(folder)
    with exporting("megatron", folder, output, ["*.bin", "*.idx"]) as out:
        for source, paths in sources.items():
            lengths: list[np.ndarray] = []
            dtype = ""
            with out.create(f"{source}.bin") as file:
                for path in paths:
                    with TokenShard(path, check=False) as shard:
                        dtype = _dtype(shard.info.dtype)
                        lengths.append(np.diff(shard.offsets))
                        for chunk in shard.chunks():
                            file.write(chunk.astype(dtype, copy=False).data)
            with out.create(f"{source}.idx") as file:
                file.write(index_bytes(np.concatenate(lengths), dtype))
    return [f"{output}/{source}" for source in sources]


def export_mixture(folder: str | Path, output: str | Path, tokens: int, seed: int) -> list[str]:
    """Write what is drawn from the mixture in a folder as one pair, OUTPUT/mixture.bin and .idx, in the order drawn."""
    mixture, lengths = read_mixture(folder), array("i")
    dtype = _dtype(mixture.dtype)
    with exporting_mixture("megatron", folder, output, ["*.bin", "*.idx"]) as out:
        with out.create(f"{MIXED}.bin") as file:
            for drawn in draw(mixture, tokens, seed):
                ids = drawn.ids
                lengths.append(len(ids))
                file.write(ids.astype(dtype, copy=False).data)
        with out.create(f"{MIXED}.idx") as file:
            file.write(index_bytes(np.frombuffer(lengths, "i4"), dtype))
    return [f"{output}/{MIXED}"]


def _dtype(ids: str) -> str:
    return "uint16" if ids == "uint16" else "int32"


def index_bytes(lengths: np.ndarray, dtype: str) -> bytes:
    """The .idx of sequences of these lengths in tokens, each a document.

    offsets[i] is where sequence i starts in the .bin, in bytes; starts[i] is the first sequence of document i, here i.
    """
    offsets = np.zeros(len(lengths), "<i8")
    np.cumsum(lengths[:-1] * np.dtype(dtype).itemsize, out=offsets[1:])
    head = MAGIC + struct.pack("<QBQQ", 1, TYPE_CODES[dtype], len(lengths), len(lengths) + 1)
    starts = np.arange(len(lengths) + 1, dtype="<i8")
    return head + lengths.astype("<i4").tobytes() + offsets.tobytes() + starts.tobytes()
