"""WET and WARC files of the web: every record, as text (WET) or as the page's HTML (WARC).

FastWARC parses; ARC, which it refuses, goes through warcio; a WET with bare newlines, as test samples have it, is cut
at its header lines. FastWARC believes every Content-Length, so each record is checked here: its block must be whole
and must not hold the start of another; where parsing fails, reading continues at the next record that starts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from corpus.document import Outcome
from corpus.readers.base import InputFile, InputSplit, Open, Reader, Seen
from corpus.readers.web.arc import ARC_FIRST_BYTES, arc_records, bare_records
from corpus.readers.web.records import HTTP_OK, TEXT_TYPES, RecordFault, WebDump, decoded, media_type, utf8
from corpus.readers.web.warc_frames import FIRST_LINE, next_record, record_end, unpacked_start

PAGE_TYPES = WarcRecordType.conversion | WarcRecordType.response | WarcRecordType.resource
_NAMES = (".wet", ".warc", ".arc", ".wet.gz", ".warc.gz", ".arc.gz", ".wet.zst", ".warc.zst")
_HEAD_BYTES = 1 << 10
_SWALLOWED = b"\r\n\r\nWARC/1."
"""The end of one record and the start of the next: no block holds it, unless its length is wrong."""


def reader(source: str, **limits: Any) -> Reader:
    """The reader of a source that comes as WET or WARC files; a record of a dump is a `record`.

    Every record is accounted for: requests, metadata and the like are dropped as `not_a_page`, answers other than 200
    as `http_error`, images and other media as `not_text`.

    Args:
        source: the source its documents belong to.
        limits: numbers of the recipe: record_bytes, the largest block or unpacked page that is read;
            part_bytes, how much of a stored file one shard reads.
    """
    return Reader("record", accepts, partial(read_records, source=source), cut, limits)


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is a WET, WARC or ARC, by its name or by what it starts with."""
    return unpacked_start(head).startswith((b"WARC/", ARC_FIRST_BYTES)) or path.lower().endswith(_NAMES)


def cut(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts of a file, `from-to` in bytes, cut where records start, each of about part_bytes."""
    with open_file(file.path) as opened:
        if _way_to_read(opened) is not _warc_records:
            return [""]
        wanted = range(limits["part_bytes"], file.size, limits["part_bytes"])
        starts = {next_record(opened, offset) for offset in wanted}
    edges = [0, *sorted(start for start in starts if start), file.size]
    return [f"{start}-{end}" for start, end in pairwise(edges)] if len(edges) > 2 else [""]


def read_records(
    open_file: Open, shard: InputSplit, seen: Seen, *, source: str, record_bytes: int, part_bytes: int = 0
) -> Iterator[Outcome]:
    """A outcome on every record of a WET, WARC or ARC file, or of a part of it.

    A kept document has the text of a WET record, or the HTML of a page decoded to text; its meta has url, date,
    digest and content_type where the record states them.

    Args:
        record_bytes: the largest block, packed or unpacked, that is read; a larger one is unreadable.
        part_bytes: used when the file was cut, not here.
    """
    with open_file(shard.path) as file:
        yield from _way_to_read(file)(WebDump(file, source, shard, seen, record_bytes))


def _way_to_read(file: BinaryIO) -> Callable[[WebDump], Iterator[Outcome]]:
    file.seek(0)
    head = unpacked_start(file.read(_HEAD_BYTES))
    if head.startswith(ARC_FIRST_BYTES):
        return arc_records
    return bare_records if FIRST_LINE.match(head) and b"\r\n" not in head else _warc_records


def _warc_records(dump: WebDump) -> Iterator[Outcome]:
    size = dump.file.seek(0, 2)
    dump.seen.leave(0, size)
    first, last = dump.shard.part.split("-") if dump.shard.part else ("0", str(size))
    start: int | None = int(first)
    dump.seen.own(int(first), int(last))
    end = int(last) if int(last) < size else sys.maxsize  # records of one single gzip member all stand at its end
    while start is not None and start < min(end, size):
        start = yield from _stretch(dump, start, end)


def _stretch(dump: WebDump, start: int, end: int) -> Generator[Outcome, None, int | None]:
    """Outcomes on the records from `start` until one is faulty; returns where to go on, None at the end.

    A record is held back until the next one parses: a length that is too short shows only there.
    """
    dump.file.seek(start)
    records = iter(ArchiveIterator(dump.file, parse_http=False))
    held: tuple[int, Outcome] | None = None
    while True:
        try:
            record = next(records, None)
        except OSError as error:
            if error.errno is not None:  # the store failed, not the record
                raise
            return (yield from _after_fault(dump, start, held, str(error)))
        if record is None:
            return (yield from _after_last(dump, start, held))
        if held:
            yield held[1]
        if record.stream_pos >= end:
            return None
        dump.seen.records += 1
        try:
            held = record.stream_pos, _outcome(dump, record)
        except RecordFault as fault:
            yield dump.fault(record.stream_pos, str(fault))
            return next_record(dump.file, record.stream_pos + 1)


def _after_fault(
    dump: WebDump, start: int, held: tuple[int, Outcome] | None, detail: str
) -> Generator[Outcome, None, int | None]:
    """What to say when no record could be parsed after the held one, or at the very start."""
    if held is None:
        dump.seen.records += 1
        yield dump.fault(start, detail)
        return next_record(dump.file, start + 1)
    position, outcome = held
    end = record_end(dump.file, position)
    if end is None:
        yield dump.fault(position, "expected a Content-Length that leads to the record's end")
        return next_record(dump.file, position + 1)
    yield outcome
    following = next_record(dump.file, end)
    if following != end < dump.file.seek(0, 2):
        dump.seen.records += 1
        yield dump.fault(end, detail)
    return following


def _after_last(dump: WebDump, start: int, held: tuple[int, Outcome] | None) -> Generator[Outcome, None, int | None]:
    """FastWARC ends quietly inside a record that was cut: look whether the file ends where the last one does."""
    size = dump.file.seek(0, 2)
    if held and held[0] >= size:
        yield held[1]
        return None
    return (yield from _after_fault(dump, start, held, "expected a whole record, got the end of the file"))


def _outcome(dump: WebDump, record: WarcRecord) -> Outcome:
    headers = {name.lower(): value for name, value in record.headers.to_dict().items()}
    block = _block(record, headers.get("content-length", ""), dump.record_bytes)
    page = partial(
        dump.page, record.stream_pos, headers.get("warc-record-id"), url=headers.get("warc-target-uri"),
        date=headers.get("warc-date"), digest=headers.get("warc-payload-digest") or headers.get("warc-block-digest"),
    )  # fmt: skip
    if not record.record_type & PAGE_TYPES or (record.record_type == WarcRecordType.response and not record.is_http):
        return page("", "not_a_page")
    if record.record_type == WarcRecordType.conversion:
        return page(utf8(block), content_type="text/plain")
    media, charset = media_type(headers.get("content-type")), None
    if record.is_http:
        block, media, charset, status = _http(record, block, dump.record_bytes)
        if status != HTTP_OK:
            return page("", "http_error", content_type=media)
    media = headers.get("warc-identified-payload-type") or media or "text/html"
    if media not in TEXT_TYPES:
        return page("", "not_text", content_type=media)
    return page(decoded(block, charset), content_type=media)


def _block(record: WarcRecord, stated: str, record_bytes: int) -> bytes:
    """The bytes of a record, as many as it says.

    Raises:
        RecordFault: its length is missing, above record_bytes, more than there is, or reaches over the next record.
    """
    if not stated.isdecimal():
        raise RecordFault(f"expected a Content-Length, got {stated!r}")
    if int(stated) > record_bytes:
        raise RecordFault(f"expected at most {record_bytes} bytes, got a Content-Length of {stated}")
    block: bytes = record.reader.read()
    if len(block) != int(stated):
        raise RecordFault(f"expected {stated} bytes, got {len(block)} before the file's end")
    if _SWALLOWED in block:
        raise RecordFault(f"expected one record in {stated} bytes, got the start of another: a wrong Content-Length")
    return block


def _http(record: WarcRecord, block: bytes, record_bytes: int) -> tuple[bytes, str, str | None, int | None]:
    """The body of an HTTP answer, unpacked, its media type, stated charset and status."""
    record.set_bytes_content(block)
    try:
        record.parse_http(auto_decode="all")
        body = record.reader.read(record_bytes + 1)
    except OSError as error:
        raise RecordFault(f"expected an HTTP answer, got {error}") from None
    if len(body) > record_bytes:
        raise RecordFault(f"expected at most {record_bytes} bytes, got a body that unpacks to more")
    return body, media_type(record.http_content_type), record.http_charset, record.http_headers.status_code
