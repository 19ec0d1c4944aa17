"""One hostile record in a dump: the build ends well and every other document is kept."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.engine.build import Built, build
from pipelines.sources import find_source

ONE = ["--direct_num_workers=1"]
PAGE = """<page><title>{title}</title><ns>0</ns><id>{number}</id><revision><id>1</id>
<timestamp>2022-06-01T00:00:00Z</timestamp>
<model>wikitext</model><format>text/x-wiki</format><text xml:space="preserve">{text}</text></revision></page>"""
WIKI = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="en">
<siteinfo><sitename>Wikipedia</sitename><dbname>enwiki</dbname><namespaces><namespace key="0" case="first-letter"/>
</namespaces></siteinfo>{pages}</mediawiki>"""
PROSE = "A bridge is a structure that carries a road or a railway over a river, and it is old."


def ids(built: Built) -> set[str]:
    return {
        name for path in Path(built.folder).glob("data/documents-*") for name in pq.read_table(path)["id"].to_pylist()
    }


def wiki(path: Path, *texts: str) -> str:
    pages = "".join(PAGE.format(title=f"T{n}", number=n, text=text) for n, text in enumerate(texts, 1))
    path.write_text(WIKI.format(pages=pages))
    return str(path)


@pytest.mark.parametrize(
    "text",
    ["&#xFFFE; " + PROSE, "&#xD83D; " + PROSE, "&#0; " + PROSE, "&amp;#xD83D; " + PROSE, "&amp;#xFFFE;" + PROSE,
     "&amp;#1114112; " + PROSE, "{{" * 5000, "[[" * 5000, "&lt;ref&gt;" * 5000],
    ids=["U+FFFE", "surrogate", "NUL", "surrogate in wikitext", "U+FFFE in wikitext", "beyond Unicode", "braces",
         "links", "refs"],
)  # fmt: skip
def test_wikipedia(tmp_path: Path, text: str) -> None:
    dump = wiki(tmp_path / "enwiki-20220601-pages-articles.xml", PROSE, text, PROSE + " It stands.")
    built = build(find_source("wikipedia"), [dump], str(tmp_path / "out"), beam_arguments=ONE)
    assert {"wikipedia:en/1", "wikipedia:en/3"} <= ids(built)
    tally = {(stage, unit): tally for stage, unit, tally in built.ledger.tallies()}["read", "page"]
    assert tally["entered"] == 3


def paper(text: str) -> bytes:
    body = "\\documentclass{article}\n\\begin{document}\n\\section{One}\n" + text + "\n\\end{document}\n"
    return gzip.compress(body.encode("utf-8", "surrogatepass"), mtime=0)


@pytest.mark.parametrize(
    "text",
    [r"\edef\x{\endinput} " + PROSE, r"\edef\x{\x}\x", r"\def\x{\x\x}\x", r"\def\x#1{#2}\x", r"\csname" * 2000,
     "\0" + PROSE, r"\newcommand{\y}" + " " * 100_000, r"\input{" * 3000,
     r"\begin{x}" * 3000, "\\catcode`\\%=12 " + PROSE],
    ids=["endinput", "itself", "doubling", "argument 2", "csname", "NUL", "blanks", "inputs", "begins", "catcode"],
)  # fmt: skip
def test_arxiv(tmp_path: Path, text: str) -> None:
    with tarfile.open(tmp_path / "arXiv_src_2206_001.tar", "w") as tar:
        for name, body in (("2206/2206.00001.gz", PROSE), ("2206/2206.00002.gz", text), ("2206/2206.00003.gz", PROSE)):
            data = paper(body)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    built = build(find_source("arxiv"), [str(tmp_path / "*.tar")], str(tmp_path / "out"), beam_arguments=ONE)
    assert {"arxiv:2206.00001", "arxiv:2206.00003"} <= ids(built)


def record(number: int, headers: str, body: bytes) -> bytes:
    http = f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode() + body
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012d}>\r\nWARC-Date: 2022-06-01T00:00:00Z\r\n"
        f"WARC-Target-URI: http://example.com/{number}\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    ).encode()
    return gzip.compress(head + http + b"\r\n\r\n", mtime=0)


WORDS = {1: "north", 2: "south", 3: "west"}
LONG = ("<html><head><title>A title</title></head><body>" + "".join(
    f"<p>Paragraph {{0}} {n} speaks of bridges that carry roads over rivers in the north.</p>" for n in "abcdefgh"
) + "</body></html>")  # fmt: skip


@pytest.mark.parametrize(
    "charset", ["undefined", "hex", "zip", "base64", "rot13", "idna", "unicode_escape", "\x00", "x" * 9999]
)
def test_commoncrawl(tmp_path: Path, charset: str) -> None:
    page = "Content-Type: text/html; charset={}".format
    records = [record(n, page(charset if n == 2 else "utf-8"), LONG.format(WORDS[n]).encode()) for n in (1, 2, 3)]
    (tmp_path / "CC-MAIN-20220601000000-00000.warc.gz").write_bytes(b"".join(records))
    off = {"language_model": "", "perplexity_models": "", "reference_model": ""}
    built = build(
        find_source("commoncrawl"),
        [str(tmp_path / "*.warc.gz")],
        str(tmp_path / "out"),
        settings=off,
        beam_arguments=ONE,
    )
    assert len(ids(built)) >= 2
    assert not any("failed" in tally for _stage, _unit, tally in built.ledger.tallies())
