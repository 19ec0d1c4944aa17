"""One arXiv submission from its bytes: a gzipped tar, a gzipped .tex, or something that is not TeX."""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from typing import TYPE_CHECKING, NamedTuple, Self

from corpus.errors import RecordError
from corpus.readers.arxiv.bulk import BLOCK_BYTES, has_tar_magic
from corpus.readers.base import Seen
from corpus.readers.pieces import Budget, DamagedError, Piece
from corpus.readers.unpack import unpacked
from corpus.recipe import cited

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

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
_TAR_CHECKSUM = slice(148, 156)
_OCTAL = 8
_HEAD_BYTES = cited(1024, "a NUL in a file's first kilobyte tells that it is no text", "bytes")


class Submission(NamedTuple):
    """The files of a submission that may be TeX, by path; or why it has none. refused: paths that were not taken."""

    files: dict[str, bytes]
    reason: str = ""
    refused: int = 0


class TooLargeError(Exception):
    """A submission past the limits."""


class _Limited(io.RawIOBase):
    """The bytes inside packed data, once their checksum was compared; says so when they are damaged or too many."""

    def __init__(self, data: bytes, name: str, most_bytes: int) -> None:
        self._budget = Budget(most_bytes)
        self._pieces = unpacked(io.BytesIO(data), Seen(), name, budget=self._budget)
        self._left, self._rest = most_bytes, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer)
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._take(piece)
        size = min(len(target), len(self._rest))
        target[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def _take(self, piece: Piece) -> None:
        self._left -= len(piece.data)
        if self._left < 0 or self._budget.is_over:
            raise TooLargeError
        if piece.fault:
            raise DamagedError(piece.fault.removeprefix("expected "))
        self._rest = memoryview(piece.data)


def unpack(data: bytes, name: str, *, file_bytes: int, submission_bytes: int, most_files: int) -> Submission:
    """The TeX files of a submission; nothing is written anywhere, and no path leads out of it.

    Args:
        name: of the file, whose ending says how it is packed where its first bytes are damaged.
        file_bytes: the largest file taken.
        submission_bytes: the most that may come out of the packed data.
        most_files: how many files a tar may hold.

    Raises:
        RecordError: the bytes are damaged.
    """
    if reason := _other_than_tex(data[: _HEAD_BYTES.value]):
        return Submission({}, reason)
    try:
        return _unpacked(io.BufferedReader(_Limited(data, name, submission_bytes)), file_bytes, most_files)
    except TooLargeError:
        return Submission({}, "too_large")
    except (tarfile.TarError, EOFError) as error:
        raise RecordError("a whole tar", str(error)) from error


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
    if has_tar_magic(head):
        return True
    if len(head) < BLOCK_BYTES:
        return False
    octal = head[_TAR_CHECKSUM].strip(b" \0")
    stated = head[_TAR_CHECKSUM]
    total = sum(head[:BLOCK_BYTES]) - sum(stated) + len(stated) * ord(" ")
    return bool(re.fullmatch(rb"[0-7]+", octal)) and int(octal, _OCTAL) == total


class _Checked(tarfile.TarInfo):
    """A member of a tar: a header that is damaged is said, which tarfile takes for the tar's end."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except _BAD_HEADERS as error:
            raise DamagedError("a tar header whose checksum is right", str(error)) from None


_BAD_HEADERS = (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]


def _from_tar(stream: io.BufferedReader, file_bytes: int, most_files: int) -> Submission:
    files: dict[str, bytes] = {}
    refused = seen = 0
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Checked) as tar:
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
