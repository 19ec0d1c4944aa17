"""What a reader is: how the bytes of one kind of dump become outcomes on Documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from corpus.document import Outcome
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
    """How many records the parser itself has met: counted apart from the outcomes, so that a loss shows."""

    def __init__(self) -> None:
        self.records = 0


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
