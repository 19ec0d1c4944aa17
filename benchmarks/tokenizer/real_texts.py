"""The texts of all real dumps under a folder, decoded simply: what the tokenizer's benchmarks read.

Not a corpus: markup and headers stay in, as the harder text to encode exactly.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import py7zr

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PIECE_CHARS = 20_000  # files that are no list of documents are cut into texts of this size


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """(folder of the dump, text), in order of path: JSON lines by record, everything else in pieces of a file."""
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        source = path.relative_to(data).parts[0]
        for name, content in _files(path.name, path.read_bytes()):
            for text in _documents(name, content):
                if text:
                    yield source, text


def _files(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files inside a file, unpacked as far as they can be."""
    try:
        inner = list(_unpacked(name, data))
    except (OSError, EOFError, ValueError, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, py7zr.Bad7zFile):
        inner = []  # a damaged fixture: its bytes as they are
    if inner:
        for inner_name, content in inner:
            yield from _files(inner_name, content)
    else:
        yield name, data


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:2] == b"\x1f\x8b":
        yield name.removesuffix(".gz"), gzip.decompress(data)
    elif data[:3] == b"BZh":
        yield name.removesuffix(".bz2"), bz2.decompress(data)
    elif data[:6] == b"\xfd7zXZ\0":
        yield name.removesuffix(".xz"), lzma.decompress(data)
    elif data[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from ((member, archive.read(member)) for member in archive.namelist())
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                if member.isfile() and (file := archive.extractfile(member)):
                    yield member.name, file.read()
    elif data[:6] == b"7z\xbc\xaf\x27\x1c":
        with tempfile.TemporaryDirectory() as folder, py7zr.SevenZipFile(io.BytesIO(data)) as archive:
            archive.extractall(folder)
            yield from ((path.name, path.read_bytes()) for path in sorted(Path(folder).rglob("*")) if path.is_file())


def _documents(name: str, data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "replace")
    if ".json" in name:
        for line in text.splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                yield line
                continue
            if isinstance(record, dict):
                yield from (
                    value.encode("utf-8", "replace").decode() for value in record.values() if isinstance(value, str)
                )
    else:
        yield from (text[start : start + PIECE_CHARS] for start in range(0, len(text), PIECE_CHARS))
