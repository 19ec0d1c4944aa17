"""Claim: a worker reads a dump of 2 GB in less than 500 MB of memory, as much as it needs for a small one.

The dump is made here of real pages at hand (or of the demo's), again and again under other ids, packed as zstd so that
it fits a small disk; every page is read, and one in EVERY of them becomes text.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import zstandard
from pages import Article, arguments, articles, ours

from corpus.readers.base import InputSplit, Seen
from corpus.readers.wikipedia.read import read
from pipelines.demo.wikipedia import ENGLISH, Page, dump, page_xml
from pipelines.engine.files import open_file

EVERY = 20
MEGABYTE = 1_000_000
FULL_BYTES, SMALL_BYTES = 2000 * MEGABYTE, 50 * MEGABYTE


def write_dump(path: Path, pages: list[Article], size: int) -> int:
    """A dump of about `size` bytes, unpacked; its number of pages."""
    head, end = dump(ENGLISH, [], 7)
    number = written = 0
    with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file) as packed:
        packed.write(head.encode())
        while written < size:
            page = pages[number % len(pages)]
            number += 1
            written += packed.write(page_xml(Page(page.title, page.wikitext), number, 7).encode())
        packed.write(end.encode())
    return number


def read_dump(path: Path) -> tuple[int, int]:
    """(pages read, the most memory this process has taken so far in MB)."""
    pages = 0
    for pages, outcome in enumerate(read(open_file, InputSplit(0, 1, str(path)), Seen(), page_bytes=64 * MEGABYTE), 1):
        if pages % EVERY == 0:
            ours(Article("en", outcome.document.meta["title"], outcome.document.text))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages, most // (1024 if sys.platform == "linux" else 1024 * 1024)


def main() -> None:
    options = arguments(__doc__ or "")
    pages = articles(options.data / "wikipedia" / "minidumps", options.every)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "enwiki-pages-articles.xml.zst"
        for size in (SMALL_BYTES, FULL_BYTES):
            made = write_dump(path, pages, size)
            found, most = read_dump(path)
            print(f"{size // MEGABYTE:5} MB, {made} pages: {found} read, {most} MB of memory at most")


if __name__ == "__main__":
    main()
