"""bzip2 block by block: each block has a checksum of its own, so that damage costs the block it is in.

A file is a row of bits: `BZh9`, blocks, the mark of the end with a checksum of the checksums, then bits up to the next
byte and perhaps another stream. A block starts with 48 bits, at any bit, that stand elsewhere once in 32 TB by chance.
So blocks are found by these bits, and each is put into a stream of its own for libbz2, as bzip2recover does; what the
heads and ends of streams say is not needed.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import BinaryIO, NamedTuple

from corpus.errors import RecordError
from corpus.readers.pieces import PIECE_BYTES, Budget, Piece, Window

MAGIC = b"BZh"
_BLOCK, _END = 0x314159265359, 0x177245385090  # the digits of pi, and of its square root
BYTE_BITS = 8
_MARK_BITS = 48
_HEAD_BITS = 32
_END_BITS = _MARK_BITS + 32
_SHORTEST_BITS = _MARK_BITS + 32  # of a block: less than its head
_LONGEST_BLOCK_BYTES = 1_200_000  # 900,000 bytes that do not pack take 1 % more; tables take 50 KB


class _Mark(NamedTuple):
    """Where a block starts, or the end of a stream, in bits from the file's start."""

    bit: int
    is_end: bool


def blocks(
    file: BinaryIO, start: int = 0, budget: Budget | None = None, first_bit: int | None = None
) -> Iterator[Piece]:
    """The unpacked blocks from a byte of the file on, each after its checksum was compared; damaged ones as faults.

    Args:
        start: the byte.
        budget: how much they may unpack to; without one, as much as a file of this size may.
        first_bit: a bit of that byte at which a block starts, where what stands before is read by others.
    """
    window, budget = Window(file, start), budget or Budget()
    passed = first_bit or 8 * start  # the bit up to which everything is yielded or passed over
    for mark, following in pairwise(chain(_marks(window), (None,))):
        assert mark is not None
        yield from _between(window, passed, mark.bit, budget)
        if mark.is_end:
            passed = _next_byte(mark.bit + _END_BITS)
        else:
            passed = following.bit if following else 8 * window.end
            yield from _block(window, mark.bit, passed, budget, "" if following else ", got the end of the file")
        window.forget(passed // 8)
    yield from _between(window, passed, 8 * window.end, budget, head_bytes=0)


class Part(NamedTuple):
    """Blocks that can be read alone: the first starts at a bit, the others in bytes before limit; none where empty.

    start and end are the bytes of the file that stand for them: what is damaged is counted by whole bytes.
    """

    start: int
    end: int
    first_bit: int
    limit: int

    def blocks(self, file: BinaryIO, budget: Budget | None = None) -> Iterator[Piece]:
        """Its blocks, and those after it."""
        is_empty = self.start >= self.end
        return iter(()) if is_empty else blocks(file, self.first_bit // 8, budget, self.first_bit)


def part(file: BinaryIO, start: int, end: int, size: int, is_first: bool) -> Part:
    """The blocks that are marked between two bytes of a file, and what damage leaves of them.

    A mark is found wherever one looks for it, so no index of the file is needed. A block whose own mark is damaged is
    of the part in which the last mark before it stands.

    Args:
        start: the byte at which the part starts, the file's first block where it is the first.
        end: that at which the next part starts, or the end of the blocks.
        size: the end of the blocks.
        is_first: whether it is the first.
    """
    first = 8 * start if is_first else _first_mark(file, start, size)
    limit = 8 * size if end == size else _first_mark(file, end, size)
    return Part(_next_byte(first) // 8, _next_byte(limit) // 8, first, limit // 8)


def _first_mark(file: BinaryIO, start: int, size: int) -> int:
    """The bit at which the first block is marked from a byte on; the end where none is."""
    return next((mark.bit for mark in _marks(Window(file, start)) if not mark.is_end), 8 * size)


def _marks(window: Window) -> Iterator[_Mark]:
    """All marks from where the window starts, in order; it is filled as they are asked for, and stays bounded."""
    scanned = window.base
    more = True
    while more:
        more = window.fill()
        last = window.end - _MARK_BITS // 8 if more else window.end
        found = _found(window.data[max(0, scanned - window.base) :], 0)
        for bit, is_end in sorted(found):
            if bit // 8 + scanned < last:
                yield _Mark(bit + 8 * scanned, is_end)
        scanned = max(scanned, last)
        # The block before the mark that comes next is unpacked only when that is found, and where a mark between two
        # blocks is damaged, both of them from the first one's start: so two of the longest are kept.
        window.forget(scanned - 2 * _LONGEST_BLOCK_BYTES)


def _found(data: bytes, wrong_bits: int) -> Iterator[_Mark]:
    """The marks in some bytes, in any order; also those of which so many bits (0 or 1) are wrong.

    A mark that starts `shift` bits into a byte has 40 bits that are five whole bytes. These are searched for, or, as
    one wrong bit leaves one end of them right, their first two and their last three; then all 48 bits are compared.
    """
    for shift in range(8):
        for mark in (_BLOCK, _END):
            core = (mark >> shift & (1 << 40) - 1).to_bytes(5, "big")
            searched = ((core[:2], 1), (core[2:], 3)) if wrong_bits else ((core, 1),)
            starts = {at - lead for part, lead in searched for at in _occurrences(data, part)}
            for at in starts:
                bits = int.from_bytes(data[at : at + 7].ljust(7, b"\0"), "big") >> 8 - shift & (1 << _MARK_BITS) - 1
                if at >= 0 and (bits ^ mark).bit_count() <= wrong_bits:
                    yield _Mark(8 * at + shift, mark == _END)


def _occurrences(data: bytes, part: bytes) -> Iterator[int]:
    at = data.find(part)
    while at >= 0:
        yield at
        at = data.find(part, at + 1)


def _next_byte(bit: int) -> int:
    return bit + -bit % 8


def _between(
    window: Window, passed: int, bit: int, budget: Budget, head_bytes: int = _HEAD_BITS // 8
) -> Iterator[Piece]:
    """What is between two marks: zeros and the head of a stream, a block whose mark has one wrong bit, or a fault."""
    if passed // 8 >= window.base:
        data = window.data[passed // 8 - window.base : _next_byte(bit) // 8 - window.base]
        if (
            passed == bit
            or not data.strip(b"\0")
            or (bit % 8 == 0 and not data[: max(0, len(data) - head_bytes)].strip(b"\0"))
        ):
            return
        for near in sorted(_found(data, 1)):
            if not near.is_end:
                yield from _block(window, near.bit + 8 * (passed // 8), bit, budget, "")
                return
    yield Piece(b"", passed // 8, _next_byte(bit) // 8, "expected a bzip2 block, got other bytes")


def _block(window: Window, start: int, end: int, budget: Budget, ended: str) -> Iterator[Piece]:
    """The block between two bits of the file, unpacked; the block and the one after it where one bit of the mark
    between them is wrong; else a fault.
    """
    try:
        pieces = _unpacked(window, start, end, budget)
    except RecordError as error:
        near = _split(window, start, end, budget)
        if near is None:
            yield Piece(b"", start // 8, _next_byte(end) // 8, str(error) + ended)
            return
        mark, pieces = near
    else:
        mark = _Mark(end, True)
    yield from (Piece(piece, start // 8) for piece in pieces)
    if not mark.is_end:
        yield from _block(window, mark.bit, end, budget, ended)


def _split(window: Window, start: int, end: int, budget: Budget) -> tuple[_Mark, list[bytes]] | None:
    """The first place at which a mark with one wrong bit ends a block that unpacks, and that block."""
    base = start // 8
    if base < window.base:
        return None
    data = window.data[base - window.base : _next_byte(end) // 8 - window.base]
    for bit, is_end in sorted(_found(data, 1)):
        if start + _SHORTEST_BITS <= bit + 8 * base < end:
            try:
                return _Mark(bit + 8 * base, is_end), _unpacked(window, start, bit + 8 * base, budget)
            except RecordError:
                continue
    return None


def _unpacked(window: Window, start: int, end: int, budget: Budget) -> list[bytes]:
    """The bytes of the block between two bits of the file.

    Raises:
        RecordError: it is damaged, or its checksum is another.
    """
    if start // 8 < window.base or end < start + _SHORTEST_BITS:
        raise RecordError("a bzip2 block")
    unpacker, pieces = bz2.BZ2Decompressor(), []
    data = _stream_of(window, start, end)
    try:
        while not unpacker.eof:
            pieces.append(unpacker.decompress(data, PIECE_BYTES))
            budget.spend(len(pieces[-1]), end // 8)
            if unpacker.needs_input:
                raise EOFError
            data = b""
    except (OSError, ValueError, EOFError, MemoryError):
        raise RecordError("a bzip2 block whose checksum is right") from None
    return pieces


def _stream_of(window: Window, start: int, end: int) -> bytes:
    """A whole bzip2 stream of one block: its checksum of checksums is then the block's own, its first 32 bits."""
    # The end of a stream states its blocks' CRC-32s folded into one: rotated left by a bit, then xor the next block's,
    # from 0 on. Folding a single block gives that block's own, which follows its mark: it is copied to the end. A block
    # may begin at any bit; as one large integer it is moved by a shift.
    bits = end - start - _MARK_BITS
    first = (start + _MARK_BITS) // 8 - window.base
    block = int.from_bytes(window.data[first : _next_byte(end) // 8 - window.base], "big") >> -end % 8
    block &= (1 << bits) - 1
    stream = (_BLOCK << bits | block) << _END_BITS | _END << 32 | block >> bits - 32
    padding = -(bits + _MARK_BITS + _END_BITS) % 8
    return b"BZh9" + (stream << padding).to_bytes((bits + _MARK_BITS + _END_BITS + padding) // 8, "big")
