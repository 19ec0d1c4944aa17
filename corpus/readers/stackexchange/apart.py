"""Posts set apart by thread: those of one thread are in one partition of a spool, and every fault is in its last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from corpus.readers.base import Seen
from corpus.readers.pieces import Piece
from corpus.readers.stackexchange.post import post_or_fault
from corpus.readers.stackexchange.posts_xml import PostsXml, Row
from corpus.readers.stackexchange.spool import Spool

_OTHER_BYTES = 300
"""About what a post takes in memory beside its texts."""


class Lost(NamedTuple):
    """What of a site could not be read: any bytes, and so nobody knows what posts; any rows, bytes included."""

    bytes: bool
    rows: bool


NOTHING_LOST = Lost(False, False)


class Apart:
    """Takes rows, and puts each into the partition of its thread; rows[p] counts those of partition p."""

    def __init__(self, spool: Spool, partitions: int, seen: Seen) -> None:
        self._spool, self._partitions, self._seen = spool, partitions, seen
        self.rows = [0] * (partitions + 1)
        self.lost = NOTHING_LOST

    def read(self, parser: PostsXml, pieces: Iterable[Piece]) -> None:
        """Take the rows that some pieces of Posts.xml complete."""
        for piece in pieces:
            if piece.fault:
                self.lost = Lost(bytes=True, rows=True)
                self.put(parser.damage(piece.start, piece.end, piece.fault))
            else:
                self.put(parser.feed(piece.data, piece.start))

    def put(self, rows: Iterable[Row]) -> None:
        """Take rows."""
        for row in rows:
            self._seen.records += 1
            post = post_or_fault(row)
            if isinstance(post, Row):
                raw = post.raw.decode("latin-1")
                fields: list[Any] = [post.where, post.fault, raw, post.is_failed]
                partition, size = self._partitions, len(raw)
                self.lost = self.lost._replace(rows=True)
            else:
                fields, partition = list(post), post.thread % self._partitions
                size = len(post.title) + len(post.body)
            self._spool.add(partition, fields, _OTHER_BYTES + size)
            self.rows[partition] += 1
