"""What readers of web archives share: where a record stands, its page as a Document, its bytes as text."""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePath
from typing import NamedTuple

from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from corpus.document import KEPT, Document, Outcome, faulty
from corpus.encodings import text_codec
from corpus.errors import RecordError
from corpus.readers.base import InputSplit

HTTP_OK = 200
TEXT_TYPES = ("text/plain", "text/html", "application/xhtml+xml")


class WebDump(NamedTuple):
    """What the functions here share about the file they read; checked says that the digests of
    records need not be compared, as its packing has checksums, or cannot be."""

    source: str
    shard: InputSplit
    record_bytes: int
    checked: bool

    def fault(self, where: int | str, detail: str, raw: bytes, is_failed: bool = False) -> Outcome:
        """The outcome on a record that cannot be read; its first bytes are kept aside."""
        return faulty(self.source, self.shard.locator(where), detail, raw, is_failed=is_failed)

    def page(self, where: int | str, record_id: str, text: str, reason: str = KEPT, **meta: str | None) -> Outcome:
        """The outcome on a record, which is named by its own id, or by where it stands."""
        own = record_id.strip("<>").removeprefix("urn:uuid:") or f"{PurePath(self.shard.path).name}#{where}"
        fields = {name: value for name, value in meta.items() if value}
        fields["dump"] = dump_of(self.shard.path, self.shard.name)
        return Outcome(Document(f"{self.source}:{own}", text, self.source, fields), reason)


@cache
def dump_of(path: str, name: str) -> str:
    """The crawl a file belongs to: CC-MAIN-2019-09 where its path says so, else the folder it lies in below the input.

    Args:
        path: of the file.
        name: its path below the folder that was given as input.
    """
    return stated_crawl(path) or PurePath(name).parent.name


def stated_crawl(path: str) -> str:
    """The crawl that a path names; "" where it names none."""
    stated = re.search(r"CC-MAIN-\d{4}-\d{2}(?!\d)", path)
    return stated[0] if stated else ""


def media_type(content_type: str | None) -> str:
    """The media type of a Content-Type header, less its parameters; "" for none."""
    return (content_type or "").partition(";")[0].strip().lower()


def utf8(block: bytes) -> str:
    """The text of a block.

    Raises:
        RecordError: its bytes are not UTF-8.
    """
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        raise RecordError("UTF-8", f"byte {block[error.start]:#04x} at {error.start}") from None


def decoded(body: bytes, charset: str | None) -> str:
    """A page as text: by its stated charset where it is one, else by its meta element, else by its bytes."""
    return bytes_to_str(body, text_codec(charset or "") or _detected(body), errors="replace")


def _detected(body: bytes) -> str:
    return text_codec(detect_encoding(body, from_html_meta=True) or "") or "utf-8"
