"""Where Project Gutenberg's own words stand in one of its files, and what its header says of the book.

Since 1971 the wording has changed many times. All marks of the last thirty years are lines that name Project Gutenberg;
files of 1991 to 2003 end their header with the end of the "small print" instead; the oldest have no mark at all, only
paragraphs about etexts before the book begins. A file may hold several books, each with its own header and licence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus.recipe import cited

HEADER_CHARS = cited(40_000, "no header is longer: the longest small print is about 14,000 characters", "chars")

PARAGRAPH = re.compile(r"^(?:[^\S\n]*+\S[^\n]*+(?:\n|\Z))+", re.MULTILINE)
"""Lines up to the next blank one."""

GUTENBERG = "gutenberg"
"""The value of the field `collection` of a book that begins as Project Gutenberg's files do."""

_I = re.IGNORECASE
_NAME = re.compile(r"G(?:utenberg|UTENBERG)")
_HEADER_ENDS = re.compile(r"[^\w\n]{0,20}START OF (?:THE |THIS )?PROJECT GUTENBERG(?:'S|’S)? ?E-?(?:BOOK|TEXT)", _I)
_SMALL_PRINT = "THE SMALL PRINT!"
_SMALL_PRINT_ENDS = re.compile(rf"^.{{0,8}}\bEND ?[*]* ?{_SMALL_PRINT}.*$", re.MULTILINE)
_FOOTER_STARTS = re.compile(
    r"[^\w\n]{0,20}(?:END|ENDE|FIN|FINE|FIM|EINDE|SLUT|SLUTT|LOPPU)\b[^\n]{0,40}?\bPROJE[CK]T GUTENBERG"
    r"|[^\w\n]{0,20}(?:START: )?(?:THE )?FULL PROJECT GUTENBERG(?:-TM|™)? LICEN[SC]E"
    r"|This (?:site|website) is full of FREE e-?books\b.*Project Gutenberg",
    _I,
)
_OPENING = re.compile(r"[^\w\n]{0,20}(?:This is )?(?:the |a )?(?:official )?Project Gutenberg\b", _I)
_ABOUT_ETEXTS = re.compile(
    r"Project Gutenberg|\be-?texts?\b|\be-?books?\b|small print|public domain|Michael S\. Hart|Plain Vanilla"
    r"|^(?:Title|Author|Language|Editor|Translator|Release Date|Date|Edition|Character set encoding): ",
    _I | re.MULTILINE,
)
_GAP_CHARS = cited(1500, "in a header without marks, from one paragraph about etexts to the next", "chars")
_OPENING_CHARS = cited(2000, "Project Gutenberg names itself in the first lines of its files", "chars")
_MARK_CHARS = cited(400, "a title wrapped over some lines, from the start of its mark to the closing stars", "chars")

_FIELD = re.compile(r"^(Title|Author|Language): *(\S.*(?:\n[ \t]+\S.*)*)", re.MULTILINE | _I)
_NUMBER = re.compile(r"\[(?:E-?(?:book|text)) ?#? ?(\d{1,6})\]|START OF THE PROJECT GUTENBERG EBOOK (\d{1,6}) \*", _I)


class _Mark(NamedTuple):
    start: int
    end: int
    ends_header: bool


def is_gutenberg(text: str) -> bool:
    """Whether a text begins as Project Gutenberg's files do."""
    return any(_OPENING.match(line) or _HEADER_ENDS.match(line) for line in text[: _OPENING_CHARS.value].split("\n"))


def find_bodies(text: str) -> list[tuple[int, int]]:
    """Start and end of each stretch of a text that is a book's own, without headers, licences and footers.

    One for most files; the whole text where no mark is found.
    """
    bodies: list[tuple[int, int]] = []
    start: int | None = 0
    for mark in _marks(text):
        if start is not None and (not mark.ends_header or mark.start - start > HEADER_CHARS.value):
            bodies.append((start, mark.start))
        start = mark.end if mark.ends_header else None
    if start is not None:
        bodies.append((start, len(text)))
    return [(first, last) for first, last in bodies if text[first:last].strip()]


def _marks(text: str) -> list[_Mark]:
    named = list(_named_marks(text))
    header = text[: HEADER_CHARS.value]
    small_print = _SMALL_PRINT_ENDS.finditer(header) if _SMALL_PRINT in header else ()
    marks = sorted(named + [_Mark(*found.span(), True) for found in small_print])
    if not any(mark.ends_header for mark in marks) and is_gutenberg(text):
        marks = [_Mark(0, _unmarked_header_end(text[: marks[0].start if marks else HEADER_CHARS.value]), True), *marks]
    return sorted(marks)


def _named_marks(text: str) -> Iterator[_Mark]:
    for found in _NAME.finditer(text):
        start = text.rfind("\n", 0, found.start()) + 1
        if _HEADER_ENDS.match(text, start):
            yield _Mark(start, _mark_end(text, start), True)
        elif _FOOTER_STARTS.match(text, start):
            yield _Mark(start, _line_end(text, start), False)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _mark_end(text: str, start: int) -> int:
    """The end of a mark that a long title may have wrapped over some lines of one paragraph."""
    end = _line_end(text, start)
    paragraph = PARAGRAPH.match(text, start, end + _MARK_CHARS.value)
    if paragraph is None or text[start:end].rstrip().endswith("*"):
        return end
    closed = text.find("***", end, paragraph.end())
    return end if closed < 0 else _line_end(text, closed)


def _unmarked_header_end(text: str) -> int:
    """The end of the last paragraph about etexts that no long stretch of other text parts from those before."""
    end = 0
    for paragraph in PARAGRAPH.finditer(text, 0, HEADER_CHARS.value):
        if _ABOUT_ETEXTS.search(paragraph[0]):
            end = paragraph.end()
        elif paragraph.end() - end > _GAP_CHARS.value:
            break
    return end


def header_fields(text: str) -> dict[str, str]:
    """What the header says: title, author, language and ebook (the number), where it does."""
    first, _last = next(iter(find_bodies(text)), (0, 0))
    header = text[: min(first or HEADER_CHARS.value, HEADER_CHARS.value)]
    found = {name.lower(): " ".join(value.split()) for name, value in reversed(_FIELD.findall(header))}
    number = _NUMBER.search(header)
    return found | ({"ebook": number[1] or number[2]} if number else {})
