"""Containment: an exception on one record costs that record, not the build.

Readers and filters call code of many libraries on bytes from outside. Whatever it raises becomes a row of the ledger
(reason `failed`), with the exception, the line that raised it, and the record's bytes. Three kinds of exceptions are no
faults of a record and are raised again: of the storage (an OSError with a number, but for want of memory), of the
user's command or models (a CorpusError that ends a command), and those that stop a process.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from errno import ENOMEM
from pathlib import Path

from corpus.document import FAILED, Document, Outcome, unreadable
from corpus.errors import CorpusError, RecordError

DEEPEST = "outside of the project"
_SHOWN_PARTS = 3
PACKAGES = ("corpus", "filters", "pipelines", "tokenizer", "llama_corpus")


def is_fault_of_record(error: Exception) -> bool:
    """Whether an exception is due to the record that was being read, and not to the machine or the command."""
    if isinstance(error, CorpusError):
        return isinstance(error, RecordError)
    return not (isinstance(error, OSError) and error.errno not in (None, ENOMEM))


def describe(error: BaseException) -> str:
    """An exception in one line: its type, its message, and the project's line nearest to where it was raised."""
    message = " ".join(str(error).split())
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    place = f"{'/'.join(Path(frames[-1].filename).parts[-_SHOWN_PARTS:])}:{frames[-1].lineno}" if frames else DEEPEST
    return f"{type(error).__name__}: {message} ({place})" if message else f"{type(error).__name__} ({place})"


def _is_ours(filename: str) -> bool:
    parts = Path(filename).parts
    return "site-packages" not in parts and any(name in parts for name in PACKAGES)


def failed(source: str, locator: str, error: Exception, raw: bytes = b"") -> Outcome:
    """The outcome on a record on which an exception was raised; locator is `file#offset`.

    Raises:
        the exception itself, where it is no fault of the record.
    """
    if not is_fault_of_record(error):
        raise error
    return Outcome(Document(locator, "", source), FAILED, 1, describe(error), raw)


def refused(source: str, locator: str, error: Exception, raw: bytes = b"") -> Outcome:
    """The outcome on a record that its reader refused, unreadable, or on which anything else was raised, failed.

    Raises:
        the exception itself, where it is no fault of the record.
    """
    if isinstance(error, RecordError):
        return unreadable(source, locator, str(error), raw)
    return failed(source, locator, error, raw)


def said_of(error: Exception) -> tuple[str, bool]:
    """What is wrong with a record, in words, and whether anything but its reader's refusal was raised on it.

    Raises:
        the exception itself, where it is no fault of the record.
    """
    if not is_fault_of_record(error):
        raise error
    return (str(error), False) if isinstance(error, RecordError) else (describe(error), True)


def contained(source: str, locator: str, raw: Callable[[], bytes], read: Callable[[], Outcome]) -> Outcome:
    """The outcome of one record, whatever is raised on it; raw gives its bytes."""
    try:
        return read()
    except Exception as error:
        return refused(source, locator, error, raw())


def contain(
    source: str, locator: str, raw: Callable[[], bytes], read: Callable[[], Iterator[Outcome]]
) -> Iterator[Outcome]:
    """The outcomes of one record; where reading it raises, those until then, and an unreadable or failed one.

    A record that yielded outcomes already is not counted twice: the failed one then counts for no record.
    """
    given = 0
    try:
        for outcome in read():
            given += outcome.records
            yield outcome
    except Exception as error:
        outcome = refused(source, locator, error, raw())
        yield outcome._replace(records=0) if given else outcome
