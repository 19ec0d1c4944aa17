"""What a reader is: how the bytes of one kind of dump become outcomes on Documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple, cast

from corpus.document import Outcome
from corpus.readers.ranges import ByteTally, CountedFile, FileRanges, Range
from corpus.recipe import Cited

Open = Callable[[str], BinaryIO]


class InputFile(NamedTuple):
    """One file of a dump as it was found; size in bytes, changed is the time stamp its store gives."""

    path: str
    size: int
    changed: float


class InputSplit(NamedTuple):
    """A part of a dump that one worker reads alone: whole files (part is empty) or a stated part of one.

    part is in the reader's own words ("1048576-2097152", "3/8"). more_paths are further files read after path: small
    files make one shard together, and a reader is called once for each, with its path. sidecar is a file that the
    source prepared for this shard (the sites kept, the repository of each file), empty where there is none. stamp is a
    digest of the files' sizes and time stamps.
    """

    number: int
    total: int
    path: str
    part: str = ""
    more_paths: tuple[str, ...] = ()
    sidecar: str = ""
    stamp: str = ""

    def locator(self, offset: int | str) -> str:
        """Where in the dump a record stands."""
        return f"{self.path}#{offset}"


class Seen:
    """Records that the parser itself has met, and bytes of its files: counted apart from the outcomes, so a loss shows.

    A reader that skips damaged bytes says so with `skip`, one that leaves some unread as they hold no documents with
    `leave`, and one that reads a part of a file, other than a range of its bytes, says with `own` where that lies.
    """

    def __init__(self) -> None:
        self.records = 0
        self.bytes = ByteTally()
        self._file = FileRanges()

    def skip(self, start: int, end: int) -> None:
        """Bytes of the file being read are damaged and were skipped over."""
        self._file.skipped.append(Range(start, end))

    def skip_all(self) -> None:
        """Reading of the file ended early, and how far it was read cannot be told."""
        self.skip(0, self._file.size)

    def leave(self, start: int, end: int) -> None:
        """Bytes of the file being read hold no documents, and are left unread."""
        self._file.passed.append(Range(start, end))

    def own(self, start: int, end: int) -> None:
        """This split of the file answers for these bytes of it."""
        self._file.owned.append(Range(start, end))

    def counting(self, open_file: Open, path: str) -> Open:
        """open_file, with every byte that is read of this path counted, until `add_up`."""
        self._file = FileRanges()

        def opened(asked: str) -> BinaryIO:
            file = open_file(asked)
            if asked != path:
                return file
            self._file.size = file.seek(0, 2)
            file.seek(0)
            return cast(BinaryIO, CountedFile(file, self._file))

        return opened

    def add_up(self) -> None:
        """The file is read: add its bytes to those of the files before."""
        self.bytes += self._file.tally()
        self._file = FileRanges()


def whole_file(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts of a file that is read whole."""
    return [""]


class Reader(NamedTuple):
    """How one kind of dump is cut and read.

    unit names a record of the dump (post, page, blob, book). accepts tells whether a file, by its path and first
    bytes, belongs to this dump. parts cuts a file (path, size) into parts; [""] is the whole file. read yields one
    Outcome for every record it saw; limits are numbers of the recipe, by keyword of `read`. companions are other files
    of the same dump that hold no documents (the licences of repositories), by name, each with its own accepts.
    """

    unit: str
    accepts: Callable[[str, bytes], bool]
    read: Callable[..., Iterator[Outcome]]
    parts: Callable[[InputFile, Open, Mapping[str, Any]], list[str]] = whole_file
    limits: Mapping[str, Cited] = {}
    companions: Mapping[str, Callable[[str, bytes], bool]] = {}

    def with_limits(self, **limits: Cited) -> Reader:
        """This reader with numbers of a recipe, passed to `read` (and, by value, to `parts`) as keywords."""
        return self._replace(limits=limits)
