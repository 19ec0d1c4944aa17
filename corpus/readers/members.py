"""gzip members, zstd frames and xz streams: what has one checksum, at its end, is given once that was compared.

A member is unpacked into memory; one that unpacks to more than HELD_BYTES is unpacked to its end first, without being
kept, and then again to be given. After damage the file is searched for the next member that unpacks with its checksum
right. A zstd frame may have been written without a checksum, and then only has to unpack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from corpus.containment import is_fault_of_record
from corpus.errors import RecordError
from corpus.readers.bounded import DAMAGED, UNPACKERS, ZSTD_FEED_BYTES, stream
from corpus.readers.pieces import READ_BYTES, Budget, Piece
from corpus.recipe import cited

HELD_BYTES = 32 << 20
"""A member that unpacks to at most this much is unpacked once: all records of a WARC, and few dumps of one member."""
SEARCH_READS = cited(16, "the next member is soon found; a file made of false ones would be read without end", "times")
_LEAST_READ_BYTES = 1 << 13  # what is left of it is copied, for each of many small members
_MOST_READ_BYTES = 1 << 17


class Format(NamedTuple):
    """A packing: its name, the bytes that every member starts with, and how many to unpack at once, at most."""

    name: str
    magic: bytes
    read_bytes: int = _MOST_READ_BYTES


GZIP = Format("gzip", b"\x1f\x8b\x08")
XZ = Format("xz", b"\xfd7zXZ\x00")
ZSTD = Format("zstd", b"\x28\xb5\x2f\xfd", ZSTD_FEED_BYTES)


class _Source:
    """A file's bytes from where they are asked for. READ_BYTES of them are held, as members may be some hundred bytes.

    given counts what was asked for; searching the file for members may take no more than `allowed` of it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._start, self._data = file, 0, b""
        self.size = file.seek(0, 2)
        self.given = 0
        self.allowed = SEARCH_READS.value * self.size

    def read(self, start: int, size: int, least: int = 1) -> bytes:
        """At most size bytes from a byte of the file on, and fewer than least only at its end."""
        at = start - self._start
        if not 0 <= at <= len(self._data) - least:
            self._file.seek(start)
            self._start, self._data, at = start, self._file.read(READ_BYTES), 0
        data = self._data[at : at + size]
        self.given += len(data)
        return data


class _Member(NamedTuple):
    """A sound member: its bytes in the file, and what is in it, unless that is more than HELD_BYTES."""

    start: int
    end: int
    data: list[bytes] | None


def members(file: BinaryIO, form: Format, start: int = 0, budget: Budget | None = None) -> Iterator[Piece]:
    """The unpacked members from a byte of the file on, each after its checksum was compared; damage as faults.

    Args:
        budget: how much they may unpack to; without one, as much as a file of this size may.
    """
    budget, source = budget or Budget(), _Source(file)
    start = _after_zeros(source, start)
    while start < source.size:
        try:
            member: _Member | None = _sound(source, form, start, budget)
        except RecordError as error:
            member = None if budget.is_over else _next_sound(source, form, start + 1)
            yield Piece(b"", start, member.start if member else source.size, str(error))
        if member is None:
            return
        yield from (Piece(data, member.start) for data in _data(source, form, member) if data)
        start = _after_zeros(source, member.end)


def _data(source: _Source, form: Format, member: _Member) -> Iterator[bytes]:
    if member.data is not None:
        return iter(member.data)
    return (data for data, _end in _unpacked(source, form, member.start))


def _sound(source: _Source, form: Format, start: int, budget: Budget) -> _Member:
    """The member at a byte of the file.

    Raises:
        RecordError: its data is damaged or breaks off, its checksum is another, or it unpacks to too much.
    """
    held: list[bytes] | None = []
    size, end = 0, start
    for data, end in _unpacked(source, form, start):
        budget.spend(len(data), end)
        size += len(data)
        if size > HELD_BYTES:
            held = None
        if held is not None:
            held.append(data)
    return _Member(start, end, held)


def _unpacked(source: _Source, form: Format, start: int) -> Iterator[tuple[bytes, int]]:
    """A member's bytes piece by piece, each with the byte of the file up to which it was read for it.

    Raises:
        RecordError: it is damaged, or breaks off.
    """
    unpacker, end, size = UNPACKERS[form.name](), start, _LEAST_READ_BYTES

    def feed() -> bytes:
        nonlocal end, size
        # Twice as much each time: what is read past a member's end is copied as unused_data, which would cost more than
        # unpacking it where members of some hundred bytes follow one another.
        data = source.read(end, min(size, form.read_bytes))
        end, size = end + len(data), 2 * size
        return data

    try:
        for data in stream(unpacker, feed):
            yield data, end - len(unpacker.unused_data)
    except EOFError:
        raise RecordError(f"a {form.name} member that ends", "the end of the file") from None
    except Exception as error:
        if not is_fault_of_record(error):
            raise
        raise RecordError(f"a {form.name} member whose checksum is right", _said(error)) from None


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _next_sound(source: _Source, form: Format, after: int) -> _Member | None:
    """The first sound member that starts at a byte of the file or later."""
    given = source.given
    for start in _candidates(source, form.magic, after):
        try:
            return _sound(source, form, start, Budget())
        except RecordError:
            pass
        if source.given - given > source.allowed:
            return None
    source.allowed -= source.given - given
    return None


def first_bytes_of(head: bytes, form: Format, wanted: int) -> bytes:
    """About as many first bytes as are wanted of what a member unpacks to; b"" where it is damaged at once."""
    try:
        return UNPACKERS[form.name]().decompress(head[: form.read_bytes], wanted)
    except DAMAGED:  # type: ignore[misc]  # as above
        return b""


def _candidates(source: _Source, magic: bytes, after: int) -> Iterator[int]:
    """Where members may start: every place of the magic bytes at a byte of the file or later."""
    size = _LEAST_READ_BYTES
    while len(data := source.read(after, size, len(magic))) >= len(magic):
        at = data.find(magic)
        while at >= 0:
            yield after + at
            at = data.find(magic, at + 1)
        # The magic may lie across two reads; these grow, as the next member is mostly near.
        after, size = after + len(data) - len(magic) + 1, min(2 * size, READ_BYTES)


def _after_zeros(source: _Source, start: int) -> int:
    """The first byte that is not zero, from a byte of the file on: zeros fill up what was on a tape, or in a tar."""
    size = 1
    while (data := source.read(start, size)) and not data.strip(b"\0"):
        start, size = start + len(data), READ_BYTES
    return start + len(data) - len(data.lstrip(b"\0"))
