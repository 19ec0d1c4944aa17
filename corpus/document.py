"""Document, the one thing that passes through every stage, and Outcome, what became of it."""

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
"""The reason of what a reader, a filter or a model raised an exception on: a fault of the program, not of the rules."""


class Payload(Protocol):
    """What a record of a dump holds beside its text; each reader that needs one has a type of its own."""

    @property
    def chars(self) -> int:
        """Characters of the record's own texts that the payload holds."""


class Document(NamedTuple):
    """One text of the corpus.

    id is `<source>:<id in the dump>` and unique in a build; meta and scores are never mutated, only replaced.
    payload is what a reader hands to the first steps of its own source: the answers of a question, the other files of
    a paper. A step turns it into text and leaves None; a document that still has one is never written to a file.
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
    """What became of a document, or of one record of a dump.

    reason is KEPT, the name of the rule that dropped it, UNREADABLE, or FAILED. A record that is unreadable or on which
    its reader failed has its locator (`file#offset`) as the document's id, what was expected and got (or the
    exception) in detail, and its bytes in raw. The detail of a
    kept one is a note for the ledger (`encoding_corrected`).
    records is how many records of the dump it accounts for (a question with four answers: 5).
    lines counts the lines dropped inside a kept text: reason -> (lines, characters).
    parts counts what else was dropped of a kept document, such as posts: (unit, reason) -> (number, characters).
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
