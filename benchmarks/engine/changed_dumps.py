"""What change_costs.py builds and changes: real dumps, cut into several files where there is one, less a record."""

from __future__ import annotations

import bz2
import gzip
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import py7zr


@dataclass(frozen=True)
class Subject:
    """A build and what is changed of it.

    files: globs of its dump; added and changed: names of the files that are; first and last: `--set` of a limit of its
    first and of its last stage that has one; code: a file of its filters; library: one that it imports, and one that
    it does not; always: `--set` of every build; preset; pieces: into so many files each of the dump's is cut.
    """

    source: str
    files: tuple[str, ...]
    added: str
    changed: str
    first: str
    last: str
    code: str
    library: tuple[str, str]
    always: tuple[str, ...] = ()
    preset: str = "paper"
    pieces: int = 1


_APART = ("shards_least=64",)
"""Every file is a shard of its own, as the files of a dump are."""
SUBJECTS = {
    "stackexchange": Subject(
        "stackexchange", ("stackexchange/*.7z",), "coffee.stackexchange.com.7z", "genai.stackexchange.com.7z",
        "longest_row_bytes=1048577", "form=redpajama", "filters/stackexchange/html.py", ("py7zr", "kenlm"),
    ),
    "one site": Subject(
        "stackexchange", ("stackexchange/beer.meta*.7z", "stackexchange/coffee*.7z"),
        "coffee.stackexchange.com.7z", "beer.meta.stackexchange.com.7z",
        "longest_row_bytes=1048577", "form=redpajama", "filters/stackexchange/html.py", ("py7zr", "kenlm"),
    ),
    "github": Subject(
        "github", ("github/*.gz",), "contents-000000000001.json.gz", "contents-000000000000.json.gz",
        "minified_mean_chars=100", "alphanumeric_share=0.3", "filters/github/code.py", ("orjson", "nltk"), _APART,
    ),
    "wikipedia": Subject(
        "wikipedia", ("wikipedia/minidumps/[b-f]*.bz2",), "enwiki-minidump.xml.bz2", "dewiki-minidump.xml.bz2",
        "page_chars=100000", "link_note_chars=20", "filters/wikipedia/dates.py", ("isal", "nltk"), _APART,
    ),
    "arxiv": Subject(
        "arxiv", ("arxiv/*.tar",), "arXiv_src_repack_001-3.tar", "arXiv_src_repack_001-1.tar",
        "file_bytes=100000", "no_section=drop", "filters/arxiv/words.py", ("isal", "nltk"), _APART,
        pieces=6,
    ),
    "books": Subject(
        "books", ("gutenberg/[1-3]*.gz",), "2160-d.txt.gz", "1342-a.txt.gz",
        "closing_share=0.2", "overlap_share=0.05", "filters/books/gutenberg.py", ("charset_normalizer", "nltk"),
    ),
    "c4": Subject(
        "c4", ("c4/*.gz",), "c4-train.sample-00000-3.json.gz", "c4-train.sample-00000-1.json.gz",
        "record_bytes=10000", "validation_one_in=3", "filters/c4/sentences.py", ("orjson", "nltk"), _APART, pieces=6,
    ),
    "c4 rebuilt": Subject(
        "c4", ("commoncrawl/*.wet.gz",), "pages-readability-00000.warc.wet.gz", "pages-newspaper4k-00000.warc.wet.gz",
        "max_page_chars=20000", "min_sentences_left=9", "filters/c4/sentences.py", ("nltk", "orjson"), _APART,
        preset="fast",
    ),
    "commoncrawl": Subject(
        "commoncrawl", ("commoncrawl/*.wet.gz",), "pages-readability-00000.warc.wet.gz",
        "pages-newspaper4k-00000.warc.wet.gz",
        "min_chars=310", "min_language_score=0.6", "filters/web/language.py", ("resiliparse", "nltk"),
        ("perplexity_models=", "reference_model=", *_APART),
    ),
}  # fmt: skip


def cut(path: Path, pieces: int, folder: Path) -> None:
    """A dump's file as several in a folder, NAME-0 and so on."""
    (_cut_tar if path.suffix == ".tar" else _cut_lines)(path, pieces, folder)


def _cut_lines(path: Path, pieces: int, folder: Path) -> None:
    """A .json.gz as several, by lines."""
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    for number in range(pieces):
        some = b"".join(lines[number * len(lines) // pieces : (number + 1) * len(lines) // pieces])
        (folder / f"{path.name.removesuffix('.json.gz')}-{number}.json.gz").write_bytes(gzip.compress(some, mtime=0))


def _cut_tar(path: Path, pieces: int, folder: Path) -> None:
    """A .tar as several, by members."""
    with tarfile.open(path) as tar:
        members = [member for member in tar if member.isfile()]
        for number in range(pieces):
            with tarfile.open(folder / f"{path.stem}-{number}.tar", "w") as piece:
                for member in members[number::pieces]:
                    piece.addfile(member, tar.extractfile(member))


def without_last_record(path: Path) -> None:
    """Write a dump's file anew without its last record."""
    kinds = {".7z": _without_last_row, ".bz2": _without_last_page, ".tar": _without_last_member}
    kinds.get(path.suffix, _without_last_line)(path)


def _without_last_page(path: Path) -> None:
    data = bz2.decompress(path.read_bytes())
    path.write_bytes(bz2.compress(data[: data.rindex(b"<page>")] + b"</mediawiki>"))


def _without_last_member(path: Path) -> None:
    _cut_tar(path, 1, path.parent)
    written = path.with_name(f"{path.stem}-0.tar")
    with tarfile.open(written) as tar:
        last = tar.getmembers()[-1].offset
    path.write_bytes(written.read_bytes()[:last] + bytes(1024))
    written.unlink()


def _without_last_line(path: Path) -> None:
    data = gzip.decompress(path.read_bytes())
    mark = b"WARC/1.0\r\n" if ".warc." in path.name else b"\n"
    end = data.rstrip(b"\n").rindex(mark) + (0 if mark[:1] == b"W" else 1)
    path.write_bytes(gzip.compress(data[:end], mtime=0))


def _without_last_row(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with py7zr.SevenZipFile(path) as archive:
            archive.extractall(folder)
        posts = Path(folder, "Posts.xml")
        data = posts.read_bytes()
        posts.write_bytes(data[: data.rindex(b"<row ")] + b"</posts>")
        path.unlink()
        with py7zr.SevenZipFile(path, "w") as archive:
            archive.write(posts, "Posts.xml")
