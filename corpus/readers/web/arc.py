"""Pages of ARC, the format before WARC: a record's first line says its address, date, type and length."""

from __future__ import annotations

from functools import partial

from corpus.document import Outcome
from corpus.readers.web.frames import Frame
from corpus.readers.web.http import read_answer
from corpus.readers.web.records import HTTP_OK, TEXT_TYPES, WebDump, decoded, media_type

ARC_FIRST_BYTES = b"filedesc://"
_FIELDS = 4
"""After the address, which may hold blanks: IP address, date, type, length."""


def arc_page(dump: WebDump, frame: Frame) -> Outcome:
    """The outcome on a record of an ARC.

    Raises:
        RecordError: it is no page that can be read.
    """
    address, _ip, date, stated, _length = frame.head.decode("utf-8", "replace").rsplit(maxsplit=_FIELDS)
    page = partial(dump.page, frame.where, "", url=address, date=date)
    if frame.head.startswith(ARC_FIRST_BYTES):
        return page("", "not_a_page")
    answer = read_answer(frame.block, dump.record_bytes)
    media = media_type(stated)
    if answer.status != HTTP_OK:
        return page("", "http_error", content_type=media)
    if media not in TEXT_TYPES:
        return page("", "not_text", content_type=media)
    return page(decoded(answer.body, None), content_type=media)
