"""The published dataset: every line accounted for."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from corpus.document import KEPT, UNREADABLE, Outcome
from corpus.readers.base import InputSplit, Seen
from corpus.readers.c4.read import accepts, read
from pipelines.engine.files import open_file

PAGE = {"text": "The ferry leaves.\nIt returns.", "timestamp": "2019-04-25T12:57:54Z", "url": "http://ferry.example/a"}


def dumped(**changed: Any) -> bytes:
    return json.dumps({**PAGE, **changed}).encode()


def outcomes_on(data: bytes, record_bytes: int = 1 << 20) -> list[Outcome]:
    seen = Seen()
    outcomes = list(
        read(lambda path: io.BytesIO(data), InputSplit(0, 1, "c4-train.json"), seen, record_bytes=record_bytes)
    )
    assert seen.records == sum(outcome.records for outcome in outcomes)
    return outcomes


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_a_page(pack: Any) -> None:
    (outcome,) = outcomes_on(pack(dumped() + b"\n"))
    assert outcome.reason == KEPT
    assert outcome.document.id == "c4:http://ferry.example/a"
    assert outcome.document.text == PAGE["text"]
    assert outcome.document.source == "c4"
    assert outcome.document.meta == {"url": "http://ferry.example/a", "date": "2019-04-25T12:57:54Z"}


def test_escaped_slashes_and_the_other_form_of_time() -> None:
    line = b'{"text":"and\\/or \\u00e9","timestamp":"2019-04-25 12:57:54","url":"http:\\/\\/ferry.example\\/a"}'
    (outcome,) = outcomes_on(line)
    assert outcome.document.text == "and/or é"
    assert outcome.document.meta == {"url": "http://ferry.example/a", "date": "2019-04-25T12:57:54Z"}


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (dumped()[:-9], "unexpected end of data"),
        (b"[1, 2]", "expected an object with the strings text, url and timestamp, got none"),
        (b'{"text": "a", "url": "b"}', "got text, url"),
        (dumped(text=None), "expected an object with the strings"),
        (dumped(url=7), "expected an object with the strings"),
        (dumped(timestamp="25 April 2019"), "expected a timestamp like 2019-04-25T12:57:54Z, got '25 April 2019'"),
        (b'{"text": "\xff", "timestamp": "2019-04-25 12:57:54", "url": "b"}', "UTF-8"),
        (b"\x00", "unexpected character"),
        (b"[" * 5000, "depth limit"),
    ],
    ids=["cut", "no object", "no time", "no text", "url a number", "time in words", "not UTF-8", "zero", "deep"],
)
def test_a_faulty_line_is_told_and_the_next_one_read(line: bytes, detail: str) -> None:
    before, fault, after = outcomes_on(dumped() + b"\n" + line + b"\n" + dumped(url="http://ferry.example/b"))
    assert before.kept
    assert after.document.meta["url"] == "http://ferry.example/b"
    assert fault.reason == UNREADABLE
    assert fault.document.id == f"c4-train.json#{len(dumped()) + 1}"
    assert fault.raw == line
    assert detail in fault.detail


@pytest.mark.parametrize(("spare", "kept"), [(0, True), (-1, False)])
def test_longest_line(spare: int, kept: bool) -> None:
    first, second = outcomes_on(dumped() + b"\n" + dumped(text=""), len(dumped()) + spare)
    assert first.kept is kept
    assert second.kept
    if not kept:
        assert "raise record_bytes" in first.detail


def test_blank_lines_are_no_records() -> None:
    assert len(outcomes_on(b"\n  \n" + dumped() + b"\r\n\n")) == 1


def test_a_file_that_breaks_off_gives_the_pages_of_its_whole_members_and_one_fault() -> None:
    lines = [dumped(url=f"http://ferry.example/{n}", text=f"page {n * n}") + b"\n" for n in range(500)]
    packed = [gzip.compress(b"".join(lines[:300])), gzip.compress(b"".join(lines[300:]))[:-200]]
    *pages, fault = outcomes_on(b"".join(packed))
    assert len(pages) == 300
    assert all(page.kept for page in pages)
    assert fault.reason == UNREADABLE
    assert fault.document.id.endswith(f"#{len(packed[0])}-{len(b''.join(packed))}")
    assert "got the end of the file" in fault.detail


@pytest.mark.parametrize(
    ("path", "head", "accepted"),
    [
        ("/data/c4-train.00000-of-01024.json.gz", b"", True),
        ("gs://bucket/en/c4-validation.00000-of-00008.json.gz", b"", True),
        ("c4-train.00000.json.zst", b"", True),
        ("part-1.gz", gzip.compress(b'{"text":"a","timestamp":"b"}'), True),
        ("part-1.zst", zstandard.compress(b'{"url": "a"}\n'), True),
        ("part-1.jsonl", b'{"timestamp": "a"', True),
        ("part-1.jsonl", b'{"id": 1}', False),
        ("c4-train.00000.json.gz.md5", b"0123", False),
        ("CC-MAIN.warc.wet.gz", gzip.compress(b"WARC/1.0\r\n"), False),
        ("broken.gz", b"\x1f\x8bnonsense", False),
        ("empty", b"", False),
    ],
)
def test_accepts(path: str, head: bytes, accepted: bool) -> None:
    assert accepts(path, head[:512]) is accepted


def test_the_real_sample(shared_data: Path) -> None:
    file = shared_data / "c4" / "c4-train.sample-00000.json.gz"
    seen = Seen()
    shard = InputSplit(0, 1, str(file))
    outcomes = list(read(open_file, shard, seen, record_bytes=1 << 20))
    assert seen.records == len(outcomes) == 655
    assert all(outcome.kept for outcome in outcomes)
    assert len({outcome.document.id for outcome in outcomes}) == 655
