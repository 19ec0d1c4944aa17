"""One arXiv submission from its bytes: a gzipped tar, a gzipped .tex, or something that is not TeX."""

from __future__ import annotations

import gzip
import io
import posixpath
import re
import tarfile
from typing import Any, BinaryIO, NamedTuple

from isal import igzip, isal_zlib

from corpus.recipe import cited

TEXT_ENDINGS = (
    ".tex",
    ".sty",
    ".ltx",
    ".latex",
    ".tikz",
    ".pgf",
    ".inc",
    ".def",
    ".txt",
    ".pdf_t",
    ".pstex_t",
    ".pdf_tex",
    "",
)
README = re.compile(r"00readme(\.xxx|\.json)?", re.IGNORECASE)
TAR_MAGIC, _TAR_CHECKSUM, TAR_BLOCK_BYTES = slice(257, 262), slice(148, 156), 512
_OCTAL = 8
_HEAD_BYTES = cited(1024, "a NUL in a file's first kilobyte tells that it is no text", "bytes")


_DAMAGED = (EOFError, isal_zlib.error, gzip.BadGzipFile, tarfile.TarError)


class Submission(NamedTuple):
    """The files of a submission that may be TeX, by path; or why it has none. refused: paths that were not taken."""

    files: dict[str, bytes]
    reason: str = ""
    refused: int = 0


class TooLargeError(Exception):
    """A submission past the limits."""


class _Limited(io.RawIOBase):
    """A stream that says so when it has given more bytes than it may."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._left = file, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise TooLargeError
        buffer[: len(data)] = data
        return len(data)


def unpack(data: bytes, *, file_bytes: int, submission_bytes: int, most_files: int) -> Submission:
    """The TeX files of a submission; nothing is written anywhere, and no path leads out of it.

    Args:
        file_bytes: the largest file taken.
        submission_bytes: the most that may come out of the packed data.
        most_files: how many files a tar may hold.

    Raises:
        ValueError: the bytes are damaged.
    """
    if reason := _other_than_tex(data[: _HEAD_BYTES.value]):
        return Submission({}, reason)
    try:
        return _unpacked(_opened(data, submission_bytes), file_bytes, most_files)
    except TooLargeError:
        return Submission({}, "too_large")
    except _DAMAGED as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
        raise ValueError(f"a whole gzip or tar, got {error}") from error


def _opened(data: bytes, most: int) -> io.BufferedReader:
    packed = data[:2] == b"\x1f\x8b"
    return io.BufferedReader(_Limited(igzip.open(io.BytesIO(data)) if packed else io.BytesIO(data), most))  # type: ignore[no-untyped-call]


def _unpacked(stream: io.BufferedReader, file_bytes: int, most_files: int) -> Submission:
    head = stream.peek(_HEAD_BYTES.value)
    if reason := _other_than_tex(head):
        return Submission({}, reason)
    if _is_tar(head):
        return _from_tar(stream, file_bytes, most_files)
    text = stream.read()
    if len(text) > file_bytes:
        raise TooLargeError
    if b"\0" in text[: _HEAD_BYTES.value]:
        return Submission({}, "not_tex")
    if text.lstrip().startswith(b"%auto-ignore"):
        return Submission({}, "withdrawn")
    return Submission({"main.tex": text})


def _other_than_tex(head: bytes) -> str:
    """The reason why a file that starts like this has no TeX."""
    start = head.lstrip().lower()
    if start.startswith(b"%pdf-"):
        return "pdf_only"
    if start.startswith((b"%!ps", b"\x04%!ps", b"\xc5\xd0\xd3\xc6")):
        return "postscript_only"
    return "html_only" if start.startswith((b"<html", b"<!doctype html")) else ""


def _is_tar(head: bytes) -> bool:
    if head[TAR_MAGIC] == b"ustar":
        return True
    if len(head) < TAR_BLOCK_BYTES:
        return False
    octal = head[_TAR_CHECKSUM].strip(b" \0")
    stated = head[_TAR_CHECKSUM]
    total = sum(head[:TAR_BLOCK_BYTES]) - sum(stated) + len(stated) * ord(" ")
    return bool(re.fullmatch(rb"[0-7]+", octal)) and int(octal, _OCTAL) == total


def _from_tar(stream: io.BufferedReader, file_bytes: int, most_files: int) -> Submission:
    files: dict[str, bytes] = {}
    refused = seen = 0
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            seen += 1
            if seen > most_files:
                raise TooLargeError
            path = posixpath.normpath(member.name)
            if not member.isfile() or not _may_be_tex(path):
                continue
            file = tar.extractfile(member) if is_inside(path) and member.size <= file_bytes else None
            if file is None:
                refused += 1
            else:
                files[path] = file.read()
    files = {path: data for path, data in files.items() if b"\0" not in data[: _HEAD_BYTES.value]}
    return Submission(files, "" if files else _why_none(seen, refused), refused)


def _why_none(seen: int, refused: int) -> str:
    return "unsafe_or_large_files" if refused else "not_tex" if seen else "empty"


def is_inside(path: str) -> bool:
    """Whether a normalised path stays in the folder it is relative to."""
    return not path.startswith(("/", "../")) and path not in ("..", ".") and "\\" not in path


def _may_be_tex(path: str) -> bool:
    return posixpath.splitext(path)[1].lower() in TEXT_ENDINGS or bool(README.fullmatch(posixpath.basename(path)))
