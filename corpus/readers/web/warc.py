"""WET, WARC and ARC files of the web: every record, as text (WET) or as the page's HTML (WARC, ARC).

Bytes are unpacked and compared with their checksums by `unpacked`, cut into records by `frames`, and are pages here. A
record that is wrong costs itself; damaged bytes cost the members that they lie in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO

from corpus.containment import refused
from corpus.document import Outcome
from corpus.errors import RecordError
from corpus.readers.base import InputFile, InputSplit, Open, Reader, Seen
from corpus.readers.members import GZIP, XZ
from corpus.readers.unpack import packing_of, unpacked
from corpus.readers.web.arc import ARC_FIRST_BYTES, arc_page
from corpus.readers.web.frames import ARC, BARE, FIRST_LINE, WARC, Dialect, Frame, frames
from corpus.readers.web.http import read_answer
from corpus.readers.web.records import (
    HTTP_OK,
    TEXT_TYPES,
    WebDump,
    decoded,
    media_type,
    stated_crawl,
    utf8,
)
from corpus.readers.web.starts import next_record, unpacked_start

PAGE_TYPES = ("conversion", "response", "resource")
_NAMES = (".wet", ".warc", ".arc", ".wet.gz", ".warc.gz", ".arc.gz", ".wet.zst", ".warc.zst")
_ARC_NAME = re.compile(r"\.arc(?:\.gz|\.zst)?$")
_HEAD_BYTES = 1 << 10
_SHOWN_BYTES = 1 << 12
_FOLDED = re.compile(r"\r?\n[ \t]+")
_FIELD = re.compile(r"\n([^:\r\n]++):[ \t]*+([^\r\n]*+)")
_DIGESTS = {"sha1": 20, "md5": 16, "sha256": 32}
"""The digests that records state, and their bytes."""


def reader(source: str, **limits: Any) -> Reader:
    """The reader of a source that comes as WET or WARC files; a record of a dump is a `record`.

    Every record is accounted for: requests, metadata and the like are dropped as `not_a_page`, answers other than 200
    as `http_error`, images and other media as `not_text`.

    Args:
        source: the source its documents belong to.
        limits: numbers of the recipe: record_bytes, the largest block or unpacked page that is read;
            part_bytes, how much of a stored file one shard reads.
    """
    return Reader("record", accepts, partial(read_records, source=source), cut, limits, identity=stated_crawl)


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is a WET, WARC or ARC, by its name or by what it starts with."""
    return unpacked_start(head).startswith((b"WARC/", ARC_FIRST_BYTES)) or path.lower().endswith(_NAMES)


def cut(file: InputFile, open_file: Open, limits: Mapping[str, Any]) -> list[str]:
    """The parts of a file, `from-to` in bytes, cut where records start, each of about part_bytes."""
    if file.size <= limits["part_bytes"]:
        return [""]  # not opened: a dump may be many, far away
    with open_file(file.path) as opened:
        if _dialect(opened, file.path) is not WARC:
            return [""]
        wanted = range(limits["part_bytes"], file.size, limits["part_bytes"])
        starts = {next_record(opened, offset) for offset in wanted}
    edges = [0, *sorted(start for start in starts if start), file.size]
    return [f"{start}-{end}" for start, end in pairwise(edges)] if len(edges) > 2 else [""]


def _dialect(file: BinaryIO, path: str) -> Dialect:
    """How the records of a file are written: as its first bytes say, or its name where they are damaged."""
    file.seek(0)
    head = unpacked_start(file.read(_HEAD_BYTES))
    if head.startswith(ARC_FIRST_BYTES) or (not FIRST_LINE.match(head) and _ARC_NAME.search(path.lower())):
        return ARC
    return BARE if FIRST_LINE.match(head) and b"\r\n" not in head else WARC


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
        dialect, size = _dialect(file, shard.path), file.seek(0, 2)
        first, last = (int(bound) for bound in (shard.part or f"0-{size}").split("-"))
        seen.own(first, last)
        file.seek(0)
        packing = packing_of(file.read(_HEAD_BYTES), shard.path)
        dump = WebDump(source, shard, record_bytes, dialect is BARE or packing in (GZIP.magic, XZ.magic))
        pieces = unpacked(file, seen, shard.path, start=first)
        for frame in frames(pieces, dialect, record_bytes, size, packed=bool(packing)):
            if frame.start >= last:
                return
            seen.records += 1
            if frame.fault:
                seen.skip(frame.start, frame.end)
                yield dump.fault(frame.where, frame.fault, frame.head, frame.is_failed)
            else:
                yield _outcome(dump, frame, dialect)


def _outcome(dump: WebDump, frame: Frame, dialect: Dialect) -> Outcome:
    """The outcome on a record, whatever is raised on it."""
    try:
        return arc_page(dump, frame) if dialect is ARC else _page(dump, frame)
    except Exception as error:
        raw = (frame.head + frame.block[:_SHOWN_BYTES])[:_SHOWN_BYTES]
        return refused(dump.source, dump.shard.locator(frame.where), error, raw)


def _page(dump: WebDump, frame: Frame) -> Outcome:
    fields = _fields(frame.head)
    kind, media = fields.get("warc-type", "").lower(), media_type(fields.get("content-type"))
    if not dump.checked:
        _compare(fields.get("warc-block-digest", ""), frame.block)
    page = partial(
        dump.page, frame.where, fields.get("warc-record-id", ""), url=fields.get("warc-target-uri"),
        date=fields.get("warc-date"), digest=fields.get("warc-payload-digest") or fields.get("warc-block-digest"),
    )  # fmt: skip
    is_http = media == "application/http"
    if kind not in PAGE_TYPES or (kind == "response" and not is_http):
        return page("", "not_a_page")
    if kind == "conversion":
        return page(utf8(frame.block), content_type="text/plain")
    body, charset = frame.block, ""
    if is_http:
        status, media, charset, body = read_answer(frame.block, dump.record_bytes)
        if status != HTTP_OK:
            return page("", "http_error", content_type=media)
    media = fields.get("warc-identified-payload-type") or media or "text/html"
    if media not in TEXT_TYPES:
        return page("", "not_text", content_type=media)
    return page(decoded(body, charset), content_type=media)


def _fields(head: bytes) -> dict[str, str]:
    """The lines of a record's head by lower-case name."""
    text = head.decode("utf-8", "replace")
    if "\n " in text or "\n\t" in text:
        text = _FOLDED.sub(" ", text)
    return {name.rstrip().lower(): value.rstrip() for name, value in _FIELD.findall(text)}


def _compare(stated: str, block: bytes) -> None:
    """Compare a block with the digest that its record states, where the packing has no checksum.

    Raises:
        RecordError: it is another; a digest that is written in no known form is passed over.
    """
    name, _, text = stated.partition(":")
    size = _DIGESTS.get(name.lower(), -1)
    try:
        digest = bytes.fromhex(text) if len(text) == 2 * size else base64.b32decode(text)
    except ValueError:
        return
    if len(digest) == size and digest != hashlib.new(name, block, usedforsecurity=False).digest():
        raise RecordError(f"a block of the digest {stated}", "another")
