"""An exception raised in a function of the readers, at one of its calls, while a dump is read: what does it cost?

  python -m reliability.planted DATA [--only "Stack Exchange"] [--error MemoryError]

Every function of `corpus.readers` that is called while a dump is read is made to raise, at its middle call; of each
that cost more than nothing is said how many documents were lost, and the rows of the ledger that say so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from corpus.errors import RecordError
from corpus.readers.base import InputSplit
from pipelines.engine.streams import PassLog, read_documents
from reliability.dumps import Dump, dumps, reader_of

READERS = "/corpus/readers/"
ERRORS: dict[str, Callable[[], Exception]] = {
    "ValueError": lambda: ValueError("planted"),
    "MemoryError": MemoryError,
    "RecursionError": lambda: RecursionError("planted"),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "planted"),
    "RecordError": lambda: RecordError("at most 1 byte", "more"),
}
"""What is planted, of which the last is what a budget that is overrun raises."""


class Planted(NamedTuple):
    """What reading a dump gave: documents by id and text, (reason, locator, records) of those not read, the books."""

    documents: Counter[tuple[str, str]]
    broken: list[tuple[str, str, int]]
    fault: str


def _name(code: CodeType) -> str:
    return f"{code.co_filename.rpartition(READERS)[2]} {code.co_qualname}"


@contextmanager
def watched(called: Callable[[str], None]) -> Iterator[None]:
    """Within it `called` is asked before every call of a function of the readers, which it may make raise."""

    def trace(frame: FrameType, event: str, _argument: Any) -> None:
        if READERS in frame.f_code.co_filename:
            called(_name(frame.f_code))

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def read(dump: Dump, path: str) -> Planted:
    """A dump as the engine reads it."""
    reader, values = reader_of(dump)
    log = PassLog(dump.source, 1, 100)
    split = InputSplit(0, 1, path)
    found = Counter((document.id, document.text) for document in read_documents(reader, values, split, log))
    fault = ""
    try:
        log.ledger.check()
    except Exception as error:
        fault = str(error)
    return Planted(found, [(row.reason, row.locator, row.n) for row in log.ledger.broken], fault)


def calls_of(dump: Dump, path: str) -> Counter[str]:
    """How often each function of the readers is called, or a generator resumed, for a dump."""
    calls: Counter[str] = Counter()

    def count(function: str) -> None:
        calls[function] += 1

    with watched(count):
        read(dump, path)
    return calls


def plant(dump: Dump, path: str, function: str, at: int, error: Callable[[], Exception]) -> Planted:
    """Reading with an exception raised at a call of a function."""
    calls = 0

    def raises(name: str) -> None:
        nonlocal calls
        calls += name == function
        if name == function and calls == at:
            raise error()

    with watched(raises):
        return read(dump, path)


def written(dump: Dump, folder: str) -> str:
    """The path of a dump, written to a folder."""
    path = Path(folder) / dump.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dump.data)
    return str(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--error", choices=ERRORS, default="ValueError")
    options = parser.parse_args()
    for dump in dumps(options.data):
        if dump.name.startswith(options.only):
            with tempfile.TemporaryDirectory() as folder:
                _every_function(dump, written(dump, folder), ERRORS[options.error])


def _every_function(dump: Dump, path: str, error: Callable[[], Exception]) -> None:
    sound = read(dump, path)
    print(dump.name, sound.documents.total(), flush=True)
    for function, number in calls_of(dump, path).items():
        try:
            got = plant(dump, path, function, (number + 1) // 2, error)
        except Exception as raised:
            print(f"   {function}: {raised!r}", flush=True)
            continue
        lost, altered = (sound.documents - got.documents).total(), (got.documents - sound.documents).total()
        if lost or altered or got.fault:
            print(f"   {function}: of {number} calls, {lost} lost, {altered} altered", *got.broken, got.fault)


if __name__ == "__main__":
    main()
