"""Members of a zip that nobody vouches for: read in bounded memory, and only those inside the archive's own folder."""

from __future__ import annotations

import zlib
from pathlib import PurePosixPath

from corpus.errors import RecordError
from corpus.readers.base import InputFile, Open, Seen
from corpus.readers.books.zip_directory import Archive, Entry, Feed, data_start, open_zip, unpacker_of
from corpus.readers.bounded import DAMAGED, stream
from corpus.readers.pieces import DamagedError, of_the_store
from corpus.recipe import cited

BOOK_NAMES = (".txt", ".txt.utf-8", ".epub")
PACKED_NAMES = (".zip", ".txt.gz")
"""Of books that are packed once more: not read inside an archive, and said."""

_ENCRYPTED = 1  # flag bit of a member, APPNOTE 4.4.4
_SMALL_BYTES = cited(1 << 20, "a member this small is harmless however well it packs", "bytes")
_MIMETYPE = slice(30, 58)  # of an EPUB: the name and content of its first member


def is_epub(head: bytes) -> bool:
    """Whether the first bytes of a file are an EPUB's: its first member states the type, unpacked."""
    return head.startswith(b"PK\x03\x04") and head[_MIMETYPE] == b"mimetypeapplication/epub+zip"


def book_members(archive: Archive, part: str = "") -> list[Entry]:
    """The members that are books; of those, the ones of a part `from-to`.

    Raises:
        RecordError: there is none.
    """
    books = [entry for entry in archive.entries if _may_be_book(entry)]
    if not books:
        raise RecordError("a .txt or .epub member", ", ".join(archive.names()[:3]) or "an empty archive")
    start, _, end = part.partition("-")
    return books[int(start) : int(end)] if part else books


def _may_be_book(entry: Entry) -> bool:
    """Whether a member's name is a book's or that of a packed one, or may have been one before it was damaged."""
    return entry.name.lower().endswith((*BOOK_NAMES, *PACKED_NAMES)) or bool(entry.fault)


def own_members(archive: Archive, members: list[Entry], part: str, size: int, seen: Seen) -> None:
    """Tell which bytes of an archive a part of it answers for: those of its books, the first part also all others."""
    is_first = part.startswith("0-") or not part
    mine, start = {entry.header for entry in members}, 0
    for entry in sorted(archive.entries, key=lambda entry: entry.header):
        if entry.header in mine or (is_first and not _may_be_book(entry)):
            seen.own(entry.header, entry.end)
        if is_first:
            seen.own(start, entry.header)
        start = max(start, entry.end)
    if is_first:
        seen.own(start, size)


def member_parts(file: InputFile, open_file: Open, part_bytes: int) -> list[str]:
    """The parts of an archive: `from-to` among its books, of about part_bytes each."""
    with open_file(file.path) as opened:
        try:
            books = len(book_members(open_zip(opened)))
        except RecordError:  # reading it will say what is wrong
            return [""]
    step = max(1, books * part_bytes // max(file.size, 1))
    return [f"{start}-{min(books, start + step)}" for start in range(0, books, step)]


def read_named(archive: Archive, name: str, longest_bytes: int, largest_ratio: float = 0) -> bytes:
    """The bytes of the member of a name; see `read_member`.

    Raises:
        RecordError: it is not there, or as there.
    """
    entry = next((entry for entry in reversed(archive.entries) if entry.name == name), None)
    if entry is None:
        raise RecordError("a member of the archive", "none of that name", name)
    return read_member(archive, entry, longest_bytes, largest_ratio)


def read_member(archive: Archive, entry: Entry, longest_bytes: int, largest_ratio: float = 0) -> bytes:
    """The bytes of a member; at most longest_bytes, packed at most largest_ratio times (0: any).

    Raises:
        RecordError: it leads outside the folder, is encrypted, too large, or a bomb; DamagedError: it is damaged.
    """
    name = entry.name
    if entry.fault:
        raise DamagedError(entry.fault.removeprefix("expected "), where=name)
    refuse_outside(name)
    if entry.flags & _ENCRYPTED:
        raise RecordError("a member that can be read", "an encrypted one", name)
    if entry.size > longest_bytes:
        raise RecordError(f"at most {longest_bytes} bytes", str(entry.size), name)
    if largest_ratio and entry.size > max(largest_ratio * entry.packed, _SMALL_BYTES.value):
        raise RecordError(f"text packed at most {largest_ratio:g} times", _ratio(entry), name)
    return _unpacked(archive, entry)


def _unpacked(archive: Archive, entry: Entry) -> bytes:
    """The bytes of a member: as many as its size says, whatever its data unpacks to."""
    start = data_start(archive.file, entry.header)
    feed = Feed(archive.file, start, start + entry.packed, entry.method)
    found, left = list[bytes](), entry.size
    try:
        for piece in stream(unpacker_of(entry, feed), feed):
            found.append(piece)
            left -= len(piece)
            if left <= 0:
                break
    except DAMAGED as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
        if of_the_store(error):
            raise
        raise DamagedError("a member that unpacks", str(error) or "its end", entry.name) from None
    data = b"".join(found)
    if left or zlib.crc32(data) != entry.crc:
        got = "Bad CRC-32" if not left else f"{len(data)} bytes of {entry.size}"
        raise DamagedError("a member that unpacks", got, entry.name)
    return data


def refuse_outside(name: str) -> None:
    """Nothing is unpacked to disk, but a name that leads out of the archive is an attack, not a book.

    Raises:
        RecordError: the name is absolute, or climbs out of the folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise RecordError("a path inside the archive", "one that leads outside", name)


def _ratio(entry: Entry) -> str:
    return f"{entry.size / max(entry.packed, 1):.0f} times"
