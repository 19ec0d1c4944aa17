"""The members of a bulk tar, one after the other; after damage, those from the next header whose checksum is right.

A tar is a row of blocks of 512 bytes: a header with a checksum of its own, the member's data, filled up to a block, and
at the end blocks of zeros. Data has no checksum here: submissions are gzip, which has.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, cast

from corpus.readers.pieces import READ_BYTES, of_the_store

BLOCK_BYTES = 512
MAGIC = b"ustar"
_MAGIC_AT = 257
_NUMBERS = slice(100, 124)  # mode, owner and group: octal digits, blanks and zeros
_OCTAL = re.compile(rb"[0-7 \0]{24}")
_IN_MONTH = re.compile(r"[0-9]{4}(?:/|$)")
_ZEROS = bytes(BLOCK_BYTES)


class Member(NamedTuple):
    """A member from its header to the next one's, in bytes of the tar; or, with a fault, bytes that were skipped."""

    start: int
    end: int
    info: tarfile.TarInfo
    fault: str = ""


def has_tar_magic(head: bytes) -> bool:
    """Whether a block has the magic bytes of a tar's header."""
    return head.startswith(MAGIC, _MAGIC_AT)


def may_be_tar(head: bytes) -> bool:
    """Whether a file begins as a tar does, though some of its first header may be damaged."""
    return has_tar_magic(head) or (len(head) >= BLOCK_BYTES and bool(_OCTAL.fullmatch(head[_NUMBERS])))


def members(file: BinaryIO, start: int = 0) -> Iterator[Member]:
    """All members of a tar in order, from the header at a byte of it; their data is not read."""
    size, in_months = file.seek(0, 2), _is_in_months(file)
    while start < size:
        info, end = _header(file, start)
        if info is None:
            following = _next_member(file, start, size, in_months=in_months)
            if not (following == size and _is_zeros(file, start)):
                yield Member(start, following, tarfile.TarInfo(), "expected a tar header, got other bytes")
            start = following
        elif end > size:
            yield Member(start, size, info, "expected a whole tar member, got the end of the file")
            return
        else:
            yield Member(start, end, info)
            start = end
            if start == size:
                yield Member(size, size, info, "expected the tar's end, got the end of the file")


def first_header(file: BinaryIO, start: int) -> int:
    """Where the first member at a byte of a tar or after it begins; the tar's size where none does.

    Data may hold headers, as a submission may be a tar itself. So one counts if its member lies in the folder of a
    month, as in all of arXiv's bulk tars; a tar whose first member does not is walked from its first byte on.
    """
    size = file.seek(0, 2)
    if start and not _is_in_months(file):
        return next((member.start for member in members(file) if member.start >= start), size)
    return _next_member(file, start + -start % BLOCK_BYTES - BLOCK_BYTES, size, in_months=True) if start else 0


def _next_member(file: BinaryIO, start: int, size: int, *, in_months: bool) -> int:
    """The first header after the block at `start` that may be a member's; the size where none is."""
    while (start := _next_header(file, start, size)) < size:
        info, _end = _header(file, start)
        if info is not None and (not in_months or _IN_MONTH.match(info.name)):
            break
    return start


def _is_in_months(file: BinaryIO) -> bool:
    """Whether a tar is one of arXiv's: its first member is in the folder of a month, or is that folder."""
    file.seek(0)
    info = _header(file, 0)[0] if has_tar_magic(file.read(BLOCK_BYTES)) else None
    return info is not None and bool(_IN_MONTH.match(info.name))


def read_member(file: BinaryIO, info: tarfile.TarInfo) -> bytes:
    """The data of a member."""
    file.seek(info.offset_data)
    return file.read(info.size)


def _header(file: BinaryIO, start: int) -> tuple[tarfile.TarInfo | None, int]:
    """The member whose header, and longer name before it, starts at a byte, and where the next one does."""
    try:
        tar = tarfile.TarFile(fileobj=cast(BinaryIO, _From(file, start)))
        info = tar.firstmember  # type: ignore[attr-defined]
    except Exception as error:  # tarfile answers a damaged header with errors of many kinds
        if of_the_store(error):
            raise
        return None, start
    if info is None or info.size < 0:
        return None, start
    info.offset_data += start
    return info, start + tar.offset


def _next_header(file: BinaryIO, start: int, size: int) -> int:
    """The first block after that at `start` that is a header with the right checksum; the size where none is."""
    while start < size:
        file.seek(start)
        data = file.read(READ_BYTES)
        at = data.find(MAGIC, BLOCK_BYTES)
        while at >= 0:
            found = at - _MAGIC_AT
            if found > 0 and found % BLOCK_BYTES == 0 and _is_header(data[found : found + BLOCK_BYTES]):
                return start + found
            at = data.find(MAGIC, at + 1)
        start += READ_BYTES - BLOCK_BYTES
    return size


def _is_header(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def _is_zeros(file: BinaryIO, start: int) -> bool:
    """Whether there are only zeros from a byte of the file on."""
    file.seek(start)
    while data := file.read(READ_BYTES):
        if data.strip(b"\0"):
            return False
    return True


class _From(io.RawIOBase):
    """A file, which is left open, as if it began at one of its bytes."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start
        file.seek(start)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset + (0 if whence else self._start), whence) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start
