"""The characters of LaTeX files: as declared, as detected, and never a file lost to one odd byte."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

_DECLARED = re.compile(
    rb"^[^%\n]*?\\(?:usepackage\s*\[([^\]]{0,999})\]\s*\{inputenc\}|inputencoding\s*\{([^{}]*)\})", re.MULTILINE
)

CODECS = {
    "utf8": "utf-8", "utf8x": "utf-8", "ascii": "ascii", "latin1": "cp1252", "latin2": "iso8859-2",
    "latin3": "iso8859-3", "latin4": "iso8859-4", "latin5": "iso8859-9", "latin9": "iso8859-15",
    "latin10": "iso8859-16", "ansinew": "cp1252", "cp1252": "cp1252", "cp1250": "cp1250", "cp1251": "cp1251",
    "cp1257": "cp1257", "cp437": "cp437", "cp437de": "cp437", "cp850": "cp850", "cp852": "cp852", "cp855": "cp855",
    "cp858": "cp858", "cp865": "cp865", "cp866": "cp866", "applemac": "mac-roman", "koi8-r": "koi8-r",
    "koi8-u": "koi8-u", "decmulti": "latin-1", "gbk": "gb18030", "gb18030": "gb18030",
}  # fmt: skip
"""inputenc's names for encodings, as Python calls them. What is declared latin1 is mostly written in cp1252."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


def declared_encoding(files: Iterable[bytes]) -> str:
    """The codec of the first file that declares one with inputenc; empty where none does."""
    for data in files:
        if b"inputenc" not in data:
            continue
        for options, command in _DECLARED.findall(data):
            for name in (options or command).split(b","):
                if codec := CODECS.get(name.strip().decode("latin-1").lower()):
                    return codec
    return ""


def decode_latex(data: bytes, declared: str = "") -> str:
    """The text of a LaTeX file, line ends as newlines.

    A byte order mark decides, then valid UTF-8, then what is declared. A file that is UTF-8 but for odd bytes is read
    as UTF-8 with those as cp1252; anything else is cp1252, and latin-1 where that has no character: every byte is read.
    """
    text = _decoded(data, declared)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _decoded(data: bytes, declared: str) -> str:
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if declared not in ("", "utf-8", "ascii"):
        return data.decode(declared, _ODD)
    in_utf8 = sum(len(sequence) for sequence in _MULTIBYTE.findall(data))
    if in_utf8 * 2 > len(_HIGH.findall(data)):
        return data.decode("utf-8", _ODD)
    return data.decode("cp1252", _ODD)


_ODD = "llama_corpus_odd_byte"


def _odd_byte(error: UnicodeError) -> tuple[str, int]:
    """One undecodable byte as cp1252 or, where that has none, latin-1 reads it."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start : error.start + 1]
    try:
        return byte.decode("cp1252"), error.start + 1
    except UnicodeDecodeError:
        return byte.decode("latin-1"), error.start + 1


codecs.register_error(_ODD, _odd_byte)
