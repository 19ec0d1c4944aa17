"""From the bytes of one book to its text: what encoding it is in, whether it is a text at all, one kind of line end."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from corpus.encodings import text_codec
from corpus.errors import RecordError
from corpus.recipe import cited

_STATED = re.compile(rb"^Character set encoding: *(\S[^\r\n]{0,60})", re.MULTILINE | re.IGNORECASE)
_NAMED = re.compile(r"(?:iso|windows|cp|koi8|mac|big|gb|euc|shift|utf)[-_ ]?[a-z0-9]+(?:[-_][0-9]+)?", re.IGNORECASE)
_HEADER_BYTES = cited(1 << 13, "a header states its encoding above its small print", "bytes")
_SAMPLE_BYTES = cited(1 << 16, "enough of a book to tell its encoding by; guessing takes a second a megabyte", "bytes")
_ASCII = bytes(range(128))
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1a\x1b"))
_WESTERN = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœúùûüýÿßÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝ‘’“”„–—…«»£§°½¼¾¡¿·•©†‡ªº\xa0\xad")
_UNICODE_OR_ASCII = ("utf", "ascii", "us-ascii", "iso646")

WESTERN_SHARE = cited(
    0.99, "read as cp1252, at least this share of a Western book's signs beyond ASCII are the West's", "share"
)
FOREIGN_SHARE = cited(0.01, "with fewer bytes beyond ASCII there is too little to tell an encoding by", "share")
FAULTS_SHARE = cited(
    0.01, "UTF-8 with fewer broken sequences per whole one is damaged UTF-8, not another encoding", "share"
)


def decode_book(raw: bytes, control_share: float) -> tuple[str, dict[str, str]]:
    """The text of a book, and its meta: `encoding`, and `encoding_stated` where the header says otherwise.

    Line ends become newlines. What decodes decides, then what the header states, then what the bytes look like.

    Raises:
        RecordError: nothing is there, or it is not text: more than control_share of the bytes are control characters.
    """
    if not raw.strip():
        raise RecordError("a book", "no text" if raw else "an empty file")
    text, encoding = _decode(raw, control_share)
    stated = stated_encoding(raw)
    meta = {"encoding": encoding} | ({"encoding_stated": stated} if stated and not _same(stated, encoding) else {})
    return unified_lines(text), meta


def _decode(raw: bytes, control_share: float) -> tuple[str, str]:
    for bom, encoding in _BOMS.items():
        if raw.startswith(bom):
            return raw[len(bom) :].decode(encoding, "replace"), encoding
    controls = len(raw) - len(raw.translate(None, _CONTROLS))
    if controls > control_share * len(raw):
        raise RecordError("a text", f"a binary file ({controls} control characters in {len(raw)} bytes)")
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_other(raw)


def _decode_other(raw: bytes) -> tuple[str, str]:
    text = raw.decode("utf-8", "replace")
    faults = text.count("\ufffd")
    if faults < FAULTS_SHARE.value * sum(map(len, re.findall(r"[^\x00-\x7f]+", text))):
        return text, "utf-8"
    candidates = [_codec(stated_encoding(raw)), _look(raw), "cp1252"]
    for encoding in filter(None, candidates):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), "iso8859-1"


def stated_encoding(raw: bytes) -> str:
    """What the header of a Project Gutenberg file states, in its own words; empty where it says nothing."""
    found = _STATED.search(raw[: _HEADER_BYTES.value])
    return found[1].decode("ascii", "replace").strip() if found else ""


def _codec(stated: str) -> str:
    """The codec of a stated encoding; of Latin-1 the superset that is meant; empty for none, Unicode or ASCII."""
    named = _NAMED.search(stated)
    stated = named[0] if named else stated.replace(" ", "-")
    name = text_codec(stated.replace("ISO Latin", "latin"))
    return "" if name.startswith(_UNICODE_OR_ASCII) else "cp1252" if name == "iso8859-1" else name


def _look(raw: bytes) -> str:
    """The encoding that the bytes look like; empty where they look like none."""
    signs = raw.translate(None, _ASCII).decode("cp1252", "replace")
    western = sum(sign in _WESTERN for sign in signs)
    if len(signs) < FOREIGN_SHARE.value * len(raw) or western >= WESTERN_SHARE.value * len(signs):
        return "cp1252"
    # Read as cp1252, a Western book has letters and quotation marks beyond ASCII; one in Greek or Cyrillic has odd
    # signs instead. Only then is the encoding guessed, which costs a second per megabyte, by a sample.
    best = charset_normalizer.from_bytes(raw[: _SAMPLE_BYTES.value]).best()
    return best.encoding if best else ""


def _same(stated: str, encoding: str) -> bool:
    if stated.lower().replace("unicode ", "").startswith(("utf-8", "utf8", "ascii", "us-ascii", "iso-646-us")):
        return encoding == "utf-8"  # ASCII is UTF-8
    return _codec(stated) == encoding


def unified_lines(text: str) -> str:
    """A text whose lines end in newlines, however they ended, without the end mark of DOS files."""
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        text = re.sub(r"(?<!\r)\r++\n", "\n", text).replace("\r", "\n")
    return text.rstrip("\x1a")
