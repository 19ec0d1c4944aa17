"""Records cut out of an archive's bytes, however these come: in members, in pieces, in one member, torn, damaged."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from fastwarc.warc import ArchiveIterator

from corpus.readers.base import Seen
from corpus.readers.pieces import Piece
from corpus.readers.unpack import unpacked
from corpus.readers.web.frames import WARC, Frame, frames


def record(number: int, size: int = 100) -> bytes:
    block = (b"%d " % number * size)[:size]
    return b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (size, block)


RECORDS = [record(n, Random(n).randrange(3000)) for n in range(30)]
WHOLE = b"".join(RECORDS)


def cut(pieces: list[Piece], *, packed: bool, torn: bool = False, record_bytes: int = 1 << 20) -> list[Frame]:
    size = pieces[-1].start + len(pieces[-1].data)
    return list(frames(iter(pieces), WARC, record_bytes, size, packed=packed, torn=torn))


def whole(found: list[Frame]) -> list[bytes]:
    return [frame.head + frame.block + b"\r\n\r\n" for frame in found if not frame.fault]


@pytest.mark.parametrize("size", [1, 7, 64, 1000, 1 << 20])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "members that mean nothing"])
def test_records_do_not_depend_on_how_bytes_come(size: int, packed: bool) -> None:
    pieces = [Piece(WHOLE[at : at + size], at) for at in range(0, len(WHOLE), size)]
    found = cut(pieces, packed=packed)
    assert whole(found) == RECORDS
    if not packed:
        assert [frame.where for frame in found] == [sum(map(len, RECORDS[:n])) for n in range(30)]


def test_one_member_of_many_pieces_names_the_offset_in_it() -> None:
    pieces = [Piece(WHOLE[at : at + 500], 77) for at in range(0, len(WHOLE), 500)]
    found = cut(pieces, packed=True)
    assert whole(found) == RECORDS
    assert [frame.where for frame in found[:2]] == [77, f"77+{len(RECORDS[0])}"]


def test_a_record_that_is_torn_belongs_to_what_is_before() -> None:
    pieces = [Piece(WHOLE[50:], 50)]
    assert whole(cut(pieces, packed=False, torn=True)) == RECORDS[1:]
    (fault, *rest) = cut(pieces, packed=False)
    assert fault.fault == "expected a record, got other bytes"
    assert (fault.start, fault.end) == (50, len(RECORDS[0]))
    assert whole(rest) == RECORDS[1:]


def test_damage_between_pieces_costs_the_records_it_cuts() -> None:
    at = len(RECORDS[0]) + len(RECORDS[1]) + 30
    pieces = [Piece(WHOLE[:at], 0), Piece(b"", at, at + 10, "expected a frame"), Piece(WHOLE[at + 10 :], at + 10)]
    found = cut(pieces, packed=False)
    assert whole(found) == RECORDS[:2] + RECORDS[3:]
    assert [frame.fault != "" for frame in found].count(True) == 2  # the place, and the record that it cuts off
    assert f"{at}-{at + 10}" in [frame.where for frame in found]


def test_a_length_beyond_the_limit_is_not_held() -> None:
    pieces = [Piece(record(1, 5000), 0), Piece(record(2, 10), 6000)]
    (fault, kept) = cut(pieces, packed=True, record_bytes=4999)
    assert fault.fault == "expected at most 4999 bytes, got a Content-Length of 5000"
    assert kept.block == b"2 2 2 2 2 "
    assert len(whole(cut(pieces, packed=True, record_bytes=5000))) == 2


@pytest.mark.parametrize("length", [b"9" * 5000, b"-1", b"", b"\xb2", b"1e3"])
def test_a_length_that_is_none(length: bytes) -> None:
    bad = b"WARC/1.0\r\nContent-Length: %s\r\n\r\nx\r\n\r\n" % length
    fault, kept = cut([Piece(bad, 0), Piece(RECORDS[0], len(bad))], packed=True)
    assert fault.fault.startswith("expected a Content-Length, got ")
    assert whole([kept]) == RECORDS[:1]


def test_random_damage_never_raises_and_never_invents_a_record() -> None:
    draw = Random(11)
    for _ in range(400):
        at, size = draw.randrange(len(WHOLE)), draw.randrange(1, 400)
        damaged = WHOLE[:at] + draw.randbytes(draw.choice((0, size))) + WHOLE[at + size :]
        found = cut([Piece(damaged[n : n + 4096], n) for n in range(0, len(damaged), 4096)], packed=False)
        assert len(whole(found)) >= 26
        assert len(set(whole(found)) - set(RECORDS)) <= 1  # in a plain file nothing tells other bytes of a block


def of_a_file(path: Path) -> Iterator[Frame]:
    data = path.read_bytes()
    return frames(unpacked(io.BytesIO(data), Seen(), path.name), WARC, 1 << 26, len(data), packed=True)


@pytest.mark.parametrize(
    "name", ["pages-trafilatura-00002.warc.gz", "pages-readability-00000.warc.wet.gz", "real/wget-sample-0000.warc.gz",
             "real/cc-main-2020-34-sample.warc.gz", "real/whirlwind.warc.gz"],
)  # fmt: skip
def test_real_files_hold_the_blocks_that_fastwarc_reads(name: str, shared_data: Path) -> None:
    path = shared_data / "commoncrawl" / name
    with gzip.open(path) as file:
        expected = [(record.record_id, record.reader.read()) for record in ArchiveIterator(file, parse_http=False)]
    found = list(of_a_file(path))
    assert not [frame for frame in found if frame.fault]
    assert [frame.block for frame in found] == [block for _, block in expected]
    assert all(id_.encode() in frame.head for frame, (id_, _) in zip(found, expected, strict=True))
