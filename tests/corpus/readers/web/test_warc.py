"""WET, WARC and ARC: every record accounted for, whatever is wrong with the file."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import BinaryIO

import pytest
import zstandard

from corpus.document import Outcome
from corpus.readers.base import InputFile, InputSplit, Seen
from corpus.readers.web.warc import accepts, cut, read_records, reader

RECORD_BYTES = 4096
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=%s\r\n\r\n"


def record(
    name: str, block: bytes, *, kind: str = "conversion", length: int | str | None = None, media: str = "text/plain"
) -> bytes:
    stated = len(block) if length is None else length
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://{name}.example/\r\nWARC-Date: 2019-03-18T00:00:00Z"
        f"\r\nWARC-Record-ID: <urn:uuid:{name}>\r\nContent-Type: {media}\r\nContent-Length: {stated}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def answer(name: str, body: bytes, head: bytes = HTTP % b"utf-8") -> bytes:
    return record(name, head + body, kind="response", media="application/http; msgtype=response")


INFO = record("info", b"software: by hand\r\n", kind="warcinfo", media="application/warc-fields")
FIRST = record("first", b"Mending nets\nA torn mesh is cut back to sound twine.\n")
SECOND = record("second", "Brot ohne Eile\nDer Teig ruht über Nacht.\n".encode())
THIRD = record("third", b"Tide tables\nHigh water comes fifty minutes later each day.\n")
TEXTS = {
    "first": "Mending nets\nA torn mesh is cut back to sound twine.\n",
    "second": "Brot ohne Eile\nDer Teig ruht über Nacht.\n",
    "third": "Tide tables\nHigh water comes fifty minutes later each day.\n",
}
PACKINGS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": lambda data: zstandard.compress(data),
}


def read(data: bytes, part: str = "", record_bytes: int = RECORD_BYTES) -> list[Outcome]:
    seen = Seen()
    shard = InputSplit(0, 1, "dump.warc", part)
    outcomes = list(read_records(lambda path: io.BytesIO(data), shard, seen, source="web", record_bytes=record_bytes))
    assert seen.records == sum(outcome.records for outcome in outcomes)
    return outcomes


def kept(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.document.id.removeprefix("web:"): outcome.document.text for outcome in outcomes if outcome.kept}


def faults(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(outcome.document.id, outcome.detail) for outcome in outcomes if outcome.reason == "unreadable"]


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_record_of_a_wet_is_read_with_what_its_header_states(packing: str) -> None:
    outcomes = read(b"".join(map(PACKINGS[packing], (INFO, FIRST, SECOND, THIRD))))
    assert [outcome.reason for outcome in outcomes] == ["not_a_page", "", "", ""]
    assert kept(outcomes) == TEXTS
    assert outcomes[1].document.meta == {
        "url": "https://first.example/",
        "date": "2019-03-18T00:00:00Z",
        "content_type": "text/plain",
        "dump": "",
    }


WRONG_LENGTHS = {
    "too_short": (12, "expected a Content-Length that leads to the record's end"),
    "a_little_too_long": (50, "expected a Content-Length that leads to the record's end"),
    "over_the_next_record": (280, "expected one record in 280 bytes, got the start of another: a wrong Content-Length"),
    "over_the_file": (4000, "before the file's end"),
    "over_the_limit": (4097, "expected at most 4096 bytes, got a Content-Length of 4097"),
    "negative": (-4, "expected a Content-Length, got '-4'"),
    "no_number": ("much", "expected a Content-Length, got 'much'"),
}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("case", WRONG_LENGTHS)
def test_a_wrong_length_costs_one_record_and_no_other(case: str, packing: str) -> None:
    length, detail = WRONG_LENGTHS[case]
    pack = PACKINGS[packing]
    wrong = record("second", SECOND.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n\r\n"), length=length)
    before, after = pack(FIRST), pack(THIRD)
    outcomes = read(before + pack(wrong) + after)
    assert kept(outcomes) == {name: TEXTS[name] for name in ("first", "third")}
    ((where, said),) = faults(outcomes)
    assert where == f"dump.warc#{len(before)}"
    assert detail in said or (packing != "plain" and said.endswith("before the next member"))


DAMAGES = {
    "gzip_cut_in_the_last_member": (lambda a, b, c: a + b + c[:-20], ["first", "second"], 1),
    "gzip_cut_in_the_header": (lambda a, b, c: a + b + c[:24], ["first", "second"], 1),
    "gzip_cut_after_one_byte": (lambda a, b, c: a + b + c[:1], ["first", "second"], 1),
    "gzip_only_its_checksum_cut": (lambda a, b, c: a + b + c[:-6], ["first", "second"], 1),
    "gzip_byte_flipped": (lambda a, b, c: a + b[:90] + bytes([b[90] ^ 255]) + b[91:] + c, ["first", "third"], 1),
    "two_members_flipped": (lambda a, b, c: a[:-15] + b"\0" + a[-14:] + b[:-15] + b"\0" + b[-14:] + c, ["third"], 1),
    "zeros_between_members": (lambda a, b, c: a + b"\0" * 50 + b + c, ["first", "second", "third"], 0),
    "zeros_at_the_end": (lambda a, b, c: a + b + c + b"\0" * 50, ["first", "second", "third"], 0),
    "zeros_at_the_start": (lambda a, b, c: gzip.compress(b"\0" * 50) + a + b + c, ["first", "second", "third"], 1),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_damage_costs_the_records_it_touches(case: str) -> None:
    damage, survivors, unreadable = DAMAGES[case]
    outcomes = read(damage(*map(gzip.compress, (FIRST, SECOND, THIRD))))
    assert kept(outcomes) == {name: TEXTS[name] for name in survivors}
    assert len(faults(outcomes)) == unreadable


PLAIN_DAMAGES = {
    "cut_in_a_block": (FIRST + SECOND[:-12], ["first"]),
    "cut_in_a_header": (FIRST + SECOND[:60], ["first"]),
    "no_blank_line_at_the_end": (FIRST + SECOND.removesuffix(b"\r\n\r\n"), ["first", "second"]),
    "text_between_records": (FIRST + b"lost\r\n\r\n" + SECOND, ["first", "second"]),
    "no_length_at_all": (
        FIRST + b"WARC/1.0\r\nWARC-Type: conversion\r\n\r\nlost\r\n\r\n" + SECOND,
        ["first", "second"],
    ),
    "empty": (b"", []),
    "another_format": (b"some notes\n" * 9, []),
}


@pytest.mark.parametrize("case", PLAIN_DAMAGES)
def test_damage_to_a_plain_file(case: str) -> None:
    data, survivors = PLAIN_DAMAGES[case]
    outcomes = read(data)
    assert kept(outcomes) == {name: TEXTS[name] for name in survivors}
    assert len(faults(outcomes)) == (case not in ("empty", "no_blank_line_at_the_end"))


BLOCKS = {
    "not_utf8": (b"Title\nworn \xff type\n", "expected UTF-8, got byte 0xff at 11"),
    "lone_surrogate": (b"Title\n\xed\xa0\x80\n", "expected UTF-8, got byte 0xed at 6"),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_text_that_is_not_utf8_is_unreadable(case: str) -> None:
    block, detail = BLOCKS[case]
    outcomes = read(FIRST + record("broken", block))
    assert kept(outcomes) == {"first": TEXTS["first"]}
    assert faults(outcomes) == [(f"dump.warc#{len(FIRST)}", detail)]
    assert outcomes[1].raw == record("broken", block).removesuffix(b"\r\n\r\n")


def test_nul_characters_are_kept_for_the_stages_to_judge() -> None:
    assert kept(read(record("nul", b"a\0b\n"))) == {"nul": "a\0b\n"}


@pytest.mark.parametrize(("surplus", "names"), [(0, ["big", "third"]), (1, ["third"])], ids=["at_limit", "above"])
def test_a_block_above_record_bytes_is_unreadable(surplus: int, names: list[str]) -> None:
    outcomes = read(record("big", b"x" * (RECORD_BYTES + surplus)) + THIRD)
    assert list(kept(outcomes)) == names


def test_memory_stays_flat_however_large_a_record_is() -> None:
    data = gzip.compress(record("huge", b"word " * 20_000_000), 1) + gzip.compress(THIRD)
    tracemalloc.start()
    outcomes = read(data)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert list(kept(outcomes)) == ["third"]
    assert peak_bytes < 80_000_000


ANSWERS = {
    "charset_of_the_header": (answer("a", "caf\xe9".encode("latin-1"), HTTP % b"iso-8859-1"), "", "caf\xe9"),
    "charset_of_the_meta_element": (
        answer("a", '<meta charset="iso-8859-2">\xb1'.encode("latin-1"), HTTP.replace(b"; charset=%s", b"")),
        "",
        '<meta charset="iso-8859-2">ą',
    ),
    "charset_that_is_none": (answer("a", b"<p>plain words</p>", HTTP % b"undefined"), "", "<p>plain words</p>"),
    "charset_of_bytes": (answer("a", b"<p>plain words</p>", HTTP % b"hex"), "", "<p>plain words</p>"),
    "charset_nobody_knows": (answer("a", b"<p>plain words</p>", HTTP % b"x-none"), "", "<p>plain words</p>"),
    "chunked_and_packed": (
        answer(
            "a",
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(gzip.compress(b"<p>x", mtime=0)), gzip.compress(b"<p>x", mtime=0)),
            HTTP[:-2] % b"utf-8" + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n",
        ),
        "",
        "<p>x",
    ),
    "not_found": (
        answer("a", b"<p>gone", b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"),
        "http_error",
        "",
    ),
    "an_image": (answer("a", b"\x89PNG", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"), "not_text", ""),
    "a_request": (record("a", b"GET / HTTP/1.1\r\n\r\n", kind="request", media="application/http"), "not_a_page", ""),
    "a_name_lookup": (record("a", b"a 192.0.2.1", kind="response", media="text/dns"), "not_a_page", ""),
    "a_resource": (record("a", b"<p>x", kind="resource", media="text/html"), "", "<p>x"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_records_of_a_warc(case: str) -> None:
    data, reason, text = ANSWERS[case]
    (outcome,) = read(gzip.compress(data))
    assert (outcome.reason, outcome.document.text) == (reason, text)


def test_a_body_that_unpacks_to_more_than_record_bytes_is_unreadable() -> None:
    bomb = gzip.compress(b"\0" * 100_000)
    head = HTTP[:-2] % b"utf-8" + b"Content-Encoding: gzip\r\n\r\n"
    outcomes = read(gzip.compress(answer("bomb", bomb, head)) + gzip.compress(THIRD))
    assert kept(outcomes) == {"third": TEXTS["third"]}
    assert "unpacks to more" in faults(outcomes)[0][1]


def test_a_file_whose_line_ends_lost_their_carriage_return_is_cut_at_its_headers() -> None:
    data = b"".join((INFO, FIRST, SECOND)).replace(b"\r\n", b"\n")
    outcomes = read(data)
    assert [outcome.reason for outcome in outcomes] == ["not_a_page", "", ""]
    assert kept(outcomes) == {name: TEXTS[name] for name in ("first", "second")}


ARC = (
    b"filedesc://a.arc 192.0.2.1 20140216050221 text/plain 76\n1 0 Someone\n"
    b"URL IP-address Archive-date Content-type Archive-length\n\n        \n"
    b"http://a.example/ 192.0.2.1 20140216050221 text/html 49\n"
    b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n<p>word</p>"
)


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (ARC, ["not_a_page", "unreadable"]),
        (ARC.replace(b"html 49", b"html 53"), ["not_a_page", "unreadable"]),
        (ARC.replace(b"html 49", b"html 52"), ["not_a_page", ""]),
    ],
    ids=["too_short", "too_long", "right"],
)
def test_an_arc_file(data: bytes, reasons: list[str]) -> None:
    outcomes = read(data)
    assert [outcome.reason for outcome in outcomes] == reasons


@pytest.mark.parametrize("packing", PACKINGS)
def test_parts_of_a_file_hold_each_record_once(packing: str) -> None:
    records = [record(f"r{number}", b"Title\n" + b"many words " * number) for number in range(40)]
    data = b"".join(map(PACKINGS[packing], records))
    file = InputFile("dump.warc.wet", len(data), 0.0)
    parts = cut(file, lambda path: io.BytesIO(data), {"part_bytes": len(data) // 7})
    assert len(parts) > 3
    whole = read(data)
    assert [outcome for part in parts for outcome in read(data, part)] == whole
    assert len(kept(whole)) == 40


def test_a_file_packed_as_one_gzip_member_is_one_part_and_read_whole() -> None:
    data = gzip.compress(b"".join((INFO, FIRST, SECOND, THIRD)))
    assert cut(InputFile("d", len(data), 0.0), lambda path: io.BytesIO(data), {"part_bytes": 64}) == [""]
    assert kept(read(data)) == TEXTS


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("a.warc.wet.gz", b"", True),
        ("a.WARC", b"", True),
        ("upload", FIRST[:300], True),
        ("upload", gzip.compress(FIRST, mtime=0)[:300], True),
        ("upload", zstandard.compress(FIRST), True),
        ("upload", ARC[:100], True),
        ("notes.txt.gz", gzip.compress(b"WARM/1.0", mtime=0), False),
        ("broken.gz", b"\x1f\x8b\x08" + b"\xff" * 40, False),
        ("notes.txt", b"", False),
    ],
)
def test_accepts(path: str, head: bytes, expected: bool) -> None:
    assert accepts(path, head) is expected


def test_a_file_of_one_part_is_not_opened() -> None:
    def refuse(path: str) -> BinaryIO:
        raise AssertionError(f"{path} was opened")

    assert cut(InputFile("far.warc.wet.gz", 10, 0.0), refuse, {"part_bytes": 10}) == [""]


def test_a_store_that_fails_is_not_a_fault_of_the_record() -> None:
    class Failing(io.BytesIO):
        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            raise OSError(5, "the disk is gone")

        read = readinto  # type: ignore[assignment]

    with pytest.raises(OSError, match="the disk is gone"):
        list(read_records(lambda path: Failing(FIRST), InputSplit(0, 1, "d"), Seen(), source="web", record_bytes=99))


REAL = {
    "commoncrawl/real/whirlwind.warc.wet.gz": {"": 1, "not_a_page": 1},
    "commoncrawl/real/whirlwind.warc.gz": {"": 1, "not_a_page": 3},
    "commoncrawl/real/cc-main-2020-34-sample.warc.gz": {"": 16, "not_a_page": 34},
    "commoncrawl/real/wget-sample-0000.warc.gz": {"": 24, "not_a_page": 24},
    "commoncrawl/real/ccnet-test-sample.warc.wet.txt": {"": 3, "not_a_page": 1},
    "commoncrawl/pages-trafilatura-00000.warc.wet.gz": {"": 300, "not_a_page": 1},
    "commoncrawl/edge-cases/example.arc.gz": {"": 1, "not_a_page": 1},
    "commoncrawl/edge-cases/example-bad-non-chunked.warc.gz": {"": 1, "not_a_page": 5},
    "commoncrawl/edge-cases/example-trunc.warc": {"unreadable": 1, "not_a_page": 3},
    "commoncrawl/edge-cases/bad.arc": {"unreadable": 2, "http_error": 1, "not_a_page": 1},
}


@pytest.mark.parametrize("name", REAL)
def test_real_files_give_a_known_tally(name: str, shared_data: Path) -> None:
    def open_file(path: str) -> BinaryIO:
        return open(path, "rb")

    numbers = {"record_bytes": 1 << 24, "part_bytes": 1 << 24}
    outcomes = list(
        reader("web", **numbers).read(open_file, InputSplit(0, 1, str(shared_data / name)), Seen(), **numbers)
    )
    assert Counter(outcome.reason for outcome in outcomes) == REAL[name]
