"""The members of a zip: as its directory says, or, where that is damaged or cut off, as their own headers say.

zipfile reads the directory, which stands at the archive's end. Each member is compared with its own header, as one
wrong bit in a name would hide a book.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from corpus.errors import RecordError
from corpus.readers.bounded import DAMAGED, FEED_BYTES, UNPACKERS, ZSTD_FEED_BYTES, Unpacker, stream
from corpus.readers.pieces import READ_BYTES, Budget, DamagedError, of_the_store
from corpus.readers.ranges import Range

SIZES_FOLLOW, _UTF8 = 1 << 3, 1 << 11  # flag bits of a member, APPNOTE 4.4.4
_HEADER = struct.Struct("<4s5H3L2H")
_HEADER_MAGIC, _SIZES_MAGIC, _MAGIC = b"PK\x03\x04", b"PK\x07\x08", b"PK"
_CRC_BYTES = 4
_SIZES_BYTES = 24
_LZMA_HEAD_BYTES = 4  # a version, and how long the properties are, APPNOTE 5.8.8
_STORED = 0
_LZMA = 14
_ZSTD = 93
_METHODS = {8: "deflate", 12: "bzip2", _ZSTD: "zstd"}
"""The numbers of methods of packing, APPNOTE 4.4.5."""


class Entry(NamedTuple):
    """A member as the directory has it, or its own header: sizes in bytes, and where its header starts.

    fault says what is wrong with it as far as it was met, end where the next one's header starts.
    """

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int
    end: int
    fault: str = ""


class Archive(NamedTuple):
    """A zip's members in the order of the directory; directory is where that stands, fault what is wrong with it."""

    file: BinaryIO
    entries: list[Entry]
    directory: Range
    fault: str = ""

    def names(self) -> list[str]:
        """The names of the members."""
        return [entry.name for entry in self.entries]


def open_zip(file: BinaryIO) -> Archive:
    """The archive in a file.

    Raises:
        RecordError: it is not a zip, or holds no member that can be found.
    """
    size = file.seek(0, 2)
    try:
        opened = zipfile.ZipFile(file)
        infos = sorted(opened.infolist(), key=lambda info: info.header_offset)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error, OverflowError) as error:
        if of_the_store(error):
            raise
        entries = list(_walked(file, size))
        if not entries:
            raise DamagedError("a zip archive", str(error), do="the file may be cut off: fetch it again") from None
        return Archive(file, entries, Range(entries[-1].end, size), f"expected a zip's directory, got {error}")
    ends = [*(info.header_offset for info in infos[1:]), opened.start_dir]
    found = {id(info): _compared(file, info, max(0, end)) for info, end in zip(infos, ends, strict=True)}
    entries = [found[id(info)] for info in opened.infolist()]
    if any(entry.fault for entry in entries) or _has_gaps(file, entries, opened.start_dir):
        walked = list(_walked(file, size))
        moved = {(entry.name, entry.crc): entry for entry in walked}
        entries = [moved.get((entry.name, entry.crc), entry) if entry.fault else entry for entry in entries]
        listed = {entry.header for entry in entries}
        entries += [entry for entry in walked if entry.header not in listed]
    return Archive(file, entries, Range(opened.start_dir, size))


def _has_gaps(file: BinaryIO, entries: list[Entry], directory: int) -> bool:
    """Whether the directory leaves out members: where one ends, and its sizes behind it, the next one has to start."""
    at = 0
    for entry in sorted(entries, key=lambda entry: entry.header):
        if entry.header > at + _SIZES_BYTES:
            return True
        at = data_start(file, entry.header) + entry.packed
    return directory > at + _SIZES_BYTES


def _compared(file: BinaryIO, info: zipfile.ZipInfo, end: int) -> Entry:
    """A member of the directory, compared with its own header: else a wrong bit in a name would hide a book."""
    start = max(0, info.header_offset)
    entry = Entry(
        info.filename, info.compress_type, info.flag_bits, info.CRC, info.compress_size, info.file_size, start, end
    )
    own = _header(file, start)
    if own is None:
        return entry._replace(fault="expected a member's header, got other bytes")
    if (own.name, own.method) != (info.orig_filename, entry.method):
        return entry._replace(fault=f"expected the header of {entry.name}, got that of {own.name}")
    return entry


def _header(file: BinaryIO, start: int) -> Entry | None:
    """The header at a byte of the file; its member's end is where its data begins."""
    file.seek(start)
    fixed = file.read(_HEADER.size)
    if len(fixed) < _HEADER.size:
        return None
    magic, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _HEADER.unpack(fixed)
    name = file.read(name_bytes)
    if magic != _HEADER_MAGIC or len(name) < name_bytes:
        return None
    text = name.decode("utf-8", "replace") if name.isascii() or flags & _UTF8 else name.decode("cp437")
    data = start + _HEADER.size + name_bytes + extra_bytes
    return Entry(text, method, flags, crc, packed, size, start, data)


def data_start(file: BinaryIO, header: int) -> int:
    """Where a member's data begins, as its own header says.

    Raises:
        DamagedError: there is no header.
    """
    own = _header(file, header)
    if own is None:
        raise DamagedError("a member's header", "other bytes", f"byte {header}")
    return own.end


def _walked(file: BinaryIO, size: int) -> Iterator[Entry]:
    """The members from header to header, whatever is between them."""
    start = _next_header(file, 0, size)
    while start < size:
        own = _header(file, start)
        if own is None:
            start = _next_header(file, start + 1, size)
            continue
        entry = _sized(file, own)
        file.seek(entry.end)
        is_followed = file.read(len(_MAGIC)) == _MAGIC
        following = entry.end if is_followed else _next_header(file, own.end, size)
        yield entry._replace(end=following)
        start = _next_header(file, following, size)


def _sized(file: BinaryIO, own: Entry) -> Entry:
    """A member with its sizes, which follow its data where they were not known before."""
    if not own.flags & SIZES_FOLLOW or own.packed:
        return own._replace(end=own.end + own.packed)
    if own.method == _STORED:
        return own._replace(fault="expected the size of a member, got none")
    crc = size = 0
    budget, feed = Budget(), Feed(file, own.end, file.seek(0, 2), own.method)
    try:
        unpacker = unpacker_of(own, feed)
        for piece in stream(unpacker, feed):
            budget.spend(len(piece), feed.at)
            crc, size = zlib.crc32(piece, crc), size + len(piece)
    except (RecordError, *DAMAGED) as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
        return own._replace(fault=f"expected a member that unpacks, got {error or 'its end'}")
    end = feed.at - len(unpacker.unused_data)
    file.seek(end)
    stated = file.read(len(_SIZES_MAGIC) + _CRC_BYTES)
    stated = stated.removeprefix(_SIZES_MAGIC)[:_CRC_BYTES]
    is_right = stated == crc.to_bytes(_CRC_BYTES, "little")
    fault = "" if is_right else "expected a member whose checksum is right, got another"
    return own._replace(crc=crc, packed=end - own.end, size=size, end=end, fault=fault)


def _next_header(file: BinaryIO, start: int, size: int) -> int:
    """The next member's header at a byte of the file or after it; the size where there is none."""
    while start < size:
        file.seek(start)
        data = file.read(READ_BYTES)
        at = data.find(_HEADER_MAGIC)
        if at >= 0:
            return start + at
        start += max(1, len(data) - len(_HEADER_MAGIC) + 1)  # the magic may lie across two reads
    return size


class Feed:
    """Packed bytes of a member, up to its end; at is the byte of the file up to which they were given."""

    def __init__(self, file: BinaryIO, start: int, end: int, method: int) -> None:
        self._file, self.at, self._end = file, start, end
        self._bytes = ZSTD_FEED_BYTES if method == _ZSTD else FEED_BYTES

    def __call__(self, most: int = 0) -> bytes:
        self._file.seek(self.at)
        data = self._file.read(min(most or self._bytes, self._end - self.at))
        self.at += len(data)
        return data


class _Stored:
    """A member that is not packed."""

    needs_input, unused_data = True, b""

    def __init__(self, size: int) -> None:
        self._left = size

    @property
    def eof(self) -> bool:
        return self._left <= 0

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        self._left -= len(data)
        return data


def unpacker_of(entry: Entry, feed: Callable[[int], bytes]) -> Unpacker:
    """What unpacks a member.

    Raises:
        RecordError: it is packed as nothing here can unpack.
    """
    if entry.method == _STORED:
        return _Stored(entry.size)
    if entry.method == _LZMA:
        # Before raw LZMA a zip has a version (two bytes), how long the properties are (two), and these: lc, lp and pb
        # in a byte, and the size of the dictionary. liblzma reads no such head, so it gets them as a filter.
        head = feed(_LZMA_HEAD_BYTES)
        properties = feed(int.from_bytes(head[_LZMA_HEAD_BYTES // 2 :], "little"))
        filters = [lzma._decode_filter_properties(lzma.FILTER_LZMA1, properties)]  # type: ignore[attr-defined]
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    if entry.method not in _METHODS:
        raise RecordError("a member packed in a way that is read", f"method {entry.method}", entry.name)
    return UNPACKERS[_METHODS[entry.method]]()
