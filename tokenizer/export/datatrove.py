"""datatrove's tokenized files, which nanotron's Nanoset reads: a folder per source, with NNNNN.ds for each shard.

NNNNN.ds has the ids, flat, little-endian, of 2 bytes (4 where the vocabulary needs it); NNNNN.ds.index the end of each
document in tokens (u64); NNNNN.ds.metadata, text, the tokenizer's digest and the bytes of an id, and the tokens.

    DatatroveFolderDataset("OUTPUT/github", seq_len=2048, token_size=2, return_positions=True)
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from corpus.amounts import of
from corpus.output.write import Writing
from tokenizer.draws import draw
from tokenizer.export.output import MIXED, exporting, exporting_mixture
from tokenizer.export.parts import count_parts, in_parts
from tokenizer.mixture import read_mixture
from tokenizer.shards import TokenShard, shards_by_source

OWNS = ["*/*.ds", "*/*.ds.index", "*/*.ds.metadata"]
FILE_TOKENS = 1 << 27
"""Tokens of a file of a mixture: 256 MB of 16 bits, as a token shard has."""


def export(folder: str | Path, output: str | Path) -> list[str]:
    """Write each shard below folder to output/SOURCE; the folders.

    Raises:
        ShardError: a shard is damaged.
    """
    sources = shards_by_source(folder)
    with exporting("datatrove", folder, output, OWNS) as out:
        for source, paths in sources.items():
            for number, path in enumerate(paths):
                with TokenShard(path, check=False) as shard:
                    _write(out, f"{source}/{number:05d}.ds", shard, shard.info.tokenizer, shard.info.dtype)
    return [f"{output}/{source}" for source in sources]


def export_mixture(folder: str | Path, output: str | Path, tokens: int, seed: int) -> list[str]:
    """Write what is drawn from the mixture in a folder to OUTPUT/mixture, in the order drawn."""
    mixture, parts = read_mixture(folder), count_parts(tokens, FILE_TOKENS)
    with exporting_mixture("datatrove", folder, output, OWNS) as out:
        for number, part in enumerate(in_parts(draw(mixture, tokens, seed), tokens, parts)):
            documents = (one.ids for one in part)
            _write(out, f"{MIXED}/{number:05d}.ds", documents, mixture.tokenizer, mixture.dtype)
    return [f"{output}/{MIXED}"]


def _write(out: Writing, name: str, documents: Iterable[np.ndarray], tokenizer: str, dtype: str) -> None:
    lengths = []
    with out.create(name) as file:
        for ids in documents:
            file.write(ids.data)
            lengths.append(len(ids))
    with out.create(f"{name}.index") as file:
        file.write(np.cumsum(lengths, dtype="<u8").tobytes())
    with out.create(f"{name}.metadata") as file:
        lines = f"{tokenizer}|{np.dtype(dtype).itemsize}", str(sum(lengths)), of(sum(lengths), "token")
        file.write("\n".join(lines).encode())
