"""Members of a zip that nobody vouches for: read in memory, bounded, and only those inside the archive's own folder."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO

from corpus.errors import RecordError
from corpus.readers.base import InputFile, Open, Seen
from corpus.recipe import cited

BOOK_NAMES = (".txt", ".txt.utf-8", ".epub")

_ENCRYPTED = 1  # flag bit of a member, APPNOTE 4.4.4
_SMALL_BYTES = cited(1 << 20, "a member this small is harmless however well it packs", "bytes")
_MIMETYPE = slice(30, 58)  # of an EPUB: the name and content of its first member


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The archive in a file.

    Raises:
        RecordError: it is not a zip, or its directory is damaged.
    """
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise RecordError("a zip archive", str(error), do="the file may be cut off: fetch it again") from None


def is_epub(head: bytes) -> bool:
    """Whether the first bytes of a file are an EPUB's: its first member states the type, unpacked."""
    return head.startswith(b"PK\x03\x04") and head[_MIMETYPE] == b"mimetypeapplication/epub+zip"


def book_members(archive: zipfile.ZipFile, part: str = "") -> list[str]:
    """The names of the members that are books; of those, the ones of a part `from-to`.

    Raises:
        RecordError: there is none.
    """
    names = [name for name in archive.namelist() if name.lower().endswith(BOOK_NAMES)]
    if not names:
        raise RecordError("a .txt or .epub member", ", ".join(archive.namelist()[:3]) or "an empty archive")
    start, _, end = part.partition("-")
    return names[int(start) : int(end)] if part else names


def own_members(archive: zipfile.ZipFile, members: list[str], part: str, size: int, seen: Seen) -> None:
    """Tell which bytes of an archive a part of it answers for: those of its books, the first part also all others."""
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    starts = [0, *(min(entry.header_offset, archive.start_dir) for entry in entries[1:]), archive.start_dir]
    mine, books = set(members), set(book_members(archive))
    is_first = part.startswith("0-") or not part
    for entry, start, end in zip(entries, starts, starts[1:], strict=False):
        if entry.filename in mine or (is_first and entry.filename not in books):
            seen.own(start, end)
    if is_first:
        seen.own(archive.start_dir, size)


def member_parts(file: InputFile, open_file: Open, part_bytes: int) -> list[str]:
    """The parts of an archive: `from-to` among its books, of about part_bytes each."""
    with open_file(file.path) as opened:
        try:
            books = len(book_members(open_zip(opened)))
        except RecordError:  # reading it will say what is wrong
            return [""]
    step = max(1, books * part_bytes // max(file.size, 1))
    return [f"{start}-{min(books, start + step)}" for start in range(0, books, step)]


def read_member(archive: zipfile.ZipFile, name: str, longest_bytes: int, largest_ratio: float = 0) -> bytes:
    """The bytes of a member; at most longest_bytes, packed at most largest_ratio times (0: any).

    Raises:
        RecordError: it is not there, leads outside the folder, is encrypted, too large, a bomb, or damaged.
    """
    try:
        member = archive.getinfo(name)
    except KeyError:
        raise RecordError("a member of the archive", "none of that name", name) from None
    refuse_outside(name)
    if member.flag_bits & _ENCRYPTED:
        raise RecordError("a member that can be read", "an encrypted one", name)
    if member.file_size > longest_bytes:
        raise RecordError(f"at most {longest_bytes} bytes", str(member.file_size), name)
    if largest_ratio and member.file_size > max(largest_ratio * member.compress_size, _SMALL_BYTES.value):
        raise RecordError(f"text packed at most {largest_ratio:g} times", _ratio(member), name)
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise RecordError("a member that unpacks", str(error) or type(error).__name__, name) from None


def refuse_outside(name: str) -> None:
    """Nothing is unpacked to disk, but a name that leads out of the archive is an attack, not a book.

    Raises:
        RecordError: the name is absolute, or climbs out of the folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise RecordError("a path inside the archive", "one that leads outside", name)


def _ratio(member: zipfile.ZipInfo) -> str:
    return f"{member.file_size / max(member.compress_size, 1):.0f} times"
