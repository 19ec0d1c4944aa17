"""What a part of a large Posts.xml is to join: its partition of every stretch, when all of these are set apart.

It is the sidecar of the part's shard, a JSON file beside those of the stretches: {"sites": [...], "part": {...}}.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from corpus.readers.base import Open
from corpus.readers.ranges import ByteTally
from corpus.readers.stackexchange.apart import Lost
from corpus.readers.stackexchange.set_apart import SetApart, places
from corpus.readers.stackexchange.spool import saved_rows


class Saved(NamedTuple):
    """The file of a stretch: its name in the sidecar's folder, its bytes, and a digest of them."""

    name: str
    bytes: int
    digest: str


class Gathered(NamedTuple):
    """What one part is to join, and what it answers for.

    posts counts `<row ` in its stretch, rows the posts of its partition and the faults of its stretch; lost is what
    could not be read of any stretch; base and offset say where its stretch stands in the file, see `places`.
    """

    posts: int
    rows: int
    lost: Lost
    bytes: ByteTally
    base: int
    offset: int
    stretches: list[Saved]

    def posts_of(self, open_file: Open, sidecar: str, number: int) -> Iterator[list[Any]]:
        """The posts of a partition, in the order of the file."""
        for saved in self.stretches:
            yield from self._rows(open_file, sidecar, saved, number)

    def faults(self, open_file: Open, sidecar: str, number: int) -> Iterator[list[Any]]:
        """The faults of a stretch: where each stands, what is wrong, and its first bytes."""
        for where, *said in self._rows(open_file, sidecar, self.stretches[number], len(self.stretches)):
            yield [self._place(where), *said]

    def _rows(self, open_file: Open, sidecar: str, saved: Saved, partition: int) -> Iterator[list[Any]]:
        with open_file(posixpath.join(posixpath.dirname(sidecar), saved.name)) as file:
            yield from saved_rows(file, saved.bytes, partition, len(self.stretches) + 1)

    def _place(self, where: int | str) -> int | str:
        if isinstance(where, str):
            return where
        return f"{self.base}+{self.offset + where}" if self.base else self.offset + where


def gathered(stretches: Sequence[tuple[SetApart, Saved]]) -> Iterator[dict[str, Any]]:
    """What each part is to join, as JSON values; stretches are in order."""
    apart, saved = [stretch for stretch, _file in stretches], [file for _stretch, file in stretches]
    lost = Lost(any(stretch.lost.bytes for stretch in apart), any(stretch.lost.rows for stretch in apart))
    for stretch, (base, offset) in zip(apart, places(stretch.place for stretch in apart), strict=True):
        rows = sum(other.rows[stretch.number] for other in apart) + stretch.rows[-1]
        yield Gathered(stretch.posts, rows, lost, ByteTally(*stretch.bytes), base, offset, saved)._asdict()


def read_sidecar(file: BinaryIO) -> tuple[list[str], Gathered]:
    """The sites that are kept, and what the part is to join."""
    sidecar = json.load(file)
    part = Gathered(**sidecar["part"])
    stretches = [Saved(*saved) for saved in part.stretches]
    return sidecar["sites"], part._replace(lost=Lost(*part.lost), bytes=ByteTally(*part.bytes), stretches=stretches)
