"""Whatever is raised on a record costs that record: every source, every function that makes something of a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from corpus.document import FAILED, UNREADABLE, Outcome
from reliability.dumps import Dump, dumps
from reliability.planted import ERRORS, Planted, calls_of, plant, read, written

FUNCTIONS = {
    "C4, plain": ("c4/read.py _page",),
    "GitHub": ("github/read.py _outcome", "github/read.py _meta"),
    "GitHub, Parquet with checksums": ("github/read.py _outcome",),
    "books, zip": ("books/read.py _text_book", "books/zip_file.py read_member", "books/gutenberg.py is_gutenberg"),
    "books, Parquet": ("books/read.py _row_book",),
    "arXiv": ("arxiv/submission.py unpack", "arxiv/papers.py main_files", "arxiv/papers.py Projects.of"),
    "Stack Exchange, plain": ("stackexchange/read.py _thread", "stackexchange/post.py _post"),
    "Wikipedia, plain": ("wikipedia/mediawiki_xml.py read_page", "wikipedia/read.py Wiki.outcome"),
    "WET, plain": ("web/warc.py _page", "web/frames.py _record"),
    "WARC, wget-sample-0000": ("web/http.py read_answer", "web/frames.py _Stretch._append"),
    "ARC, plain": ("web/arc.py arc_page",),
    "documents, Parquet": ("documents.py _outcome",),
}
"""By dump, functions that are called for a record: to parse it, or to make a document of it."""
ONCE = [(dump, functions[0], error) for dump, functions in FUNCTIONS.items() for error in ERRORS]
OTHERS = [(dump, function, "ValueError") for dump, functions in FUNCTIONS.items() for function in functions[1:]]


class Case(NamedTuple):
    """A dump, where it lies, what it reads as when nothing is planted, and how often its functions are called."""

    dump: Dump
    path: str
    sound: Planted
    calls: Counter[str]


@pytest.fixture(scope="module")
def case_of(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Case]:
    by_name = {dump.name: dump for dump in dumps(shared_data)}

    @cache
    def case(name: str) -> Case:
        dump = by_name[name]
        path = written(dump, str(tmp_path_factory.mktemp("dump")))
        return Case(dump, path, read(dump, path), calls_of(dump, path))

    return case


def cost(case: Case, function: str, error: str) -> tuple[int, int, list[str], str]:
    """Documents lost, and altered, by an exception at a middle call of a function; the reasons given; the books."""
    dump, path, sound, calls = case
    got = plant(dump, path, function, (calls[function] + 1) // 2, ERRORS[error])
    lost, altered = sound.documents - got.documents, got.documents - sound.documents
    assert all(dump.file.rpartition("/")[2] in place or place.startswith(f"{dump.source}:")
               for _, place, _ in got.broken)  # fmt: skip
    return lost.total(), altered.total(), [reason for reason, _, _ in got.broken], got.fault


@pytest.mark.parametrize(("name", "function", "error"), [*ONCE, *OTHERS])
def test_whatever_is_raised_on_a_record_costs_that_record(
    case_of: Callable[[str], Case], name: str, function: str, error: str
) -> None:
    lost, altered, reasons, fault = cost(case_of(name), function, error)
    assert (lost <= 1, altered, reasons, fault) == (True, 0, [UNREADABLE if error == "RecordError" else FAILED], "")


@pytest.mark.parametrize(
    "function", ["stackexchange/spool.py Spool.read", "stackexchange/read.py threads", "stackexchange/read.py read"]
)
def test_what_is_raised_between_records_is_in_the_books(case_of: Callable[[str], Case], function: str) -> None:
    lost, altered, reasons, fault = cost(case_of("Stack Exchange, plain"), function, "MemoryError")
    assert (lost > 1, altered, reasons, fault) == (True, 0, [FAILED], "")


def test_a_reader_that_contains_nothing_is_found(
    case_of: Callable[[str], Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.readers.c4.read.refused", _raise)
    lost, *_ = cost(case_of("C4, plain"), "c4/read.py _page", "ValueError")
    assert lost > 1


def _raise(_source: str, _locator: str, error: Exception, _raw: bytes = b"") -> Outcome:
    raise error
