"""gzip members, zstd frames and xz streams: what has one checksum, at its end, is given once that was compared.

A member is unpacked into memory; one that unpacks to more than HELD_BYTES is unpacked to its end first, without being
kept, and then again to be given. After damage the file is searched for the next member that unpacks with its checksum
right. A zstd frame may have been written without a checksum, and then only has to unpack.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, Protocol

import zstandard
from isal import igzip_lib

from corpus.errors import RecordError
from corpus.readers.pieces import PIECE_BYTES, READ_BYTES, Budget, Piece
from corpus.recipe import cited

HELD_BYTES = 32 << 20
"""A member that unpacks to at most this much is unpacked once: all records of a WARC, and few dumps of one member."""
SEARCH_READS = cited(16, "the next member is soon found; a file made of false ones would be read without end", "times")
_READ_BYTES = 1 << 16
_BEGINNING_BYTES = 1 << 10
_ZSTD_READ_BYTES = 1 << 10  # zstd has no bound on what it unpacks at once; so little packed is at most 32 MiB
_ZSTD_WINDOW_BYTES = cited(1 << 27, "what zstd -22 needs, and the command's own limit", "bytes")
_XZ_MEMORY_BYTES = cited(1 << 28, "xz -9 needs 65 MiB to unpack", "bytes")

Begins = Callable[[bytes], bool]


class _Unpacker(Protocol):
    """One member, as the standard library's decompressors have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


class _Zstd:
    """A zstd frame; unbounded output is bounded by what is read."""

    needs_input = True

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES.value).decompressobj()

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return self._frame.decompress(data)


class Format(NamedTuple):
    """A packing: its name, the bytes that every member starts with, what unpacks one, and how much to read at once."""

    name: str
    magic: bytes
    unpacker: Callable[[], _Unpacker]
    read_bytes: int = _READ_BYTES


GZIP = Format("gzip", b"\x1f\x8b\x08", lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP))
XZ = Format("xz", b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES.value))
ZSTD = Format("zstd", b"\x28\xb5\x2f\xfd", _Zstd, _ZSTD_READ_BYTES)
_DAMAGED = (OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError, igzip_lib.error)


class _Member(NamedTuple):
    """A sound member: its bytes in the file, and what is in it, unless that is more than HELD_BYTES."""

    start: int
    end: int
    data: list[bytes] | None


def members(file: BinaryIO, form: Format, start: int = 0, begins: Begins | None = None) -> Iterator[Piece]:
    """The unpacked members from a byte of the file on, each after its checksum was compared; damage as faults.

    Args:
        begins: whether bytes are how a member begins, unpacked, when one is searched for after damage.
    """
    budget, size = Budget(), file.seek(0, 2)
    start = _after_zeros(file, start)
    while start < size:
        try:
            member: _Member | None = _sound(file, form, start, budget)
        except RecordError as error:
            member = _next_sound(file, form, start + 1, size, begins)
            yield Piece(b"", start, member.start if member else size, str(error))
        if member is None:
            return
        yield from (Piece(data, member.start) for data in _data(file, form, member) if data)
        start = _after_zeros(file, member.end)


def _data(file: BinaryIO, form: Format, member: _Member) -> Iterator[bytes]:
    if member.data is not None:
        return iter(member.data)
    return (data for data, _end in _unpacked(file, form, member.start))


def _sound(file: BinaryIO, form: Format, start: int, budget: Budget) -> _Member:
    """The member at a byte of the file.

    Raises:
        RecordError: its data is damaged or breaks off, its checksum is another, or it unpacks to too much.
    """
    held: list[bytes] | None = []
    size, end = 0, start
    for data, end in _unpacked(file, form, start):
        budget.spend(len(data), end)
        size += len(data)
        if size > HELD_BYTES:
            held = None
        if held is not None:
            held.append(data)
    return _Member(start, end, held)


def _unpacked(file: BinaryIO, form: Format, start: int) -> Iterator[tuple[bytes, int]]:
    """A member's bytes piece by piece, each with the byte of the file up to which it was read for it.

    Raises:
        RecordError: it is damaged, or breaks off.
    """
    file.seek(start)
    unpacker, end, data = form.unpacker(), start, b""
    while not unpacker.eof:
        if unpacker.needs_input:
            data = file.read(form.read_bytes)
            end += len(data)
            if not data:
                raise RecordError(f"a {form.name} member that ends", "the end of the file")
        try:
            unpacked = unpacker.decompress(data, PIECE_BYTES)
        except _DAMAGED as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
            raise RecordError(f"a {form.name} member whose checksum is right", _said(error)) from None
        data = b""
        yield unpacked, end - len(unpacker.unused_data)


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _next_sound(file: BinaryIO, form: Format, after: int, size: int, begins: Begins | None) -> _Member | None:
    """The first sound member that starts at a byte of the file or later."""
    left = SEARCH_READS.value * (size - after)
    for start in _candidates(file, form.magic, after):
        if begins is not None and not begins(unpacked_start(file, form, start, _BEGINNING_BYTES)):
            continue
        try:
            return _sound(file, form, start, Budget())
        except RecordError:
            left -= file.tell() - start
        if left < 0:
            return None
    return None


def unpacked_start(file: BinaryIO, form: Format, start: int, wanted: int) -> bytes:
    """About as many first bytes as are wanted of what a member unpacks to; b"" where it is damaged at once."""
    file.seek(start)
    try:
        return form.unpacker().decompress(file.read(form.read_bytes), wanted)
    except _DAMAGED:  # type: ignore[misc]  # as above
        return b""


def _candidates(file: BinaryIO, magic: bytes, after: int) -> Iterator[int]:
    """Where members may start: every place of the magic bytes at a byte of the file or later."""
    while True:
        file.seek(after)
        data = file.read(READ_BYTES)
        at = data.find(magic)
        while at >= 0:
            yield after + at
            at = data.find(magic, at + 1)
        if len(data) < READ_BYTES:
            return
        after += len(data) - len(magic) + 1


def _after_zeros(file: BinaryIO, start: int) -> int:
    """The first byte that is not zero, from a byte of the file on: zeros fill up what was on a tape, or in a tar."""
    file.seek(start)
    while data := file.read(_READ_BYTES):
        filled = len(data) - len(data.lstrip(b"\0"))
        start += filled
        if filled < len(data):
            break
    return start
