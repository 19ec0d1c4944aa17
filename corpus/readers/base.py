"""What a reader is: how the bytes of one kind of dump become outcomes on Documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple, cast

from corpus.document import Outcome
from corpus.readers.ranges import ByteTally, CountedFile, FileRanges, Range
from corpus.recipe import Cited

Open = Callable[[str], BinaryIO]


class InputFile(NamedTuple):
    """One file of a dump as it was found; size in bytes, changed is the time stamp its store gives.

    name is its path below the folder that was given as input, digest one of its content; both empty where nothing
    has asked for them.
    """

    path: str
    size: int
    changed: float
    name: str = ""
    digest: str = ""


class InputSplit(NamedTuple):
    """A part of a dump that one worker reads alone: whole files (part is empty) or a stated part of one.

    part is in the reader's own words ("1048576-2097152", "3/8"). more_paths are further files read after path: small
    files make one shard together, and a reader is called once for each, with its path. sidecar is a file that the
    source prepared for this shard (the sites kept, the repository of each file), empty where there is none. names are
    those of path and more_paths below the folder that was given as input. key is a digest of what the split holds:
    names, content and part, and so the same wherever the dump lies and however many other shards it has.
    """

    number: int
    total: int
    path: str
    part: str = ""
    more_paths: tuple[str, ...] = ()
    sidecar: str = ""
    names: tuple[str, ...] = ()
    key: str = ""

    @property
    def name(self) -> str:
        """The name of the file at path: below the input's folder where that is known."""
        return self.names[0] if self.names else self.path

    def locator(self, offset: int | str) -> str:
        """Where in the dump a record stands."""
        return f"{self.name}#{offset}"

    def each_file(self) -> Iterator[InputSplit]:
        """A split for each of its files alone, in order."""
        paths = (self.path, *self.more_paths)
        for path, name in zip(paths, self.names or paths, strict=True):
            yield self._replace(path=path, more_paths=(), names=(name,))


class Seen:
    """Records that the parser itself has met, and bytes of its files: counted apart from the outcomes, so a loss shows.

    A reader that skips damaged bytes says so with `skip`, one that leaves some unread as they hold no documents with
    `leave`, and one that reads a part of a file, other than a range of its bytes, says with `own` where that lies.

    Args:
        watch: hears how many bytes each read of a file brought.
    """

    def __init__(self, watch: Callable[[int], object] | None = None) -> None:
        self.records, self._watch = 0, watch
        self.bytes = ByteTally()
        self._file = FileRanges()

    def skip(self, start: int, end: int) -> None:
        """Bytes of the file being read are damaged and were skipped over."""
        self._file.skipped.append(Range(start, end))

    def skip_all(self) -> None:
        """Reading of the file ended early, and how far it was read is not known."""
        self.skip(0, self._file.size)

    def leave(self, start: int, end: int) -> None:
        """Bytes of the file being read hold no documents, and are left unread."""
        self._file.passed.append(Range(start, end))

    def own(self, start: int, end: int) -> None:
        """This split of the file answers for these bytes of it."""
        self._file.owned.append(Range(start, end))

    def counting(self, open_file: Open, path: str) -> Open:
        """open_file, with every byte that is read of this path counted, until `add_up`."""
        self._file = FileRanges(watch=self._watch)

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


def no_identity(path: str) -> str:
    """What Documents take from a path beyond the file's name below the input's folder: nothing."""
    return ""


def nothing_beside(path: str) -> bool:
    """Whether other files that lie beside one are read with it: none."""
    return False


def whole_file(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts of a file that is read whole."""
    return [""]


class Reader(NamedTuple):
    """How one kind of dump is cut and read.

    unit names a record of the dump (post, page, blob, book). accepts tells whether a file, by its path and first
    bytes, belongs to this dump. parts cuts a file (path, size) into parts; [""] is the whole file. read yields one
    Outcome for every record it saw; limits are numbers of the recipe, by keyword of `read`. companions are other files
    of the same dump that hold no documents (the licences of repositories), by name, each with its own accepts.
    identity is what Documents take from a path beyond the file's name below the input (the site, the crawl); beside
    tells whether reading a file opens others that lie beside it: their content counts as its own.
    """

    unit: str
    accepts: Callable[[str, bytes], bool]
    read: Callable[..., Iterator[Outcome]]
    parts: Callable[[InputFile, Open, Mapping[str, Any]], list[str]] = whole_file
    limits: Mapping[str, Cited] = {}
    companions: Mapping[str, Callable[[str, bytes], bool]] = {}
    identity: Callable[[str], str] = no_identity
    beside: Callable[[str], bool] = nothing_beside

    def with_limits(self, **limits: Cited) -> Reader:
        """This reader with numbers of a recipe, passed to `read` (and, by value, to `parts`) as keywords."""
        return self._replace(limits=limits)
