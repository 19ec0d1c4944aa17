"""Records of a web archive, cut out of its unpacked bytes by their own lengths: WARC, WET, and ARC, the format before.

A compressed archive has one gzip member or zstd frame per record, of which each is compared with its checksum before
it comes here; but others pack many records together, or one in many. So a record is what its length says, if what
follows is the start of another; what is wrong with one is said, and reading goes on at the next that starts.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from corpus.containment import said_of
from corpus.errors import RecordError
from corpus.readers.pieces import Piece
from corpus.recipe import cited

_HEADER_BYTES = cited(1 << 16, "a record's header has some ten lines, of which an address may be long", "bytes")
_LONGEST_FIRST_LINE = 64
_LONGEST_ARC_LINE = 1 << 13
_LONGEST_NUMBER = 18
_SHOWN_BYTES = 1 << 12
_FIRST_LOOK_BYTES, _LOOK_GROWTH = 1 << 12, 4
_DROPPED_BYTES = 1 << 16


class Dialect(NamedTuple):
    """How records are written: how one starts at a line's start, and how its head ends, and the record itself.

    length finds the bytes of a block in a head; a record whose head is like unsized ends where the next one starts.
    swallowed is the end of one record and the start of the next, which no block holds, unless its length is wrong.
    """

    starts: re.Pattern[bytes]
    head_end: bytes
    ending: bytes
    length: re.Pattern[bytes]
    unsized: re.Pattern[bytes] = re.compile(rb"(?!)")
    first_line_bytes: int = _LONGEST_FIRST_LINE
    swallowed: bytes = b""


FIRST_LINE = re.compile(rb"WARC/(?:0\.1\d|1\.[01])\r?\n(?=[A-Za-z][\w-]{0,60}:)")
WARC = Dialect(
    FIRST_LINE,
    b"\r\n\r\n",
    b"\r\n\r\n",
    re.compile(rb"(?i)\r\nContent-Length:[ \t]*+([^\r\n]*+)"),
    swallowed=b"\r\n\r\nWARC/1.",
)
BARE = Dialect(FIRST_LINE, b"\n\n", b"\n\n", re.compile(rb"(?!)"), unsized=re.compile(rb""))
"""A WET whose line ends were stripped of their \\r, so that no length is right."""
ARC = Dialect(
    re.compile(rb"[a-z][a-z0-9+.-]{1,20}+:[^\n]{0,4096} [^\s]++ \d{8,18}+ [^\s]*+ [-\w]++\r?\n"),
    b"\n",
    b"\n",
    re.compile(rb" ([-\w]++)\r?\n?\Z"),
    re.compile(rb"filedesc:"),
    _LONGEST_ARC_LINE,
)


class Frame(NamedTuple):
    """A record: where it starts, its head and its block; or, with a fault, what is lost, of which head is some bytes.

    where is a byte of the file, or `120+7`: the byte at which a member begins, and the unpacked offset from there; of
    damaged bytes their range, `80-120`. start and end are the bytes of the file that it takes: whole members.
    is_failed says of a fault that cutting it out raised something.
    """

    where: int | str
    start: int
    end: int
    head: bytes
    block: bytes
    fault: str = ""
    is_failed: bool = False


def frames(
    pieces: Iterator[Piece], dialect: Dialect, record_bytes: int, size: int, *, packed: bool, torn: bool = False
) -> Iterator[Frame]:
    """The records of an archive in order, and what is wrong with the rest of it.

    Args:
        record_bytes: a longer block is a fault, and never held.
        size: of the file.
        packed: whether the pieces come in members, so that a record may start where one does.
        torn: whether the pieces may begin inside a record, which belongs to what is before.
    """
    source = _Peeked(pieces)
    while source.piece:
        if source.piece.fault:
            piece, torn = source.take(), True
            yield Frame(f"{piece.start}-{piece.end}", piece.start, piece.end, b"", b"", piece.fault)
        else:
            stretch = _Stretch(source, dialect.starts if packed else None, size)
            yield from _records(stretch, dialect, record_bytes, torn)
            torn = False


def _records(stretch: _Stretch, dialect: Dialect, record_bytes: int, torn: bool) -> Iterator[Frame]:
    at = stretch.next_start(dialect, 0) if torn else stretch.after_blanks(0)
    while stretch.has(at + 1):
        try:
            frame, following = _record(stretch, dialect, at, record_bytes)
        except Exception as error:
            fault, is_failed = said_of(error)
            where, start = stretch.place(at)
            shown = stretch.data[at : at + _SHOWN_BYTES]
            following = stretch.next_start(dialect, at + 1)
            yield Frame(where, start, stretch.place(following)[1], shown, b"", fault, is_failed)
        else:
            yield frame
        at = stretch.drop(stretch.after_blanks(following))


def _record(stretch: _Stretch, dialect: Dialect, at: int, record_bytes: int) -> tuple[Frame, int]:
    """The record at a byte of a stretch, and where it ends.

    Raises:
        RecordError: there is none, or its length does not lead to its end.
    """
    stretch.has(at + dialect.first_line_bytes)
    if not dialect.starts.match(stretch.data, at):
        raise RecordError("a record", "other bytes")
    block_start = stretch.find(dialect.head_end, at, _HEADER_BYTES.value) + len(dialect.head_end)
    if block_start < at:
        raise RecordError("the end of a header", "none")
    if dialect.unsized.match(stretch.data, at):
        block_end = following = stretch.next_start(dialect, block_start, record_bytes)
    else:
        block_end = block_start + _length(dialect.length, stretch.data[at:block_start], record_bytes)
        following = _ending(stretch, dialect, block_start, block_end)
    if block_end - block_start > record_bytes:
        raise RecordError(f"at most {record_bytes} bytes", "a longer record")
    where, start = stretch.place(at)
    head, block = stretch.data[at:block_start], stretch.data[block_start:block_end]
    if following == block_end:
        block = block.removesuffix(dialect.ending)
    return Frame(where, start, stretch.place(following)[1], head, block), following


def _length(pattern: re.Pattern[bytes], head: bytes, record_bytes: int) -> int:
    stated = pattern.search(head)
    length = stated[1].strip() if stated else b""
    if not length.isdigit() or len(length) > _LONGEST_NUMBER:
        raise RecordError("a Content-Length", repr(length[:_LONGEST_NUMBER].decode("latin-1")))
    if int(length) > record_bytes:
        raise RecordError(f"at most {record_bytes} bytes", f"a Content-Length of {int(length)}")
    return int(length)


def _ending(stretch: _Stretch, dialect: Dialect, start: int, end: int) -> int:
    """Where the record ends whose block lies between two bytes.

    What follows it has to be the end of its member or of the file, or another record. In a plain file its own ending is
    enough, as the record that follows may be damaged.
    """
    if not stretch.has(end):
        held = len(stretch.data) - start
        raise RecordError(f"{end - start} bytes", f"{held} before {stretch.ended_by()}")
    following = end + len(dialect.ending)
    stretch.has(following + dialect.first_line_bytes)
    if dialect.swallowed and stretch.data.find(dialect.swallowed, start, end) >= 0:
        raise RecordError(f"one record in {end - start} bytes", "the start of another: a wrong Content-Length")
    is_ended = stretch.data.startswith(dialect.ending, end)
    if is_ended and (not stretch.packed or stretch.begins_unit(following)):
        return following
    blank = stretch.after_blanks(end)
    if stretch.begins_unit(blank) or dialect.starts.match(stretch.data, blank):
        return blank
    raise RecordError("a Content-Length that leads to the record's end")


class _Peeked:
    """Pieces, of which the next one can be looked at; none when they are over."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self.piece = next(pieces, None)

    def take(self) -> Piece:
        """The next piece."""
        piece = self.piece
        assert piece
        self.piece = next(self._pieces, None)
        return piece


class _Stretch:
    """Bytes that follow one another, up to damage, or to a member that begins with a record: none reaches over that.

    data is what is held of them, units where members (of a plain file: pieces) begin in it, as (offset, byte of the
    file).
    """

    def __init__(self, source: _Peeked, starts: re.Pattern[bytes] | None, size: int) -> None:
        self._source, self._starts, self._size = source, starts, size
        self.packed = starts is not None
        piece = source.take()
        self.data, self._units, self._last = piece.data, [(0, piece.start)], piece.start
        self._more = self._goes_on()

    def _append(self, pieces: list[Piece]) -> None:
        size = len(self.data)
        for piece in pieces:
            if not self.packed or self._units[-1][1] != piece.start:
                self._units.append((size, piece.start))
            size += len(piece.data)
        self.data = b"".join([self.data, *(piece.data for piece in pieces)])
        self._more = self._goes_on()

    def _goes_on(self) -> bool:
        """Whether the next piece follows what was taken last, which is in the last unit."""
        piece = self._source.piece
        if piece is None or piece.fault:
            return False
        return self._starts is None or piece.start == self._last or not self._starts.match(piece.data)

    def has(self, size: int) -> bool:
        """Hold so many bytes, if there are as many; whether there are."""
        held = len(self.data)
        if held >= size or not self._more:
            return held >= size
        more: list[Piece] = []
        while held < size and self._goes_on():
            more.append(self._source.take())
            self._last = more[-1].start
            held += len(more[-1].data)
        self._append(more)
        return held >= size

    def ended_by(self) -> str:
        """What ends the bytes held, in words."""
        return "the file's end" if self._source.piece is None else "the next member"

    def after_blanks(self, at: int) -> int:
        """The first byte that ends no line, from one on."""
        while (at < len(self.data) or self.has(at + 1)) and self.data[at] in b"\r\n":
            at += 1
        return at

    def find(self, wanted: bytes, at: int, most: int) -> int:
        """Where some bytes stand, within so many; -1 where they do not."""
        # Heads are short: a look at 4 KB finds most ends without unpacking more. Each look is four times as long as the
        # last, so that looking again at the same bytes costs a third more at most.
        size = _FIRST_LOOK_BYTES
        while True:
            whole = self.has(at + size)
            found = self.data.find(wanted, at, at + most)
            if found >= 0 or not whole or size > most:
                return found
            size *= _LOOK_GROWTH

    def next_start(self, dialect: Dialect, at: int, most: int = 0) -> int:
        """The first byte from one on at which a record starts, or the end of what is held, which was searched.

        Args:
            most: how many bytes to look at; where it is 0, all are, and those passed over are not held.
        """
        first = at
        while True:
            for match in dialect.starts.finditer(self.data, at):
                start = match.start()
                if start == 0 or self.data[start - 1] in b"\r\n" or self.begins_unit(start):
                    return start
            at = max(at, len(self.data) - dialect.first_line_bytes)  # a first line may be cut off there
            at = at if most else self.drop(at)
            if not self.has(len(self.data) + 1) or 0 < most < len(self.data) - first:
                return len(self.data)

    def drop(self, before: int) -> int:
        """Forget the bytes before one, where that is worth it; where it stands now."""
        if before < max(_DROPPED_BYTES, len(self.data) // 2):
            return before
        index = bisect_right(self._units, before, key=itemgetter(0)) - 1
        self._units = [(offset - before, start) for offset, start in self._units[index:]]
        self.data = self.data[before:]
        return 0

    def begins_unit(self, at: int) -> bool:
        """Whether a member begins at a byte of what is held, or nothing follows it."""
        if at >= len(self.data):
            return not self.has(at + 1) or self.begins_unit(at)
        index = bisect_left(self._units, at, key=itemgetter(0))
        return self.packed and index < len(self._units) and self._units[index][0] == at

    def place(self, at: int) -> tuple[int | str, int]:
        """Where a byte of what is held stands in the file: in words, and the byte at which its member begins."""
        if at >= len(self.data) and not self.has(at + 1):
            end = self._source.piece.start if self._source.piece else self._size
            return end, end
        offset, start = self._units[bisect_right(self._units, at, key=itemgetter(0)) - 1 if self._units[1:] else 0]
        if not self.packed:
            return start + at - offset, start + at - offset
        return f"{start}+{at - offset}" if at > offset else start, start
