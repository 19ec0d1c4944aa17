"""Answers of web servers as crawlers store them: heads, chunks, packings; bombs take no memory."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from corpus.errors import RecordError
from corpus.readers.web.http import Answer, read_answer

PAGE = b"<html><p>a page of words</p></html>"


def answer(body: bytes, *lines: str, most_bytes: int = 1 << 20) -> Answer:
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines]).encode()
    return read_answer(head + b"\r\n\r\n" + body, most_bytes)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\n\r\nx",
            Answer(200, "text/html", "utf-8", b"x"),
        ),
        (b"HTTP/1.0 404 Not Found\nContent-Type: Text/Plain\n\nx", Answer(404, "text/plain", "", b"x")),
        (b"HTTP/2 301\r\n\r\n", Answer(301, "", "", b"")),
        (
            b'HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset="x-a"\r\n\r\n',
            Answer(200, "text/html", "x-a", b""),
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n", Answer(200, "a/b", "", b"")),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Answer(0, "", "", b"")),
        (b"no answer at all", Answer(0, "", "", b"")),
    ],
    ids=["plain", "newlines", "bare status", "folded", "twice", "status of four digits", "none"],
)
def test_heads(block: bytes, expected: Answer) -> None:
    assert read_answer(block, 100) == expected


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("x-gzip", gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:])),
        ("gzip", gzip.compress(PAGE) + b"trailing"),
        ("br", brotli.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("zstd", zstandard.compress(PAGE)),
        ("gzip, br", brotli.compress(gzip.compress(PAGE))),
        ("gzip", PAGE),
        ("br", PAGE),
        ("deflate", PAGE),
        ("identity", PAGE),
        ("", PAGE),
    ],
    ids=["gzip", "two members", "trailing", "brotli", "zlib", "deflate", "zstd", "both", "not gzip", "not brotli",
         "not deflate", "identity", "none"],
)  # fmt: skip
def test_a_body_is_unpacked_unless_it_is_stored_unpacked(encoding: str, body: bytes) -> None:
    assert answer(body, f"Content-Encoding: {encoding}").body == PAGE


def test_a_body_that_breaks_off_gives_what_there_is() -> None:
    whole = b"".join(b"%d " % n for n in range(30_000))
    got = answer(gzip.compress(whole)[:-4000], "Content-Encoding: gzip").body
    assert whole.startswith(got)
    assert len(got) > 1000


@pytest.mark.parametrize("at", [15, -6])
def test_a_damaged_body_is_a_fault(at: int) -> None:
    packed = bytearray(gzip.compress(PAGE * 99))
    packed[at] ^= 255
    with pytest.raises(RecordError, match="packed with gzip"):
        answer(bytes(packed), "Content-Encoding: gzip")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n", b"helloabc"),
        (b"5;x=1\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n", b"hello"),
        (b"5\r\nhello", b"hello"),
        (b"FF\r\nhello", b"hello"),
        (b"hello, not in chunks", b"hello, not in chunks"),
        (b"", b""),
    ],
    ids=["chunks", "extension", "no end", "cut", "none", "empty"],
)
def test_chunks(body: bytes, expected: bytes) -> None:
    assert answer(body, "Transfer-Encoding: chunked").body == expected


def test_what_follows_a_chunk_must_be_one() -> None:
    with pytest.raises(RecordError, match="expected a chunk of an HTTP answer, got other bytes at 10"):
        answer(b"5\r\nhello\r\nno chunk", "Transfer-Encoding: chunked")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, gzip"])
def test_a_bomb_is_refused_in_little_memory(encoding: str) -> None:
    zeros = bytes(100 << 20)
    pack = {"gzip": gzip.compress, "br": _brotli, "zstd": zstandard.compress, "deflate": zlib.compress}
    body = zeros
    for name in encoding.split(", "):
        body = pack[name](body)
    del zeros
    tracemalloc.start()
    with pytest.raises(RecordError, match=f"expected at most {4 << 20} bytes, got a body that unpacks to more"):
        answer(body, f"Content-Encoding: {encoding}", most_bytes=4 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 48 << 20


def _brotli(data: bytes) -> bytes:
    packer = brotli.Compressor(quality=1)
    return b"".join(
        [*(packer.process(data[at : at + (1 << 20)]) for at in range(0, len(data), 1 << 20)), packer.finish()]
    )


@pytest.mark.parametrize(("size", "kept"), [(100, True), (101, False)])
def test_the_limit_from_both_sides(size: int, kept: bool) -> None:
    body = gzip.compress(b"x" * size)
    if kept:
        assert len(answer(body, "Content-Encoding: gzip", most_bytes=100).body) == size
        return
    with pytest.raises(RecordError):
        answer(body, "Content-Encoding: gzip", most_bytes=100)
    with pytest.raises(RecordError):
        answer(b"x" * size, most_bytes=100)
