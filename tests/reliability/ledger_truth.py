"""The ledger against counters that share no code with it: `python -m reliability.ledger_truth ../shared/data`.

What a reader says it read is compared with what other programs and libraries find in the same files: lines by zlib,
`<page>` and `<row>` by the standard library's XML parser, members by tarfile, records by warcio, bytes by stat.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import json
import lzma
import os
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from corpus.ledger import BYTE, ENTERED, KEPT_ROW, Ledger
from pipelines.engine.plan import plan_build
from pipelines.engine.streams import DOCUMENT, READ, PassLog, read_documents
from pipelines.sources import find_source
from reliability import page

Counts = Counter[str]


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a gzip file."""
    with gzip.open(path) as file:
        yield from file


def github(files: list[Path]) -> Counts:
    """A line of `contents` is a record; without the join of the engine none has a repository file."""
    rows = [json.loads(line) for path in files for line in lines(path)]
    return Counter(records=len(rows), dropped_binary=sum(bool(row.get("binary")) for row in rows))


def c4(files: list[Path]) -> Counts:
    """A line is a page, and a document."""
    rows = [json.loads(line) for path in files for line in lines(path)]
    return Counter(records=len(rows), documents=len(rows), chars=sum(len(row["text"]) for row in rows))


def books(files: list[Path]) -> Counts:
    """A file is a book, and a document."""
    return Counter(records=len(files), documents=len(files))


def stackexchange(files: list[Path]) -> Counts:
    """A `<row>` of Posts.xml is a post; a question is a document."""
    import py7zr

    counted: Counts = Counter()
    for path in files:
        with py7zr.SevenZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            archive.extract(folder, targets=["Posts.xml"])
            for _event, row in ET.iterparse(Path(folder, "Posts.xml")):
                if row.tag == "row":
                    counted["records"] += 1
                    counted[_POSTS.get(row.get("PostTypeId", ""), "other")] += 1
                row.clear()
    return counted + Counter(kept=counted["documents"] + counted.pop("answers", 0))


_POSTS = {
    "1": "documents", "2": "answers", "4": "dropped_tag_wiki_excerpt", "5": "dropped_tag_wiki",
    "7": "dropped_wiki_placeholder",
}  # fmt: skip


def wikipedia(files: list[Path]) -> Counts:
    """A `<page>` is a record, the last one of a cut dump too; one in namespace 0 that is no redirect is a document."""
    counted: Counts = Counter()
    for path in files:
        with (lzma if path.suffix == ".xz" else bz2).open(path) as file:
            counted += _pages(file)
    return counted


def _pages(file: IO[bytes]) -> Counts:
    counted: Counts = Counter()
    page: dict[str, str] = {}
    with suppress(ET.ParseError, EOFError):
        for event, element in ET.iterparse(file, ("start", "end")):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                counted["records"] += tag == "page"
            elif tag in ("ns", "redirect", "text"):
                page[tag] = element.text or ""
            elif tag == "page":
                counted[_kind(page)] += 1
                page = {}
                element.clear()
    return counted


def _kind(page: dict[str, str]) -> str:
    if page.get("ns", "0") != "0":
        return "dropped_not_an_article"
    redirects = "redirect" in page or page.get("text", "").upper().startswith("#REDIRECT")
    return "dropped_redirect" if redirects else "documents"


def arxiv(files: list[Path]) -> Counts:
    """A member of a bulk tar is a submission; a .tar.gz is one itself."""
    counted: Counts = Counter()
    for path in files:
        if path.suffix == ".gz":
            counted["records"] += 1
            continue
        with tarfile.open(path) as tar:
            counted["records"] += sum(member.isfile() for member in tar)
    return counted


def commoncrawl(files: list[Path]) -> Counts:
    """Every record of a WARC or WET is one; a page is the text of one, or what a server answered."""
    from warcio.archiveiterator import ArchiveIterator

    counted: Counts = Counter()
    for path in files:
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                counted["records"] += 1
                counted["dropped_not_a_page"] += record.rec_type not in ("conversion", "response", "resource")
    return counted


class Dump(NamedTuple):
    """How a source's dumps are counted: where they lie, which files are of it, and the counter."""

    folder: str
    files: tuple[str, ...]
    count: Callable[[list[Path]], Counts]


DUMPS = {
    "stackexchange": Dump("stackexchange", ("*.7z",), stackexchange),
    "github": Dump("github", ("contents*.gz",), github),
    "wikipedia": Dump("wikipedia", ("*.xml.bz2", "*shortened.bz2", "*.xml.xz", "*/*.xml.bz2"), wikipedia),
    "books": Dump("gutenberg", ("*.txt.gz",), books),
    "arxiv": Dump("arxiv", ("*.tar", "*.tar.gz"), arxiv),
    "c4": Dump("c4", ("*.json.gz",), c4),
    "commoncrawl": Dump("commoncrawl", ("*.warc.gz", "*.wet.gz", "real/*.warc.gz", "real/*.wet.gz"), commoncrawl),
}
"""The dumps by source."""
COLUMNS = ("files", "bytes", "records", "documents")
"""What the page shows; 0 where a counter does not count it."""
OFF = {"commoncrawl": {"perplexity_models": "", "reference_model": ""}}
"""Models that reading does not need."""


def files_of(source: str, folder: Path) -> list[Path]:
    """The files of a source in the folder of its dumps."""
    return sorted({path for pattern in DUMPS[source].files for path in folder.glob(pattern)})


def counted(source: str, folder: Path) -> Counts:
    """What independent counters find in the dumps of a source."""
    files = files_of(source, folder)
    size = sum(os.stat(path).st_size for path in files)
    return Counter(files=len(files), bytes=size, bytes_read=size) + DUMPS[source].count(files)


def in_ledger(source: str, folder: Path) -> Counts:
    """What the reader of a source says of the dumps in a folder: files, bytes, records, documents, characters."""
    found = find_source(source)
    first = found.variant("paper").stages[0].name
    paths = [str(path) for path in files_of(source, folder)]
    planned = plan_build(found, paths, "unwritten", "paper", OFF.get(source, {}), first, False, False)
    log = PassLog(source, 1, 1)
    for shard in planned.shards:
        for _document in read_documents(planned.plan.reader, planned.plan.values, shard, log):
            pass
    return _said(planned.files, log.ledger, planned.plan.reader.unit)


def _said(files: Ledger, read: Ledger, unit: str) -> Counts:
    rows = {reason: n for (stage, of, reason), (n, _chars) in read.counts.items() if (stage, of) == (READ, unit)}
    said = Counter(
        files=files.count("input", "file", KEPT_ROW),
        bytes=files.count("input", BYTE, KEPT_ROW),
        bytes_read=read.count(READ, BYTE, KEPT_ROW),
        records=rows.pop(ENTERED, 0),
        kept=rows.pop(KEPT_ROW, 0),
        documents=read.count(READ, DOCUMENT, KEPT_ROW),
        chars=read.counts.get((READ, DOCUMENT, KEPT_ROW), (0, 0))[1],
    )
    return said + Counter({f"dropped_{reason}": n for reason, n in rows.items()})


def differences(ours: Counts, theirs: Counts) -> list[str]:
    """Where the ledger and the independent counter differ, of all that the counter counts."""
    return [f"{name}: ledger {ours[name]:,}, counted {n:,}" for name, n in theirs.items() if ours[name] != n]


def main() -> int:
    parser = argparse.ArgumentParser("python -m reliability.ledger_truth", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of all dumps")
    parser.add_argument("--record", action="store_true", help="write the page")
    parser.add_argument("--source", nargs="+", default=list(DUMPS), choices=list(DUMPS))
    options = parser.parse_args()
    wrong, rows = 0, list[list[object]]()
    for source in options.source:
        folder = options.data / DUMPS[source].folder
        theirs = counted(source, folder)
        found = differences(in_ledger(source, folder), theirs)
        print(f"{source}: " + ", ".join(f"{name} {n:,}" for name, n in theirs.items()), *found, sep="\n  differs: ")
        wrong += len(found)
        rows.append([source, *(f"{theirs[name]:,}" for name in COLUMNS), len(found)])
    if options.record:
        said = "Chars are compared where the dump states the text (c4); dropped records, where the dump says why."
        page.record("ledger", "python -m reliability.ledger_truth DATA", ("source", *COLUMNS, "differ"), rows, said)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
