"""The outline of a build: which files it would read and into what it would cut them, from one look at each file.

A plan digests what it reads, so that a build can tell what has changed, which takes hours for 10 TB. An outline does
not.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from corpus.readers.base import InputFile, InputSplit, Reader
from pipelines.engine.contents import Contents
from pipelines.engine.inputs import each_of, find_inputs
from pipelines.engine.plan import NOT_OURS, look, sorted_by_kind
from pipelines.engine.shards import shards_of
from pipelines.engine.stages import valued


class Outline(NamedTuple):
    """The documents' files and their shards, files that are read beside them, and files that are not read."""

    documents: list[InputFile]
    shards: list[InputSplit]
    companions: list[InputFile]
    others: list[InputFile]

    @property
    def read_bytes(self) -> int:
        """The bytes of all files that are read."""
        return sum(file.size for file in (*self.documents, *self.companions))


class _Undigested(Contents):
    """Of files that nobody digests."""

    def __init__(self) -> None:
        super().__init__({})

    def beside(self, path: str) -> str:
        return ""


def outline_of(reader: Reader, patterns: list[str], output: str, values: dict[str, Any]) -> Outline:
    """The outline of a build of these inputs with these numbers.

    Args:
        values: the numbers in force, the reader's limits among them.

    Raises:
        InputError: the inputs hold nothing of this source.
    """
    found = find_inputs(patterns, output).files
    looks = each_of(partial(look, reader, valued(reader.limits, values)), found)
    kinds = sorted_by_kind(reader, found, [kind for kind, _cut in looks])
    cuts = {file.path: cut for file, (_kind, cut) in zip(found, looks, strict=True)}
    documents, others = kinds.pop(""), kinds.pop(NOT_OURS)
    shards = shards_of(reader, documents, values, _Undigested(), [cuts[file.path] for file in documents])
    return Outline(documents, shards, [file for group in kinds.values() for file in group], others)
