"""Answers of web servers: their status, what their head says of the body, and the body, unpacked in bounded memory."""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus.errors import RecordError
from corpus.readers.bounded import DAMAGED, FEED_BYTES, UNPACKERS, ZSTD_FEED_BYTES, Feeder, stream
from corpus.readers.web.records import media_type

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]++(\d{3})(?!\d)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_CHARSET = re.compile(r"(?i)charset\s*+=\s*+[\"']?\s*+([^\s;\"',]+)")
_CHUNK = re.compile(rb"[ \t]*+([0-9A-Fa-f]{1,8}+)[ \t]*+(?:;[^\n]{0,4096})?\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_HEX = 16
_TEXT_BYTES = 64
_ZLIB_HEADS = frozenset(head for head in range(0x0800, 0x7900) if head >> 8 & 15 == 8 and head % 31 == 0)
"""The first two bytes of a zlib stream: deflate with a window of up to 32 KiB, and check bits (RFC 1950)."""
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_PACKINGS = {
    "gzip": ("gzip", b"\x1f\x8b"),
    "x-gzip": ("gzip", b"\x1f\x8b"),
    "zstd": ("zstd", b"\x28\xb5\x2f\xfd"),
    "br": ("brotli", b""),
    "deflate": ("zlib", b""),
}
"""HTTP's names of packings, ours, and the bytes that they begin with."""


class Answer(NamedTuple):
    """An answer: status is 0 where there is none; media type and charset are empty where they are not stated."""

    status: int
    media: str
    charset: str
    body: bytes


def read_answer(block: bytes, most_bytes: int) -> Answer:
    """The answer in a record's block.

    Raises:
        RecordError: its body is damaged, or unpacks to more than most_bytes.
    """
    end = _HEAD_END.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    status = _STATUS.match(head)
    fields = _fields(head)
    stated = fields.get("content-type", "")
    if "chunked" in fields.get("transfer-encoding", "").lower():
        body = _chunks(body)
    for packing in reversed(fields.get("content-encoding", "").lower().split(",")):
        body = _unpacked(body, packing.strip(), most_bytes)
    charset = _CHARSET.search(stated)
    if len(body) > most_bytes:
        raise RecordError(f"at most {most_bytes} bytes", f"a body of {len(body)}")
    return Answer(int(status[1]) if status else 0, media_type(stated), charset[1].lower() if charset else "", body)


def _fields(head: bytes) -> dict[str, str]:
    """The lines of a head by lower-case name; of one that comes again, the first."""
    found: dict[str, str] = {}
    for line in _FOLDED.sub(b" ", head).split(b"\n")[1:]:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _chunks(body: bytes) -> bytes:
    """A body sent in chunks; one that is not, as crawlers store some, as it is; of one that breaks off what there is.

    Raises:
        RecordError: what follows a chunk is none.
    """
    found: list[bytes] = []
    at = 0
    while at < len(body):
        size = _CHUNK.match(body, at)
        if size is None and not found:
            return body
        if size is None:
            raise RecordError("a chunk of an HTTP answer", f"other bytes at {at} of its body")
        start, at = size.end(), size.end() + int(size[1], _HEX)
        if start == at:
            break
        found.append(body[start:at])
        ended = _LINE_END.match(body, at)
        at = ended.end() if ended else at
    return b"".join(found)


def _unpacked(body: bytes, packing: str, most_bytes: int) -> bytes:
    """A body unpacked; one that is stored unpacked though its head names a packing, as it is.

    Common Crawl stored bodies so until August 2018. One that breaks off gives what there is.

    Raises:
        RecordError: it is damaged, or unpacks to more than most_bytes.
    """
    name, magic = _PACKINGS.get(packing, ("", b""))
    if not name or not body or (not body.startswith(magic) if magic else _is_text(body)):
        return body
    if packing == "deflate" and int.from_bytes(body[:2], "big") not in _ZLIB_HEADS:
        name = "deflate"  # without zlib's head, as some servers send it
    found: list[bytes] = []
    left = most_bytes
    while body:
        unpacker, feed = UNPACKERS[name](), Feeder(body, ZSTD_FEED_BYTES if name == "zstd" else FEED_BYTES)
        try:
            for piece in stream(unpacker, feed):
                found.append(piece)
                left -= len(piece)
                if left < 0:
                    raise RecordError(f"at most {most_bytes} bytes", "a body that unpacks to more")
        except EOFError:
            break
        except DAMAGED as error:  # type: ignore[misc]  # isal's stubs give its error as an instance
            raise RecordError(f"an HTTP answer packed with {packing}", str(error)) from None
        end = feed.at - len(unpacker.unused_data)
        body = body[end:] if magic and body.startswith(magic, end) else b""
    return b"".join(found)


def _is_text(body: bytes) -> bool:
    """Whether a body begins as text does, and not as packed bytes do."""
    start = body[:_TEXT_BYTES]
    try:
        start.decode()
    except UnicodeDecodeError as error:
        if error.end < len(start):
            return False
    return not _CONTROLS.search(start)
