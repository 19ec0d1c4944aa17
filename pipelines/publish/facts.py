"""What a card says of a build, read while its documents are put in their place: licences, languages, a few texts."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.ledger import Ledger
from corpus.output.manifest import DOCUMENT_FILES, OutputFile
from corpus.output.read import Output
from corpus.writers import id_hash
from pipelines.documents import LEDGER
from pipelines.publish.origins import Origin, origins
from pipelines.publish.terms import Terms, terms_of
from pipelines.report.drops import totals_of

SAMPLES = 3
DAY, DAY_CHARS = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 10
"""The day at the beginning of a date that can be ordered."""


class Sample(NamedTuple):
    """A document to show: its id, what its columns say of it, and its text."""

    id: str
    stated: Mapping[str, str]
    text: str


class Facts(NamedTuple):
    """A build as its card shows it; licences and languages count documents by what they state, "" for nothing.

    dates: the first and the last that documents state; "" where none states one that can be ordered. origins:
    where inputs were fetched, by digest, as far as that is noted.
    """

    manifest: Mapping[str, Any]
    ledger: Ledger
    files: tuple[OutputFile, ...]
    licences: Counter[str]
    languages: Counter[str]
    samples: tuple[Sample, ...]
    dates: tuple[str, str] = ("", "")
    origins: Mapping[str, Origin] = MappingProxyType({})

    @property
    def source(self) -> str:
        """The source's name."""
        return str(self.manifest["source"])

    @property
    def documents(self) -> int:
        """How many there are."""
        return int(self.manifest["documents"])

    @property
    def chars(self) -> int:
        """The characters of their texts."""
        return totals_of(self.ledger).chars_kept

    @property
    def bytes(self) -> int:
        """The size of their files."""
        return sum(file.bytes for file in self.files)

    @property
    def terms(self) -> Terms:
        """The terms of its source."""
        return terms_of(self.source, str(self.manifest["preset"]))


def gather(build: Output, place: Callable[[OutputFile, BinaryIO], None]) -> Facts:
    """The facts of a build, all its documents' bytes compared.

    Args:
        place: puts a file of documents in its place; it is open, sound, and at its first byte.

    Raises:
        UnsoundError: a file is not what was written.
    """
    files = build.listed(DOCUMENT_FILES)

    def count(file: OutputFile) -> Counted:
        with build.open(file) as opened:
            counted = _counted(opened)
            opened.seek(0)
            place(file, opened)
        return counted

    licences, languages, days = Counter[str](), Counter[str](), set[str]()
    with ThreadPoolExecutor() as pool:  # a digest is computed without Python's lock
        for counted in pool.map(count, files):
            licences.update(counted.licences)
            languages.update(counted.languages)
            days |= set(counted.dates)
    with build.open(build.files[LEDGER]) as file:
        ledger = Ledger.from_parquet(file)
    samples, dates = _samples(build, files), (min(days, default=""), max(days, default=""))
    fetched = origins(build.manifest["inputs"])
    return Facts(build.manifest, ledger, tuple(files), licences, languages, samples, dates, fetched)


class Counted(NamedTuple):
    """Documents of a file by licence and by language, "" for none; the first and the last day, where there are any."""

    licences: Counter[str]
    languages: Counter[str]
    dates: tuple[str, ...]


def _counted(opened: BinaryIO) -> Counted:
    table = pq.ParquetFile(opened).read(["licence", "language", "date"])
    licences, languages = (
        Counter({pair["values"] or "": pair["counts"] for pair in table[name].value_counts().to_pylist()})
        for name in ("licence", "language")
    )
    days = pc.utf8_slice_codeunits(table["date"], 0, DAY_CHARS)
    days = days.filter(pc.match_substring_regex(days, DAY))
    ends = pc.min_max(days).as_py() if len(days) else {}
    return Counted(licences, languages, tuple(ends.values()))


def _samples(build: Output, files: list[OutputFile]) -> tuple[Sample, ...]:
    """Of the first documents of a build those with the smallest hashes of their ids, which no order decides."""
    rows: list[dict[str, Any]] = []
    for file in files:
        if len(rows) >= SAMPLES:
            break
        with build.open(file) as opened:
            parquet = pq.ParquetFile(opened)
            rows += parquet.read_row_group(0).to_pylist() if parquet.metadata.num_rows else []
    return tuple(map(_sample, heapq.nsmallest(SAMPLES, rows, key=lambda row: id_hash(row["id"]))))


def _sample(row: Mapping[str, Any]) -> Sample:
    stated = {name: row[name] for name in ("title", "url", "date", "licence", "language") if row[name]}
    return Sample(row["id"], stated, row["text"])
