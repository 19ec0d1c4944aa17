"""Web archives that FastWARC refuses: ARC, the format before WARC, and a WET whose line ends lost their `\\r`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from functools import partial

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from corpus.document import Outcome
from corpus.readers.web.records import HTTP_OK, TEXT_TYPES, RecordFault, WebDump, decoded, media_type, utf8
from corpus.readers.web.warc_frames import next_record

ARC_FIRST_BYTES = b"filedesc://"


def bare_records(dump: WebDump) -> Iterator[Outcome]:
    """Records of a WET whose line ends were stripped of their \\r: no length is right, so header lines cut it."""
    start: int | None = 0
    while start is not None:
        following = next_record(dump.file, start + 1)
        dump.seen.records += 1
        end = dump.file.seek(0, 2) if following is None else following
        dump.file.seek(start)
        head, _, body = dump.file.read(min(end - start, dump.record_bytes + 1)).partition(b"\n\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\n") if b": " in line)
        known = {name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in fields.items()}
        if end - start > dump.record_bytes:
            yield dump.fault(start, f"expected at most {dump.record_bytes} bytes, got {end - start}")
        else:
            yield _bare_outcome(dump, start, known, body)
        start = following


def _bare_outcome(dump: WebDump, start: int, known: Mapping[str, str], body: bytes) -> Outcome:
    page = partial(
        dump.page, start, known.get("warc-record-id"), url=known.get("warc-target-uri"),
        date=known.get("warc-date"), digest=known.get("warc-block-digest"),
    )  # fmt: skip
    if known.get("warc-type") != "conversion":
        return page("", "not_a_page")
    try:
        return page(utf8(body.removesuffix(b"\n\n")), content_type="text/plain")
    except RecordFault as fault:
        return dump.fault(start, str(fault))


def arc_records(dump: WebDump) -> Iterator[Outcome]:
    """Records of an ARC file, the format before WARC; one that breaks off, or whose length is wrong, ends it."""
    dump.file.seek(0)
    records = ArchiveIterator(dump.file)
    held, held_offset = None, 0
    while True:
        try:
            record = next(records, None)
        except (ArchiveLoadFailed, EOFError, zlib.error) as error:
            dump.seen.records += held is None
            record, held = None, dump.fault(held_offset, " ".join(str(error).split()))
        if records.err_count:  # what followed the record before was neither a record nor the end
            record, held = None, dump.fault(held_offset, "expected a length that leads to the record's end")
        if held:
            yield held
        if record is None:
            return
        dump.seen.records += 1
        held_offset = records.offset
        held = _arc_outcome(dump, held_offset, record)


def _arc_outcome(dump: WebDump, offset: int, record: ArcWarcRecord) -> Outcome:
    try:
        return _arc_page(dump, offset, record)
    except RecordFault as fault:
        position = dump.file.tell()
        outcome = dump.fault(offset, str(fault))
        dump.file.seek(position)
        return outcome


def _arc_page(dump: WebDump, offset: int, record: ArcWarcRecord) -> Outcome:
    headers = record.rec_headers
    page = partial(dump.page, offset, None, url=headers.get_header("uri"), date=headers.get_header("archive-date"))
    if record.rec_type == "arc_header":
        return page("", "not_a_page")
    stated = headers.get_header("length", "")
    if not stated.isdecimal() or int(stated) > dump.record_bytes:
        raise RecordFault(f"expected a length of at most {dump.record_bytes} bytes, got {stated!r}")
    body = _bounded(record, dump.record_bytes)
    if record.raw_stream.limit > 0:
        raise RecordFault(f"expected {stated} bytes, got {record.raw_stream.limit} fewer before the file's end")
    media = media_type(headers.get_header("content-type"))
    if not record.http_headers or record.http_headers.get_statuscode() != str(HTTP_OK):
        return page("", "http_error", content_type=media)
    if media not in TEXT_TYPES:
        return page("", "not_text", content_type=media)
    return page(decoded(body, None), content_type=media)


def _bounded(record: ArcWarcRecord, record_bytes: int) -> bytes:
    """The body of an answer, unpacked. Raises RecordFault when it unpacks to more than record_bytes."""
    stream, body = record.content_stream(), b""
    while piece := stream.read(record_bytes + 1 - len(body)):
        body += piece
        if len(body) > record_bytes:
            raise RecordFault(f"expected at most {record_bytes} bytes, got a body that unpacks to more")
    return body
