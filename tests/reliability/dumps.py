"""Dumps to be damaged: the real ones, and the same real records packed in every other way that a reader takes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import py7zr
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from corpus.columns import batch_of
from corpus.document import Document
from corpus.readers import documents
from corpus.readers.base import Reader
from corpus.readers.web.frames import FIRST_LINE
from corpus.recipe import Value
from pipelines.engine.stages import Source, valued
from pipelines.sources import find_source

Pack = Callable[[bytes], bytes]


class Dump(NamedTuple):
    """A file of a dump, the source that reads it, and the smallest unit that damage may cost.

    checked says whether every byte of a document lies under a checksum.
    """

    name: str
    unit: str
    source: str
    file: str
    data: bytes
    checked: bool = True


def reader_of(dump: Dump) -> tuple[Reader, dict[str, Value]]:
    """The reader of a dump, and the numbers of the recipe."""
    if dump.file.startswith("documents-"):
        return documents.READER, {}
    source: Source = find_source(dump.source)
    values = {name: number.value for name, number in source.recipe.resolve(next(iter(source.recipe.presets))).items()}
    return source.reader, valued(source.reader.limits, values)


def frames(data: bytes) -> bytes:
    """One zstd frame with a checksum."""
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(data)


def bare_frame(data: bytes) -> bytes:
    """One zstd frame without a checksum."""
    return zstandard.ZstdCompressor(level=3, write_checksum=False).compress(data)


def gzipped(data: bytes) -> bytes:
    """One gzip member."""
    return gzip.compress(data, 6, mtime=0)


def each(pack: Pack, units: list[bytes]) -> bytes:
    """Units packed one by one."""
    return b"".join(map(pack, units))


def _by(units: list[bytes], size: int) -> list[list[bytes]]:
    return [units[start : start + size] for start in range(0, len(units), size)]


@cache
def dumps(data: Path) -> list[Dump]:
    """Every dump that is damaged, from the folder of real dumps; made once, as that takes seconds."""
    makers = (_web, _json_lines, _wikipedia, _books, _arxiv, _stackexchange, _written)
    return [dump for make in makers for dump in make(data)]


def _web(data: Path) -> Iterator[Dump]:
    folder, web = data / "commoncrawl", "commoncrawl"
    wet = gzip.decompress((folder / "pages-newspaper4k-00000.warc.wet.gz").read_bytes())
    records = _records(wet)
    for name in ("cc-main-2020-34-sample.warc.gz", "wget-sample-0000.warc.gz", "whirlwind.warc.gz"):
        yield Dump(f"WARC, {name.partition('.')[0]}", "gzip member", web, name, (folder / "real" / name).read_bytes())
    yield Dump("WET", "gzip member", web, "a.warc.wet.gz", each(gzipped, records))
    yield Dump("WET, zstd frames", "zstd frame", web, "a.warc.wet.zst", each(frames, records))
    yield Dump("WET, zstd without checksums", "zstd frame", web, "a.warc.wet.zst", each(bare_frame, records), False)
    yield Dump("WET, one gzip member", "file", web, "a.warc.wet.gz", gzipped(wet))
    yield Dump("WET, plain", "record", web, "a.warc.wet", wet, False)
    yield Dump("WET, bare newlines", "record", web, "a.warc.wet", wet.replace(b"\r\n", b"\n"), False)
    warc = gzip.decompress((folder / "real" / "wget-sample-0000.warc.gz").read_bytes())
    yield Dump("WARC, plain", "record", web, "a.warc", warc, False)
    yield Dump("WARC, zstd frames", "zstd frame", web, "a.warc.zst", each(frames, _records(warc)))
    arc = _arc(data)
    yield Dump("ARC", "gzip member", web, "a.arc.gz", each(gzipped, arc))
    yield Dump("ARC, plain", "record", web, "a.arc", b"".join(arc), False)


def _records(data: bytes) -> list[bytes]:
    starts = [match.start() for match in FIRST_LINE.finditer(data)]
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def _arc(data: Path) -> list[bytes]:
    """An ARC of the pages of a WARC: the head of a real one, and its form of records."""
    head = (data / "commoncrawl" / "edge-cases" / "example.arc").read_bytes()
    units = [head[: head.index(b"\nhttp://") + 1]]
    warc = gzip.decompress((data / "commoncrawl" / "real" / "wget-sample-0000.warc.gz").read_bytes())
    for number, record in enumerate(_records(warc)):
        if b"WARC-Type: response" in record[:200]:
            block = record.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")
            line = b"http://example.org/%d 192.0.2.1 20200101000000 text/html %d\n" % (number, len(block))
            units.append(line + block + b"\n")
    return units


def _json_lines(data: Path) -> Iterator[Dump]:
    c4 = gzip.decompress((data / "c4" / "c4-train.sample-00000.json.gz").read_bytes())
    lines = c4.splitlines(keepends=True)[:300]
    name = "c4-train.00000-of-01024.json"
    yield Dump("C4", "file", "c4", f"{name}.gz", gzipped(b"".join(lines)))
    groups = [b"".join(group) for group in _by(lines, 10)]
    yield Dump("C4, gzip members of 10 lines", "gzip member", "c4", f"{name}.gz", each(gzipped, groups))
    yield Dump("C4, zstd frames of 10 lines", "zstd frame", "c4", f"{name}.zst", each(frames, groups))
    yield Dump("C4, plain", "line", "c4", "c4-train.00000-of-01024.json.x", b"".join(lines), False)
    with gzip.open(data / "github" / "contents-000000000001.json.gz") as file:
        rows = [line for _, line in zip(range(240), file, strict=False)]
    joined = [orjson.loads(row) | {"repo_name": "a/b", "path": "c.py", "license": "mit"} for row in rows]
    name = "contents-000000000000"
    packed = gzipped(b"".join(orjson.dumps(row) + b"\n" for row in joined))
    yield Dump("GitHub", "file", "github", f"{name}.json.gz", packed)
    kinds = (("with checksums", True), ("without checksums", False))
    for kind, checked in kinds:
        data_ = parquet(joined, checked)
        yield Dump(f"GitHub, Parquet {kind}", "row group", "github", f"{name}.parquet", data_, checked)


def parquet(rows: list[dict[str, Any]], checksums: bool, group_rows: int = 20) -> bytes:
    """Rows as Parquet with row groups of 20."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=group_rows, write_page_checksum=checksums)
    return file.getvalue()


def _wikipedia(data: Path) -> Iterator[Dump]:
    folder, wiki = data / "wikipedia", "wikipedia"
    name = "enwiki-20220601-pages-articles-multistream.xml"
    for real in ("tinywiki-pages-articles.xml.bz2", "minidumps/frwiki-minidump.xml.bz2"):
        file = real.rpartition("/")[2]
        yield Dump(f"Wikipedia, {file.partition('-')[0]}", "bz2 block", wiki, file, (folder / real).read_bytes())
    xml = bz2.decompress((folder / "minidumps" / "enwiki-minidump.xml.bz2").read_bytes())
    head, *pages = xml.split(b"<page>")
    pages = [b"<page>" + page for page in pages]
    groups = [head, *(b"".join(group) for group in _by(pages[:-1], 10)), pages[-1]]
    yield Dump("Wikipedia, multistream", "bz2 block", wiki, f"{name}.bz2", each(bz2.compress, groups))
    yield Dump("Wikipedia, blocks of 100 KB", "bz2 block", wiki, f"{name}.bz2", bz2.compress(xml, 1))
    large = lzma.decompress((folder / "ukwiki-20230501-truncated-100k-lines.xml.xz").read_bytes())[: 5 << 20]
    large = large[: large.rindex(b"</page>") + 7] + b"\n</mediawiki>\n"
    yield Dump("Wikipedia, blocks of 900 KB", "bz2 block", wiki, f"uk{name[2:]}.bz2", bz2.compress(large, 9))
    yield Dump("Wikipedia, gzip", "file", wiki, f"{name}.gz", gzipped(xml))
    yield Dump("Wikipedia, xz", "file", wiki, f"{name}.xz", lzma.compress(xml, preset=1))
    yield Dump("Wikipedia, zstd frames", "zstd frame", wiki, f"{name}.zst", each(frames, groups))
    yield Dump("Wikipedia, 7z", "file", wiki, f"{name}.7z", seven_zip({name: xml}, py7zr.FILTER_LZMA2))
    yield Dump("Wikipedia, plain", "page", wiki, name, xml, False)


def seven_zip(files: dict[str, bytes], method: int) -> bytes:
    """A 7z archive with a method of packing."""
    packed = io.BytesIO()
    options: dict[str, Any] = {"id": method}
    if method == py7zr.FILTER_PPMD:
        options |= {"order": 6, "mem": 24}
    with py7zr.SevenZipFile(packed, "w", filters=[options]) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return packed.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return packed.getvalue()


def _books(data: Path) -> Iterator[Dump]:
    folder = data / "gutenberg"
    yield Dump("Gutenberg, one book", "file", "books", "5200-f.txt.gz", (folder / "5200-f.txt.gz").read_bytes())
    texts = {path.name[:-3]: gzip.decompress(path.read_bytes())[:40_000] for path in sorted(folder.glob("*.gz"))[:20]}
    yield Dump("books, zip", "zip member", "books", "books.zip", zipped(texts))
    yield Dump("books, zip of bzip2", "zip member", "books", "books.zip", zipped(texts, zipfile.ZIP_BZIP2))
    yield Dump("books, zip not packed", "zip member", "books", "books.zip", zipped(texts, zipfile.ZIP_STORED))
    yield Dump("books, EPUB", "file", "books", "a.epub", epub(texts))
    rows = [{"title": name, "text": text.decode("utf-8", "replace")} for name, text in texts.items()]
    lines = [orjson.dumps(row) + b"\n" for row in rows]
    yield Dump("books, zstd frames", "zstd frame", "books", "books.jsonl.zst", each(frames, lines))
    yield Dump("books, Parquet", "row group", "books", "books.parquet", parquet(rows, True, 5))


def epub(texts: dict[str, bytes]) -> bytes:
    """An EPUB whose chapters are texts."""
    names = [f"c{number}.xhtml" for number in range(len(texts))]
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in names)
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    package = f"<package><metadata><title>All</title></metadata><manifest>{items}</manifest><spine>{spine}</spine>"
    container = '<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>'
    page = "<html><body><p>{}</p></body></html>"
    chapters = {
        name: page.format(text.decode("utf-8", "replace").replace("<", "").replace("&", "")).encode()
        for name, text in zip(names, texts.values(), strict=True)
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/epub+zip")
        archive.writestr(zipfile.ZipInfo("META-INF/container.xml"), container)
        archive.writestr(zipfile.ZipInfo("p.opf"), package + "</package>")
        for name, chapter in chapters.items():
            archive.writestr(zipfile.ZipInfo(name), chapter, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _arxiv(data: Path) -> Iterator[Dump]:
    with tarfile.open(data / "arxiv" / "arXiv_src_repack_001.tar") as tar:
        members = [(info, tar.extractfile(info)) for info in tar if info.isfile() and info.size < 20_000][:30]
        papers = {info.name: file.read() for info, file in members if file}
    yield Dump("arXiv", "tar member", "arxiv", "arXiv_src_2206_001.tar", tarred(papers))
    name, paper = max(papers.items(), key=lambda item: len(item[1]))
    yield Dump("arXiv, one submission", "file", "arxiv", name.rpartition("/")[2], paper)


def tarred(files: dict[str, bytes]) -> bytes:
    """A tar of files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def _stackexchange(data: Path) -> Iterator[Dump]:
    name = "beer.meta.stackexchange.com.7z"
    archive = (data / "stackexchange" / name).read_bytes()
    yield Dump("Stack Exchange", "file", "stackexchange", name, archive)
    factory = py7zr.io.BytesIOFactory(1 << 28)
    with py7zr.SevenZipFile(io.BytesIO(archive)) as opened:
        opened.extract(targets=["Posts.xml"], factory=factory)
    posts = factory.products["Posts.xml"].read()
    methods = {"LZMA2": py7zr.FILTER_LZMA2, "PPMd": py7zr.FILTER_PPMD, "Deflate": py7zr.FILTER_DEFLATE}
    for kind, method in (methods | {"bzip2": py7zr.FILTER_BZIP2}).items():
        unit = "bz2 block" if kind == "bzip2" else "file"
        yield Dump(f"Stack Exchange, {kind}", unit, "stackexchange", name, seven_zip({"Posts.xml": posts}, method))
    yield Dump("Stack Exchange, plain", "row", "stackexchange", "beer/Posts.xml", posts, False)


def _written(data: Path) -> Iterator[Dump]:
    """Documents as a build writes them."""
    lines = gzip.decompress((data / "c4" / "c4-train.sample-00000.json.gz").read_bytes()).splitlines()[:120]
    rows = [orjson.loads(line) for line in lines]
    file = io.BytesIO()
    table = pa.Table.from_batches([batch_of([Document(f"c4:{row['url']}", row["text"], "c4") for row in rows])])
    pq.write_table(table, file, row_group_size=20, compression="zstd", write_page_checksum=True)
    yield Dump("documents, Parquet", "row group", "c4", "documents-00000-of-00001.parquet", file.getvalue())
