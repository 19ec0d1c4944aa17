"""Token shards and training batches. Needs numpy, and neither Beam nor a framework."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.amounts import of
from corpus.errors import InputError
from model.data import batches as training
from tokenizer.find import find_document
from tokenizer.shards import ShardInfo, TokenShard, read_info, shards_by_source


class SourceTokens(NamedTuple):
    """How much of a source there is."""

    documents: int
    tokens: int
    shards: int


class TokenDocument(NamedTuple):
    """The ids of one document, BOS and EOS with them; locator is where its text was read."""

    source: str
    locator: str
    tokens: np.ndarray


class TokenShards:
    """A folder of token shards, opened for reading; every block is checked against its checksum when it is read."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._paths = shards_by_source(self.folder)
        infos = {source: [read_info(path) for path in paths] for source, paths in self._paths.items()}
        self.sources = {source: _totals(of_source) for source, of_source in infos.items()}
        first = next(iter(infos.values()))[0]
        self.vocab_size, self.tokenizer = first.vocab_size, first.tokenizer

    def __repr__(self) -> str:
        tokens = sum(source.tokens for source in self.sources.values())
        return f"<TokenShards of {', '.join(self.sources)}: {of(tokens, 'token')} in {self.folder}>"

    def documents(self, source: str = "") -> Iterator[TokenDocument]:
        """The documents of one source, or of all, in order; every call begins anew."""
        if source and source not in self._paths:
            raise InputError("a source of these shards: " + ", ".join(self._paths), repr(source), str(self.folder))
        for name in [source] if source else self._paths:
            for path in self._paths[name]:
                with TokenShard(path, check=False) as shard:
                    for number, tokens in enumerate(shard):
                        yield TokenDocument(name, shard.locator(number), tokens)

    def tokens(self, document: str) -> np.ndarray:
        """The ids of the document with this id, BOS and EOS with them.

        Raises:
            InputError: no shard holds it.
        """
        places = find_document(self.folder, document)
        if not places:
            raise InputError("the id of a document in these shards", repr(document), str(self.folder))
        with TokenShard(places[0].shard, check=False) as shard:
            return shard.tokens(places[0].start, places[0].stop)


def batches(
    mixture: str | Path, rows: int, context: int, seed: int, start: int = 0, rank: int = 0, world: int = 1
) -> Iterator[np.ndarray]:
    """Training batches without end: int32 [rows of this rank, context + 1], inputs `[:, :-1]` and targets `[:, 1:]`.

    Batch k depends on mixture, seed, rows, context and k alone, so a run that has done n steps resumes with start=n,
    on any number of ranks.

    Args:
        mixture: what `corpus mix` wrote.
        rows: rows of a batch, over all ranks.
        context: tokens that a row predicts.
        seed: of the order.
        start: the number of the first batch.
        rank: which part of each batch, of world parts.
    """
    source = training.open(mixture, seed, rows, context)
    return (source.batch(k, rank, world) for k in count(start))


def _totals(infos: list[ShardInfo]) -> SourceTokens:
    return SourceTokens(sum(info.documents for info in infos), sum(info.tokens for info in infos), len(infos))
