"""Document, which passes through every stage, and Outcome, the result of a reader or a step on it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_SCORES: Mapping[str, float] = MappingProxyType({})
NO_LINES: Mapping[str, tuple[int, int]] = MappingProxyType({})
NO_PARTS: Mapping[tuple[str, str], tuple[int, int]] = MappingProxyType({})

KEPT = ""
UNREADABLE = "unreadable"
FAILED = "failed"
"""The reason of a record on which a reader, a filter or a model raised an exception: a fault of the program."""


class Payload(Protocol):
    """The parts of a record beside its text; each reader that needs one has a type of its own."""

    @property
    def chars(self) -> int:
        """Characters of the record's own texts that the payload holds."""


class Document(NamedTuple):
    """One text of the corpus.

    id is `<source>:<id in the dump>` and unique in a build; meta and scores are never mutated, only replaced.
    payload is what a reader passes to the first steps of its own source: the answers of a question, the other files of
    a paper. A step makes text of it and leaves None; a document that still has one is never written to a file.
    """

    id: str
    text: str
    source: str
    meta: Mapping[str, str] = NOTHING
    scores: Mapping[str, float] = NO_SCORES
    payload: Payload | None = None

    @property
    def chars(self) -> int:
        """The characters of the document: of its text and of its payload."""
        return len(self.text) + (0 if self.payload is None else self.payload.chars)


class Outcome(NamedTuple):
    """A document (or one record of a dump) after a reader or a step, and whether it is kept.

    reason is KEPT, the name of the rule that dropped it, UNREADABLE, or FAILED. A record that is unreadable or on which
    its reader failed has its locator (`file#offset`) as the document's id, what was expected and got (or the
    exception) in detail, and its bytes in raw. The detail of a
    kept one is a note for the ledger (`encoding_corrected`).
    records is the number of records of the dump that it counts for (a question with four answers: 5).
    lines counts the lines dropped from a kept text: reason -> (lines, characters).
    parts counts other parts dropped from a kept document, such as posts: (unit, reason) -> (number, characters).
    """

    document: Document
    reason: str = KEPT
    records: int = 1
    detail: str = ""
    raw: bytes = b""
    lines: Mapping[str, tuple[int, int]] = NO_LINES
    parts: Mapping[tuple[str, str], tuple[int, int]] = NO_PARTS

    @property
    def kept(self) -> bool:
        return self.reason == KEPT


def unreadable(source: str, locator: str, detail: str, raw: bytes = b"") -> Outcome:
    """The outcome on a record that could not be read; locator is `file#offset`."""
    return Outcome(Document(locator, "", source), UNREADABLE, 1, detail, raw)


def faulty(source: str, locator: str, detail: str, raw: bytes = b"", *, is_failed: bool) -> Outcome:
    """The outcome on a record that could not be read, or, if is_failed, on which an exception was raised."""
    return unreadable(source, locator, detail, raw)._replace(reason=FAILED if is_failed else UNREADABLE)
