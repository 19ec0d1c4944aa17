"""Which encoding a book is in, whatever its header says, and whether it is a text."""

from __future__ import annotations

import pytest

from corpus.errors import RecordError
from corpus.readers.books.text import decode_book, unified_lines

RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. " * 40
POLISH = "Zażółć gęślą jaźń, rzekł młynarz, i poszedł ścieżką wśród łąk ku źródłu za górą. " * 40
FRENCH = "Le café était fermé; la boulangère, elle, dormait déjà près du four éteint. " * 40


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param(RUSSIAN, "koi8-r", id="Russian KOI8-R"),
        pytest.param(RUSSIAN, "cp1251", id="Russian cp1251"),
        pytest.param(FRENCH, "cp1252", id="French cp1252"),
        pytest.param(FRENCH, "utf-8", id="French UTF-8"),
        pytest.param(POLISH, "utf-8", id="Polish UTF-8"),
    ],
)
def test_unlabelled_text_is_recognised(text: str, encoding: str) -> None:
    assert decode_book(text.encode(encoding), 0.001)[0] == text


def test_a_label_decides_where_bytes_cannot() -> None:
    raw = b"Character set encoding: ISO-8859-2\n\n" + POLISH.encode("iso8859-2")
    text, meta = decode_book(raw, 0.001)
    assert (text.split("\n\n")[1], meta) == (POLISH, {"encoding": "iso8859-2"})


@pytest.mark.parametrize("label", ["undefined", "hex", "zip", "base64", "unicode_escape", "utf-7", "idna", "rot13"])
def test_a_label_that_is_no_text_encoding_says_nothing(label: str) -> None:
    raw = f"Character set encoding: {label}\n\n".encode() + FRENCH.encode("cp1252")
    text, meta = decode_book(raw, 0.001)
    assert (text.split("\n\n")[1], meta) == (FRENCH, {"encoding": "cp1252", "encoding_stated": label})


def test_utf8_with_a_broken_sequence_stays_utf8() -> None:
    raw = POLISH.encode().replace("źródłu".encode(), b"\xc5 r\xc3\xb3d\xc5\x82u", 1)
    text, meta = decode_book(raw, 0.001)
    assert meta == {"encoding": "utf-8"}
    assert text.count("\ufffd") == 1


def test_bytes_of_no_codec_are_latin() -> None:
    assert decode_book(b"a plain line of text \x81 and so on" * 2 + b"." * 200, 0.1)[1] == {"encoding": "iso8859-1"}


@pytest.mark.parametrize(("controls", "text"), [(1, True), (2, False)], ids=["at the share", "above it"])
def test_share_of_controls_from_both_sides(controls: int, text: bool) -> None:
    raw = b"\x01" * controls + b"a" * (1000 - controls)
    if text:
        assert decode_book(raw, 0.001)[0]
    else:
        with pytest.raises(RecordError, match="binary file"):
            decode_book(raw, 0.001)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\rb\r\rc", "a\nb\n\nc"),
        ("a\r\r\nb", "a\nb"),
        ("a\n\rb", "a\n\nb"),
        ("a\r\n\x1a", "a\n"),
        ("a\fb", "a\fb"),
    ],
)
def test_line_ends(raw: str, text: str) -> None:
    assert unified_lines(raw) == text
