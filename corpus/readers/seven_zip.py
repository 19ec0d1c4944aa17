"""Members of a 7z archive, unpacked piece by piece, never to disk, and given after their checksums were compared.

py7zr reads the directory, which stands at the archive's end: of one that breaks off nothing can be had. Folders of
members packed together are unpacked here, in bounded memory; a member has one checksum, of all its bytes, so that
damage costs the folder's members. One packed with bzip2 alone, as the large dumps of Stack Exchange are, costs a block.
What is packed with another method (PPMd, Deflate64) is unpacked by py7zr in a child process, as such decoders may take
the process down or ask for all memory.
"""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Generator, Iterator
from typing import Any, BinaryIO, NamedTuple, cast

import py7zr
from py7zr.compressor import SupportedMethods

from corpus.errors import RecordError
from corpus.readers import bounded, bzip2
from corpus.readers.base import Seen
from corpus.readers.bounded import DAMAGED, UNPACKERS, Unpacker
from corpus.readers.members import HELD_BYTES
from corpus.readers.pieces import PIECE_BYTES, READ_BYTES, Budget, Piece, Until, of_the_store
from corpus.recipe import cited

MAGIC = b"7z\xbc\xaf\x27\x1c"
LARGEST_DICTIONARY_BYTES = cited(1 << 28, "7z -mx=9 uses 64 MiB; a folder's decoder holds so much", "bytes")
CHILD_MEMORY_BYTES = cited(
    2 << 30, "PPMd at its largest takes 2 GB in 7z; more is asked for by archives made to", "bytes"
)
CHILD_SECONDS = cited(3600, "PPMd unpacks 20 GB in about half an hour", "seconds")
_PIECE_BYTES = 1 << 16
_COPY, _DEFLATE, _BZIP2 = b"\x00", b"\x04\x01\x08", b"\x04\x02\x02"
_CHILD = "from corpus.readers.seven_zip_child import unpack; unpack()"


class Member(NamedTuple):
    """A member in its folder: its name, size in bytes and CRC-32, None where none is stated."""

    name: str
    size: int
    crc: int | None
    wanted: bool


class Folder(NamedTuple):
    """Members that are packed together, in the order of their bytes; those from start to end of the file."""

    start: int
    end: int
    coders: list[dict[str, Any]]
    members: list[Member]
    streams: int

    @property
    def methods(self) -> list[bytes]:
        """The numbers of its methods of packing, in the archive's order."""
        return [coder["method"] for coder in self.coders]


def pieces(file: BinaryIO, seen: Seen, wanted: str = "") -> Iterator[Piece]:
    """The bytes of an archive's members, one after the other; what is damaged as a fault.

    Args:
        wanted: the name of the members that are wanted, without folder; all where it is empty.
    """
    size = file.seek(0, 2)
    try:
        folders = _folders(file, wanted)
    except RecordError as error:
        yield Piece(b"", 0, size, str(error))
        return
    seen.leave(0, size)  # what is not wanted, and the directory
    for folder in folders:
        if is_bzip2(folder):
            yield from bzip2.blocks(cast(BinaryIO, Until(file, folder.end)), folder.start)
        else:
            yield from _verified(file, folder)


def unpacked_bytes(file: BinaryIO, wanted: str) -> int:
    """How many bytes the wanted members have, unpacked, as the archive's directory says.

    Raises:
        RecordError: the archive cannot be opened, or holds none of them.
    """
    return sum(map(wanted_bytes, _folders(file, wanted)))


def only_folder(file: BinaryIO, wanted: str) -> Folder | None:
    """The folder that holds the wanted members; None where several do, or the archive cannot be read."""
    try:
        folders = _folders(file, wanted)
    except RecordError:
        return None
    return folders[0] if len(folders) == 1 else None


def wanted_bytes(folder: Folder) -> int:
    """How many bytes a folder's wanted members have, unpacked, as the archive's directory says."""
    return sum(member.size for member in folder.members if member.wanted)


def is_bzip2(folder: Folder) -> bool:
    """Whether a folder is packed with bzip2 alone, and all wanted: its blocks can be read one by one."""
    return folder.methods == [_BZIP2] and all(member.wanted for member in folder.members)


def stream(file: BinaryIO, folder: Folder, piece_bytes: int = _PIECE_BYTES) -> Iterator[bytes]:
    """The wanted bytes of a folder, about piece_bytes at a time, before their checksum is compared, which is done last.

    Raises:
        RecordError: they are damaged, another size or checksum is stated, or they are far more than are packed.
    """
    budget = Budget()
    for data in _wanted_bytes(file, folder, piece_bytes):
        budget.spend(len(data), folder.end)
        yield data


def _folders(file: BinaryIO, wanted: str) -> list[Folder]:
    """The folders that hold wanted members.

    Raises:
        RecordError: the archive cannot be opened, or holds none.
    """
    try:
        file.seek(0)
        with py7zr.SevenZipFile(file) as archive:
            names = archive.getnames()
            found = list(_directory(archive, wanted)) if archive.header.main_streams else []
    except Exception as error:  # the header is untrusted: py7zr answers damage with errors of a dozen kinds
        if of_the_store(error):
            raise
        said = f"{type(error).__name__} {error}".strip()
        raise RecordError("a whole .7z archive", said, do="fetch it again") from error
    folders = [folder for folder in found if any(member.wanted for member in folder.members)]
    if not folders and not any(wanted in ("", name.rpartition("/")[2]) for name in names):
        raise RecordError(f"an archive that holds {wanted}", ", ".join(names[:8]) or "an empty one")
    return folders


def _directory(archive: py7zr.SevenZipFile, wanted: str) -> Iterator[Folder]:
    # Packed streams follow one another from packpos on (counted from the end of the signature header). A folder takes
    # one of them, or several where its coders have several inputs, as BCJ2 with its streams of jump targets.
    streams = archive.header.main_streams
    packed, at = streams.packinfo, 0
    for folder in streams.unpackinfo.folders:
        members = [
            Member(entry.filename, entry.uncompressed, entry.crc32, wanted in ("", entry.filename.rpartition("/")[2]))
            for entry in archive.files
            if entry.folder is folder and not entry.emptystream
        ]
        count = max(1, len(folder.packed_indices))
        start = archive.afterheader + packed.packpos + packed.packpositions[at]
        yield Folder(start, start + sum(packed.packsizes[at : at + count]), folder.coders, members, count)
        at += count


def _verified(file: BinaryIO, folder: Folder) -> Iterator[Piece]:
    """The wanted members of a folder after their checksums were compared: held until then, or unpacked twice."""
    held: list[bytes] | None = []
    size = 0
    try:
        for data in stream(file, folder):
            size += len(data)
            if size > HELD_BYTES:
                held = None
            if held is not None:
                held.append(data)
    except RecordError as error:
        yield Piece(b"", folder.start, folder.end, str(error))
        return
    given = iter(held) if held is not None else _wanted_bytes(file, folder)
    yield from (Piece(data, folder.start) for data in given if data)


def _wanted_bytes(file: BinaryIO, folder: Folder, piece_bytes: int = _PIECE_BYTES) -> Iterator[bytes]:
    """The bytes of the wanted members.

    Raises:
        RecordError: they are damaged, or another size or checksum is stated.
    """
    unpacker = _unpacker(folder)
    members = folder.members if unpacker else [member for member in folder.members if member.wanted]
    last = max(at for at, member in enumerate(members) if member.wanted)
    names = [member.name for member in members]
    source = _stream(file, folder, unpacker, piece_bytes) if unpacker else _by_child(file, names)
    rest = b""
    try:
        for member in members[: last + 1]:
            left, crc = member.size, 0
            while left:
                data = rest or next(source, b"")
                if not data:
                    raise EOFError
                data, rest = data[:left], data[left:]
                left, crc = left - len(data), zlib.crc32(data, crc)
                if member.wanted:
                    yield data
            if member.wanted and member.crc is not None and crc != member.crc:
                raise RecordError(f"{member.name} whose checksum is right", "another", do="fetch it again")
    except DAMAGED as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
        if of_the_store(error):
            raise
        raise RecordError("a whole .7z archive", str(error) or "its end", do="fetch it again") from None
    finally:
        source.close()


class _Copied:
    """Bytes that are not packed."""

    eof, needs_input, unused_data = False, True, b""

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return data


def _unpacker(folder: Folder) -> Unpacker | None:
    """What unpacks a folder in this process; None where a child has to.

    Raises:
        RecordError: it is packed in a way, or with properties, that nothing here unpacks.
    """
    try:
        return _native_unpacker(folder)
    except RecordError:
        raise
    except Exception as error:  # properties are untrusted: py7zr and lzma answer with errors of many kinds
        said = f"{type(error).__name__} {error}".strip()
        raise RecordError("a .7z archive packed by a known method", said) from None


def _native_unpacker(folder: Folder) -> Unpacker | None:
    if folder.streams != 1:
        return None
    if folder.methods == [_COPY]:
        return _Copied()
    if folder.methods in ([_DEFLATE], [_BZIP2]):
        return UNPACKERS["deflate" if folder.methods == [_DEFLATE] else "bzip2"]()
    filters = [_filter(coder) for coder in reversed(folder.coders) if SupportedMethods.is_native_coder(coder)]
    if len(filters) != len(folder.coders) or not filters or filters[-1]["id"] not in _LAST_FILTERS:
        return None
    if filters[-1]["id"] == lzma.FILTER_LZMA1 and len(filters) > 1:
        return None  # liblzma does not end such a chain as 7z does
    if filters[-1].get("dict_size", 0) > LARGEST_DICTIONARY_BYTES.value:
        raise RecordError(f"a dictionary of at most {LARGEST_DICTIONARY_BYTES.value} bytes", "a larger one")
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)


_LAST_FILTERS = (lzma.FILTER_LZMA1, lzma.FILTER_LZMA2)


def _filter(coder: dict[str, Any]) -> dict[str, Any]:
    kind = SupportedMethods.get_filter_id(coder)  # type: ignore[no-untyped-call]
    properties = coder.get("properties")
    return dict(lzma._decode_filter_properties(kind, properties)) if properties else {"id": kind}  # type: ignore[attr-defined]


def _stream(file: BinaryIO, folder: Folder, unpacker: Unpacker, piece_bytes: int) -> Generator[bytes, None, None]:
    """What a folder unpacks to; the end of its last bytes is left to who counts them."""
    at = folder.start

    def feed() -> bytes:
        nonlocal at
        file.seek(at)
        data = file.read(min(READ_BYTES, folder.end - at))
        at += len(data)
        return data

    # damage costs the bytes of the call that meets it, of members before it, too
    yield from bounded.stream(unpacker, feed, piece_bytes)


def _by_child(file: BinaryIO, names: list[str]) -> Generator[bytes, None, None]:
    """What a child unpacks of a copy of the archive; where it dies, the bytes it has given are too few."""
    with tempfile.TemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy, READ_BYTES)
        copy.seek(0)
        limits = [str(limit.value) for limit in (CHILD_MEMORY_BYTES, CHILD_SECONDS)]
        command = [sys.executable, "-c", _CHILD, *limits, *names]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with subprocess.Popen(
            command, stdin=copy, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ) as child:
            assert child.stdout
            try:
                while data := child.stdout.read(PIECE_BYTES):
                    yield data
            finally:
                child.kill()
    if child.returncode:
        raise ValueError(f"a decoder that failed on it (exit {child.returncode})")
