"""What Project Gutenberg and its transcribers put around a book's own text, removed; the book's own text untouched."""

from __future__ import annotations

import re

from corpus.readers.books.gutenberg import GUTENBERG, PARAGRAPH, find_bodies

_I = re.IGNORECASE
_CREDIT = re.compile(
    r"[\s\[(*_]*(?:"
    r"(?:This |The |Original |Project Gutenberg )?(?:e-?text|e-?book|HTML version|text file) (?:was |is |has been )?"
    r"(?:produced|prepared|transcribed|typed|scanned|created|converted|proof|digiti[sz]ed|edited|by\b)"
    r"|(?:Produced|Scanned|Digiti[sz]ed|Typed|Proofed|Prepared|Transcribed) (?:(?:and|&|or) \w+ )?(?:by|for|from)\b"
    r"|This (?:file|text) was (?:produced|prepared|scanned|typed)"
    r"|Note: (?:Project Gutenberg|Images? of|The original|This (?:file|e-?text|e-?book))"
    r"|(?:Updated|HTML version|Proofread(?:ing)?|Images) (?:by|provided by)\b"
    r"|This is a COPYRIGHTED Project Gutenberg)",
    _I,
)
_LINKED = re.compile(r"https?://|www\.\w|\w@\w+\.\w|Distributed Proofread|Project Gutenberg", _I)
_NOTE_BY = r"(?:(?:Original |Etext |Project Gutenberg )?(?:Transcrib|Prepar|Proofread)er(?:['’]?s['’]?)?|Editorial)"
_NOTE = re.compile(rf"[\s\[(*_]*{_NOTE_BY} (?:End)?-?Notes?\b|[\s\[(*_]*TN:", _I)
_HEADING = re.compile(rf"[\s*_]*{_NOTE_BY} (?:End)?-?Notes?[\s:.*_]*\Z", _I)
_CLOSING_NOTE = re.compile(rf"^[ \t*_]*\[?{_NOTE_BY} (?:End)?-?Notes?\b", re.MULTILINE | _I)
_BRACKETED = re.compile(r"\[((?:[^\[\]]++|\[[^\[\]]*+\])*+)\]")
_IN_BRACKETS = re.compile(
    rf"\s*(?:{_NOTE_BY} Notes?\b|TN:|(?:Editor['’]?s )?Note:.*?(?:e-?text|e-?book|electronic text|Project Gutenberg))",
    _I | re.DOTALL,
)
_INNER_LICENCE = re.compile(r"<<\s*THIS ELECTRONIC VERSION[^>]{0,2000}>>", _I)


def remove_licence(text: str) -> str:
    """A text without the headers, licences and footers of Project Gutenberg, nor the licence blocks inside a book."""
    text = "\n\n".join(text[start:end].strip("\n") for start, end in find_bodies(text))
    return _INNER_LICENCE.sub("", text) if "<<" in text else text


def remove_credits(text: str, *, collection: str, opening_paragraphs: int) -> str:
    """A text without the credits and notes of those who made the file, as far as they stand at its start.

    Only the first opening_paragraphs are looked at, and only in books of the collection GUTENBERG.
    """
    if collection != GUTENBERG:
        return text
    cuts = []
    at = 0
    for _number in range(opening_paragraphs):
        paragraph = PARAGRAPH.search(text, at)
        if paragraph is None:
            break
        at = paragraph.end()
        if _is_makers(paragraph[0]):
            at = _note_end(text, paragraph)
            cuts.append((paragraph.start(), _next_paragraph(text, at)))
    return _without(text, cuts)


def _is_makers(paragraph: str) -> bool:
    return bool(_NOTE.match(paragraph) or _CREDIT.match(paragraph) or _LINKED.search(paragraph))


def _next_paragraph(text: str, at: int) -> int:
    following = PARAGRAPH.search(text, at)
    return following.start() if following else len(text)


def _without(text: str, cuts: list[tuple[int, int]]) -> str:
    starts, ends = [0, *(end for _start, end in cuts)], [*(start for start, _end in cuts), len(text)]
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True)).rstrip("\n") if cuts else text


def _note_end(text: str, note: re.Match[str]) -> int:
    """Where a credit or note ends: it continues in paragraphs indented as its last line, or to its closing bracket."""
    if note[0].lstrip().startswith("["):
        bracketed = _BRACKETED.match(text, text.index("[", note.start()))
        return max(note.end(), bracketed.end() if bracketed else 0)
    end, indent = note.end(), _indent(note[0].rstrip().rsplit("\n", 1)[-1])
    following = PARAGRAPH.search(text, end)
    if following and _HEADING.match(note[0]):
        end, indent = following.end(), _indent(following[0])
        following = PARAGRAPH.search(text, end)
    while following and indent and _indent(following[0]) == indent:
        end = following.end()
        following = PARAGRAPH.search(text, end)
    return end


def _indent(paragraph: str) -> int:
    return len(paragraph) - len(paragraph.lstrip(" "))


def remove_notes(text: str, *, closing_share: float) -> str:
    """A text without transcribers' notes: in brackets anywhere, and from their heading on in its last part.

    closing_share: a heading within this share of the text, counted from its end, starts the closing notes.
    """
    if "[" in text:
        text = _BRACKETED.sub(lambda found: "" if _IN_BRACKETS.match(found[1]) else found[0], text)
    closing = _CLOSING_NOTE.search(text, int(len(text) * (1 - closing_share)))
    return text[: closing.start()].rstrip() if closing else text


def is_blank(text: str) -> bool:
    """Whether nothing of a book is left."""
    return not text or text.isspace()
