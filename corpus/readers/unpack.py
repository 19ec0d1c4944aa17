"""The bytes inside a file, piece by piece: plain, gzip, bzip2, xz, zstd or 7z, told apart by how the file begins.

Memory is bounded whatever the file; nothing is given before its checksum was compared, where its format has one; after
damage reading goes on at the next unit that is whole, and a piece that is a fault says which bytes of the file were
skipped, and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from corpus.errors import RecordError
from corpus.readers import bzip2, members, seven_zip
from corpus.readers.base import Seen
from corpus.readers.members import GZIP, XZ, ZSTD
from corpus.readers.pieces import PIECE_BYTES, Budget, DamagedError, Piece

FORMATS = {form.magic: form for form in (GZIP, XZ, ZSTD)}
MAGICS = (*FORMATS, bzip2.MAGIC, seven_zip.MAGIC)
_NAMES = {".gz": GZIP.magic, ".bz2": bzip2.MAGIC, ".xz": XZ.magic, ".zst": ZSTD.magic, ".7z": seven_zip.MAGIC}
_HEAD_BYTES = 64


def packing_of(head: bytes, name: str = "") -> bytes:
    """The magic bytes of a file's packing; b"" where it is plain.

    They are those the file begins with, or those its name stands for where it begins with these but for one byte, or
    with zeros: damage to the first bytes of a file does not make it another kind of file.
    """
    found = next((magic for magic in MAGICS if head.startswith(magic)), b"")
    named = next((magic for ending, magic in _NAMES.items() if name.lower().endswith(ending)), b"")
    return found or (named if named and _is_near(head, named) else b"")


def _is_near(head: bytes, magic: bytes) -> bool:
    wrong = sum(got != wanted for got, wanted in zip(head, magic, strict=False))
    return len(head) >= len(magic) and (wrong <= 1 or not head.strip(b"\0"))


def unpacked(
    file: BinaryIO, seen: Seen, name: str = "", wanted: str = "", start: int = 0, budget: Budget | None = None
) -> Iterator[Piece]:
    """The unpacked bytes of a file; what is skipped is counted in seen.

    Args:
        name: of the file, see `packing_of`.
        wanted: the name of an archive's members that are wanted, without folder; all where it is empty.
        start: the byte of the file to begin at, where a unit (member, frame, block) starts, or any one of a plain file.
        budget: how much may be unpacked, of an archive of each folder; without one, what a file of this size may.
    """
    file.seek(0)
    magic = packing_of(file.read(_HEAD_BYTES), name)
    if magic in FORMATS:
        return skipping(members.members(file, FORMATS[magic], start, budget), seen)
    if magic == bzip2.MAGIC:
        return skipping(bzip2.blocks(file, start, budget), seen)
    if magic == seven_zip.MAGIC:
        return skipping(seven_zip.pieces(file, seen, wanted), seen)
    return plain(file, start)


def skipping(pieces: Iterator[Piece], seen: Seen) -> Iterator[Piece]:
    """The same pieces, faults that follow one another as one, and counted as skipped."""
    fault: Piece | None = None
    for piece in pieces:
        if piece.fault and fault and fault.end >= piece.start:
            fault = fault._replace(end=max(fault.end, piece.end))
            continue
        if fault:
            seen.skip(fault.start, fault.end)
            yield fault
        fault = piece if piece.fault else None
        if not piece.fault:
            yield piece
    if fault:
        seen.skip(fault.start, fault.end)
        yield fault


def plain(file: BinaryIO, start: int) -> Iterator[Piece]:
    """The bytes of a file that is not packed, from one of them on."""
    file.seek(start)
    while data := file.read(PIECE_BYTES):
        yield Piece(data, start)
        start += len(data)


def unpack_whole(file: BinaryIO, most_bytes: int, name: str = "") -> bytes:
    """All bytes inside a file, in memory.

    Raises:
        RecordError: they are more than most_bytes; DamagedError: they are damaged.
    """
    found, size, budget = list[bytes](), 0, Budget(most_bytes)
    for piece in unpacked(file, Seen(), name, budget=budget):
        size += len(piece.data)
        if size > most_bytes or budget.is_over:
            raise RecordError(f"at most {most_bytes} bytes", "more")
        if piece.fault:
            raise DamagedError(piece.fault.removeprefix("expected "))
        found.append(piece.data)
    return b"".join(found)


def first_bytes(head: bytes, wanted: int) -> bytes:
    """About as many first bytes inside a file as are wanted, from its stored ones; b"" where those are damaged."""
    form = FORMATS.get(packing_of(head))
    if form:
        return members.first_bytes_of(head, form, wanted)
    return b"" if packing_of(head) else head
