"""The published C4: `c4-train.*.json.gz` (or .zst), one JSON object a line with text, timestamp and url."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import orjson

from corpus.containment import refused
from corpus.document import Document, Outcome, unreadable
from corpus.errors import RecordError
from corpus.readers.base import InputSplit, Open, Reader, Seen
from corpus.readers.lines import Line, byte_ranges, read_lines
from corpus.readers.unpack import first_bytes

SOURCE = "c4"

_NAME = re.compile(r"c4-(?:train|validation)\..*\.json(?:\.gz|\.zst)?")
_FIRST_FIELD = re.compile(rb'\s*\{\s*"(?:text|timestamp|url)"\s*:')
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)Z?")
_HEAD_BYTES = 1 << 10
_SHOWN_BYTES = 1 << 16
"""How much of an unreadable record is kept aside."""


def reader(**limits: Any) -> Reader:
    """The reader of the published dataset, whose records are pages.

    Args:
        limits: numbers of the recipe: record_bytes, the longest line that is read; part_bytes, how a file is cut.
    """
    return Reader("page", accepts, read, byte_ranges, limits=limits)


def accepts(path: str, head: bytes) -> bool:
    """Whether a file is of the published dataset: by its name, or as its first line starts with one of its fields."""
    if _NAME.fullmatch(PurePath(path).name):
        return True
    return bool(_FIRST_FIELD.match(first_bytes(head, _HEAD_BYTES)))


def read(
    open_file: Open, shard: InputSplit, seen: Seen, *, record_bytes: int, part_bytes: int = 0
) -> Iterator[Outcome]:
    """The outcome on every line; of a kept page meta has the url, and the date as `YYYY-MM-DDThh:mm:ssZ`.

    Args:
        record_bytes: the longest line that is read; a longer one is unreadable.
        part_bytes: how parts are cut; not used here.
    """
    with open_file(shard.path) as file:
        for line in read_lines(file, seen, record_bytes, shard.path, shard.part):
            outcome = _outcome(line, shard) if line.fault or line.data.strip() else None
            if outcome and not (line.torn and outcome.reason):
                seen.records += 1
                yield outcome


def _outcome(line: Line, shard: InputSplit) -> Outcome:
    where = shard.locator(line.where)
    if line.fault:
        return unreadable(SOURCE, where, line.fault)
    try:
        if not line.whole:
            raise RecordError("a shorter line", f"more than {len(line.data)} bytes", do="raise record_bytes")
        return Outcome(_page(orjson.loads(line.data)))
    except orjson.JSONDecodeError as error:
        return unreadable(SOURCE, where, str(error), line.data[:_SHOWN_BYTES])
    except Exception as error:
        return refused(SOURCE, where, error, line.data[:_SHOWN_BYTES])


def _page(record: Any) -> Document:
    """The page of one record, named by its url.

    Raises:
        RecordError: a field is missing or of another type, or the time is in neither of the two known forms.
    """
    fields = record if isinstance(record, dict) else {}
    text, url, timestamp = fields.get("text"), fields.get("url"), fields.get("timestamp")
    if not (isinstance(text, str) and isinstance(url, str) and isinstance(timestamp, str)):
        raise RecordError("an object with the strings text, url and timestamp", ", ".join(map(str, fields)) or "none")
    time = _TIMESTAMP.fullmatch(timestamp)
    if not time:
        raise RecordError("a timestamp like 2019-04-25T12:57:54Z", repr(timestamp))
    return Document(f"{SOURCE}:{url}", text, SOURCE, {"url": url, "date": f"{time[1]}T{time[2]}Z"})
