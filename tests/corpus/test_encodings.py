"""Which names of encodings are taken, and that no bytes make a listed one fail."""

from __future__ import annotations

import codecs
import encodings
import pkgutil
import random

import pytest
from resiliparse.parse.encoding import bytes_to_str

from corpus.encodings import TEXT_CODECS, text_codec

NOT_TEXT = {
    "base64_codec", "bz2_codec", "charmap", "hex_codec", "idna", "mbcs", "oem", "punycode", "quopri_codec",
    "raw_unicode_escape", "rot_13", "undefined", "unicode_escape", "utf_7", "uu_codec", "zlib_codec",
}  # fmt: skip


def test_each_of_pythons_codecs_is_listed_or_known_to_be_none() -> None:
    modules = {module.name for module in pkgutil.iter_modules(encodings.__path__)} - {"aliases"}
    assert modules == TEXT_CODECS | NOT_TEXT
    assert not TEXT_CODECS & NOT_TEXT


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("ISO-8859-1", "iso8859-1"), ("latin1", "iso8859-1"), ("utf8", "utf-8"), ("UTF-8", "utf-8"),
        ("windows-1252", "cp1252"), ("Shift_JIS", "shift_jis"), ("x-sjis", ""), ("koi8-r", "koi8-r"),
        ("ks_c_5601-1987", "euc_kr"), ("macintosh", "mac-roman"), ("", ""), (" utf-8 ", "utf-8"),
    ],
)  # fmt: skip
def test_a_name_is_taken_as_python_takes_it(name: str, codec: str) -> None:
    assert text_codec(name) == codec


@pytest.mark.parametrize("module", sorted(TEXT_CODECS))
def test_the_name_is_the_one_in_pythons_registry(module: str) -> None:
    assert text_codec(module) == codecs.lookup(module).name


@pytest.mark.parametrize(
    "name",
    [
        "hex", "zip", "zlib", "base64", "bz2", "undefined", "rot13", "uu", "quopri", "unicode_escape", "idna", "utf-7",
        "charmap", "aliases", "a\0b", "\ud800", "../os", "os.path", "utf-8" * 10_000_000, "kötü", "string_escape",
    ],
    ids=lambda name: ascii(name[:20]),
)  # fmt: skip
def test_what_is_no_text_encoding_is_none(name: str) -> None:
    assert text_codec(name) == ""


@pytest.mark.parametrize("module", sorted(TEXT_CODECS))
def test_no_bytes_make_a_listed_codec_fail(module: str) -> None:
    bytes_of = random.Random(0).randbytes
    for raw in (b"", b"\xff", b"\xd8", b"\x1b$B", b"~{", bytes(range(256)) * 4, *(bytes_of(99) for _ in range(200))):
        bytes_to_str(raw, text_codec(module), errors="replace").encode()
        raw.decode(text_codec(module), "replace").encode()
