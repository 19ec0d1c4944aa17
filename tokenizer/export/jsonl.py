"""JSON lines of what is drawn from a mixture: the documents whose tokens the other formats have, in the same order.

Their texts are those of the builds that the token shards were made of: no text is decoded from tokens. Each file of
documents is read once, in its own order; a line is kept in one unnamed file on local disk, and read from there in the
order drawn. In memory are 32 bytes for each document that is drawn.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

import numpy as np
import zstandard

from corpus.errors import InputError, ShardError
from corpus.jsonl import LEVEL, json_line
from corpus.output.lineage import origins
from corpus.output.manifest import BUILD, MANIFEST, read_manifest
from corpus.output.read import Output, read_output
from corpus.rows import documents_at
from corpus.stores.addresses import storage_of
from tokenizer.draws import draw
from tokenizer.export.output import exporting_mixture
from tokenizer.export.parts import count_parts, in_parts
from tokenizer.mixture import Mixture, read_mixture, within

FILE_TOKENS = 1 << 27
"""Tokens of a file, as a token shard has: half a GB of text."""


class Order(NamedTuple):
    """The documents drawn: the file of each (its number in files) and its row there; how many each part has."""

    files: list[tuple[str, str]]
    file: np.ndarray
    row: np.ndarray
    parts: list[int]


def export_mixture(folder: str | Path, output: str | Path, tokens: int, seed: int) -> list[str]:
    """Write what is drawn from the mixture in a folder as OUTPUT/documents-*.jsonl.zst; each line as of a build.

    Raises:
        InputError: a build that token shards were made of is no longer there; UnsoundError: it must not be read.
    """
    mixture, parts = read_mixture(folder), count_parts(tokens, FILE_TOKENS)
    builds = _builds(mixture)
    names = [f"documents-{part:05d}-of-{parts:05d}.jsonl.zst" for part in range(parts)]
    with exporting_mixture("jsonl", folder, output, ["documents-*.jsonl.zst"]) as out, TemporaryFile() as lines:
        order = _order(mixture, tokens, seed, parts)
        starts, ends = _write_lines(lines, order, builds)
        at = 0
        for name, count in zip(names, order.parts, strict=True):
            packer = zstandard.ZstdCompressor(LEVEL)
            with out.create(name) as new, packer.stream_writer(new, closefd=False) as packed:
                for start, end in zip(starts[at : at + count].tolist(), ends[at : at + count].tolist(), strict=True):
                    lines.seek(start)
                    packed.write(lines.read(end - start))
            at += count
    return [f"{output}/{name}" for name in names]


def _builds(mixture: Mixture) -> dict[str, Output]:
    """The build of each folder of token shards of the mixture."""
    shards = {within(mixture.folder, entry.path) for source in mixture.sources.values() for entry in source.shards}
    return {folder: _build_of(folder) for folder in sorted({path.rpartition("/")[0] for path in shards})}


def _build_of(folder: str) -> Output:
    """The build that a folder of token shards was made of, by way of others if some were removed from them."""
    manifest = read_manifest(folder, storage_of(folder)) or {}
    for path, stated in origins(manifest, folder):
        if read_manifest(path, storage_of(path)) is None:
            do = "put it back there; the formats of tokens need no documents"
            raise InputError(f"the build that {folder} was made of", f"no {MANIFEST}", path, do)
        return read_output(path, BUILD, storage_of(path)) if stated["kind"] == BUILD.name else _build_of(path)
    raise InputError(
        "token shards that say of which build they are", "others", folder, "tokenize with `corpus tokenize`"
    )


def _order(mixture: Mixture, tokens: int, seed: int, parts: int) -> Order:
    numbers: dict[tuple[str, str], int] = {}
    file, row, counts = array("I"), array("I"), []
    for part in in_parts(draw(mixture, tokens, seed), tokens, parts):
        before = len(row)
        for drawn in part:
            name, _, at = drawn.shard.locator(drawn.number).partition("/")[2].rpartition("#")
            key = (drawn.shard.path.rpartition("/")[0], name)
            file.append(numbers.setdefault(key, len(numbers)))
            row.append(int(at))
        counts.append(len(row) - before)
    return Order(list(numbers), np.frombuffer(file, np.uint32), np.frombuffer(row, np.uint32), counts)


def _write_lines(lines: BinaryIO, order: Order, builds: dict[str, Output]) -> tuple[np.ndarray, np.ndarray]:
    """Write the line of each document that is drawn, once; where the line of each in order starts and ends."""
    by_file = np.lexsort((order.row, order.file))
    starts, ends = np.empty(len(by_file), np.int64), np.empty(len(by_file), np.int64)
    cuts = np.searchsorted(order.file[by_file], np.arange(len(order.files) + 1))
    at = 0
    for number, (folder, name) in enumerate(order.files):
        drawn = by_file[cuts[number] : cuts[number + 1]]
        rows, which = np.unique(order.row[drawn], return_inverse=True)
        sizes = [lines.write(line) for line in _lines_of(builds[folder], name, rows)]
        edges = np.cumsum([at, *sizes])
        starts[drawn], ends[drawn], at = edges[:-1][which], edges[1:][which], int(edges[-1])
    return starts, ends


def _lines_of(build: Output, name: str, rows: np.ndarray) -> Iterator[bytes]:
    """The lines of some rows of a file of documents.

    Raises:
        ShardError: the build has no such file, or fewer rows.
    """
    file, found = build.files.get(name), 0
    if file is not None:
        with build.open(file) as parquet:
            for document in documents_at(parquet, rows):
                yield json_line(document)
                found += 1
    if found < len(rows):
        raise ShardError(f"{len(rows)} documents that tokens were made of", str(found), f"{build.folder}/{name}")
