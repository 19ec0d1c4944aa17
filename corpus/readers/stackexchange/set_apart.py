"""The posts of one stretch of a large Posts.xml, set apart by thread in a file that all parts of it read.

A file in n parts has n stretches of rows, and n partitions of threads. Part i sets stretch i apart; when all have done
so, part i joins what their files have of partition i. Where a file can only be unpacked from its first byte on, part 0
does so once, for all stretches; what is set apart already is then unpacked, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple

from corpus.errors import RecordError
from corpus.readers import seven_zip
from corpus.readers.base import InputSplit, Open, Seen
from corpus.readers.pieces import PIECE_BYTES, Piece
from corpus.readers.seven_zip import Folder
from corpus.readers.stackexchange.ahead import ahead
from corpus.readers.stackexchange.apart import Apart, Lost
from corpus.readers.stackexchange.posts_xml import PostsXml, Row
from corpus.readers.stackexchange.spool import Spool
from corpus.readers.stackexchange.stretches import (
    Stretch,
    Unpacking,
    archive_folder,
    blocks,
    bounds_of,
    last_row,
    plain,
)

Create = Callable[[int], AbstractContextManager[BinaryIO]]
"""A new file for a stretch, by its number."""


class Place(NamedTuple):
    """How a stretch that was read alone lies among the others; all zero where its rows have their places already.

    start is the byte of the file at which its first block starts, base that at which reading resumed after its last
    damage, 0 without any; length counts unpacked bytes, from the stretch's start or from base on. is_torn says that
    damage is the last of it.
    """

    start: int = 0
    base: int = 0
    length: int = 0
    is_torn: bool = False


class SetApart(NamedTuple):
    """A stretch whose posts are set apart.

    posts counts `<row ` in it; rows the posts of each partition, and last the faults; bytes is the tally (see
    ByteTally) of the bytes of the file that it answers for.
    """

    number: int
    posts: int
    rows: list[int]
    lost: Lost
    bytes: tuple[int, int, int]
    place: Place


def set_apart(
    open_file: Open, shard: InputSplit, create: Create, done: Collection[int], *, longest_row_bytes: int
) -> Iterator[SetApart]:
    """Set the posts of a part's own stretch apart; those of all where part 0 has to read the file for all.

    Args:
        create: gives the file that a stretch is written to.
        done: numbers of stretches that are set apart already.
        longest_row_bytes: a longer row is unreadable, and never held.
    """
    (number, parts), seen = bounds_of(shard.part), Seen()
    with seen.counting(open_file, shard.path)(shard.path) as file:
        folder = archive_folder(file, shard.path)
        if folder and not seven_zip.is_bzip2(folder):
            if not number and len(done) < parts:
                yield from _unpacked(file, folder, seen, parts, create, done, longest_row_bytes)
            return
        if number in done:
            return
        stretch = blocks(file, folder, seen, number, parts) if folder else plain(file, seen, number, parts)
        parser, placed = PostsXml(longest_row_bytes, stretch.start, number > 0), _Placed(stretch.own)
        apart = _written(parser, stretch._replace(own=iter(placed)), parts, create)
    seen.add_up()
    place = placed.place if folder else Place()
    yield SetApart(number, parser.begun, apart.rows, apart.lost, seen.bytes, place)


def _unpacked(
    file: BinaryIO, folder: Folder, seen: Seen, parts: int, create: Create, done: Collection[int], longest: int
) -> Iterator[SetApart]:
    """All stretches of an archive, unpacked once; what is damaged, or has another checksum, leaves one fault."""
    seen.leave(0, file.seek(0, 2))
    chunks = ahead(seven_zip.stream(file, folder, PIECE_BYTES))
    unpacking, waiting = Unpacking(chunks, seven_zip.wanted_bytes(folder), parts), list[SetApart]()
    try:
        for stretch in unpacking:
            if stretch.number in done:
                unpacking.pass_over(stretch)
                continue
            yield from waiting
            parser = PostsXml(longest, stretch.start, stretch.number > 0)
            apart = _written(parser, stretch, parts, create)
            waiting = [SetApart(stretch.number, parser.begun, apart.rows, apart.lost, (0, 0, 0), Place())]
        for _data in chunks:  # whose end compares the checksum, where the last stretch was not read to it
            pass
    except RecordError as error:
        seen.skip(folder.start, folder.end)
        waiting = list(_nothing_but(Row(f"{folder.start}-{folder.end}", {}, str(error)), parts, create))
    seen.add_up()
    *first, last = waiting
    yield from (*first, last._replace(bytes=seen.bytes))


def _nothing_but(fault: Row, parts: int, create: Create) -> Iterator[SetApart]:
    """The stretches of an archive of which nothing can be read."""
    for number in range(parts):
        with Spool(parts + 1) as spool, create(number) as out:
            apart = Apart(spool, parts, Seen())
            apart.put([] if number else [fault])
            spool.save(out)
        yield SetApart(number, 0, apart.rows, Lost(bytes=True, rows=True), (0, 0, 0), Place())


def _written(parser: PostsXml, stretch: Stretch, parts: int, create: Create) -> Apart:
    """The posts of a stretch in a file."""
    with Spool(parts + 1) as spool:
        apart = Apart(spool, parts, Seen())
        apart.read(parser, stretch.own)
        apart.put(last_row(parser, stretch.beyond))
        with create(stretch.number) as out:
            spool.save(out)
    return apart


class _Placed:
    """Pieces, and the place of the stretch that they are."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces, self.place = pieces, Place()

    def __iter__(self) -> Iterator[Piece]:
        for piece in self._pieces:
            self.place = _after(self.place, piece)
            yield piece


def _after(place: Place, piece: Piece) -> Place:
    if piece.fault:
        return place._replace(is_torn=True)
    if place.is_torn:
        return Place(place.start, piece.start, len(piece.data))
    return place._replace(start=place.start or piece.start, length=place.length + len(piece.data))


def places(stretches: Iterable[Place]) -> Iterator[tuple[int, int]]:
    """(base, offset) of each stretch: where its first byte is, as locators name it, see Row."""
    base, offset, torn = 0, 0, False
    for place in stretches:
        if torn and place.start:
            base, offset, torn = place.start, 0, False
        yield base, offset
        base, offset = (place.base, place.length) if place.base else (base, offset + place.length)
        torn = place.is_torn or (torn and not place.length)
