"""Markup inside a line: HTML elements, bold and italic quotes, magic words, entities, the gaps that removals leave."""

from __future__ import annotations

import html
import re

from filters.wikipedia.aside import GONE
from filters.wikipedia.quantities import lowered, raised

LINE_BREAK = "\x02"
_ITALIC, _BOLD = 2, 3  # quotes in a row; both together are five, of four the first is an apostrophe
_FIRST_PRINTED = " "

_TAG = re.compile(r"<(/?)([A-Za-z]++[1-6]?)(?:([\s/:])[^<>]*+)?>")
_NAMES = frozenset(
    """
    a abbr b bdi bdo big blockquote body caption center cite code col data dd del dfn div dl dt em font h1 h2 h3 h4 h5
    h6 i img ins kbd li link mark meta nobr noinclude nowiki ol onlyinclude p phonos poem q rb rp rt rtc ruby s samp
    small span strike strong sub sup tbody td templatestyles tfoot th thead time tr translate tt tvar u ul var wbr ref
    references gallery includeonly section math pre source syntaxhighlight table languages br hr timeline imagemap graph
    score html head title input form text chem ce mapframe maplink hiero
    """.split()  # noqa: SIM905 -- names of elements read better so
)
_BLOCKS = frozenset("p div blockquote poem center dl ul ol table h1 h2 h3 h4 h5 h6".split())  # noqa: SIM905
_ITEMS = frozenset(("li", "dd", "dt"))
_BREAK = re.compile(r"<[/\\]?\s*+br\b[^<>\n]*+>[ \t]*+\n?", re.IGNORECASE)
_RAISED = re.compile(r"<(su[bp])(?:\s[^<>]*)?>([^<>\n]{0,200})</su[bp]\s*>", re.IGNORECASE)
_HTML_TABLE = re.compile(r"<(/?)table\b[^<>]*>", re.IGNORECASE)
_MAGIC = re.compile(r"__[^\W\d_]{3,}(?:_[^\W\d_]+)?__")
_VARIANT = re.compile(r"-\{((?:[^{}-]++|-(?!\{))*+)\}-")
_QUOTES = re.compile(r"'{2,}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ODD_SPACES = re.compile("[\xad\u2000-\u200b\u200e\u200f\u202a-\u202f\u205f\u2060\u3000\ufeff]")


def plain(text: str) -> str:
    """The text without HTML elements, quotes and magic words, its entities read; line breaks as LINE_BREAK."""
    if "<" in text:
        text = _without_html(text)
    if "''" in text:
        text = "\n".join(_without_bold(line) if "'''" in line else line for line in text.split("\n")).replace("''", "")
    if "__" in text:
        text = _MAGIC.sub("", text)
    if "-{" in text:
        text = _VARIANT.sub(_variant, text)
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if text.isascii():
        return text
    return _ODD_SPACES.sub(lambda odd: " " if odd[0].isspace() else "", text.replace("\xa0", " "))


def _without_html(text: str) -> str:
    text = _BREAK.sub(LINE_BREAK, text)
    text = _drop_html_tables(text)
    text = _RAISED.sub(lambda tag: raised(tag[2]) if tag[1].lower() == "sup" else lowered(tag[2]), text)
    return _TAG.sub(_element, text)


def _element(tag: re.Match[str]) -> str:
    """What stands for a tag: a line's start, an item's mark, nothing; itself where HTML has no such element."""
    # One look-up in a set for each tag: an expression of a hundred names tries all of them at every `<`.
    name = tag[2].lower()
    if name not in _NAMES:
        return tag[0]
    if tag[3] in ("/", ":"):
        return ""
    return "\n* " if name in _ITEMS and not tag[1] else "\n" if name in _BLOCKS else ""


def _drop_html_tables(text: str) -> str:
    """The text without `<table>` elements; of one that is not closed only the tag is removed."""
    # Only a table that closes at depth 0 is cut out, from where the outermost one opened: an unclosed tag cuts nothing.
    out, depth, at, opened = [], 0, 0, 0
    for tag in _HTML_TABLE.finditer(text):
        if not tag[1]:
            opened = tag.start() if depth == 0 else opened
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                out.append(text[at:opened])
                at = tag.end()
    return "".join([*out, text[at:]]) if out else text


def _without_bold(line: str) -> str:
    """A line without bold and italic marks.

    Where bold and italic are both unbalanced, MediaWiki reads one `'''` as an apostrophe and `''`: the first after a
    one-letter word, else after a longer word, else after a space (`dell'''Eneide''`).
    """
    runs = list(_QUOTES.finditer(line))
    bold = sum(len(run[0]) >= _BOLD for run in runs)
    italic = sum(len(run[0]) == _ITALIC or len(run[0]) >= _BOLD + _ITALIC for run in runs)
    apostrophe = _apostrophe(line, runs) if bold % 2 and italic % 2 else -1
    return _QUOTES.sub(lambda run: "'" * (run.start() == apostrophe or _literal(len(run[0]))), line)


def _literal(length: int) -> int:
    """How many apostrophes of a run of quotes are just that."""
    return 1 if length == _BOLD + 1 else max(0, length - _BOLD - _ITALIC)


def _apostrophe(line: str, runs: list[re.Match[str]]) -> int:
    choices: dict[str, int] = {}
    for run in runs:
        if len(run[0]) == _BOLD:
            before = line[max(0, run.start() - 2) : run.start()].rjust(2)
            kind = "space" if before[1] == " " else "letter" if before[0] == " " else "word"
            choices.setdefault(kind, run.start())
    return choices.get("letter", choices.get("word", choices.get("space", -1)))


def _variant(markup: re.Match[str]) -> str:
    """What `-{...}-` shows: its text, or the last of its variants (`-{sr-ec:x; sr-el:y}-`)."""
    variants = [part.partition(":") for part in markup[1].split(";") if part.strip()]
    if not variants or not variants[0][1]:
        return markup[1].rpartition("|")[2]
    return variants[0][2].strip()


def _entity(reference: re.Match[str]) -> str:
    character = html.unescape(reference[0])
    return reference[0] if "\ud800" <= character <= "\udfff" or character < _FIRST_PRINTED else character


_OPENING, _CLOSING = ("(", "[", "（"), (")", "]", "）")
_SEPARATORS = " ,;:/–—-"
_STOPS = tuple(",.;:!?%")


def close_gaps(line: str) -> str:
    """A line (of single spaces) without the marks of what was taken out.

    Brackets with nothing left in them go, and so does one of the commas on both sides of a gap, a separator beside a
    bracket, and the space before a full stop.
    """
    # before[:end] is the text before the current gap, `piece` the text behind it. Spaces at the seam are taken off and
    # at most one is put back, so that a gap never leaves two, and none before a full stop or inside a bracket. The end
    # moves back over what is taken off, which is cut off once: a hundred thousand gaps may follow one long text.
    before, *pieces = line.split(GONE)
    out: list[str] = []
    end, space = len(before), False
    for piece in pieces:
        space = space or before.endswith(" ", 0, end) or piece.startswith(" ")
        end, after = _stripped(before, end, " "), piece.lstrip(" ")
        if before.endswith(_OPENING, 0, end):
            after, space = after.lstrip(_SEPARATORS), False
        if after.startswith(_CLOSING):
            end = _stripped(before, end, _SEPARATORS)
            if before.endswith(_OPENING, 0, end):
                end, after, space = _stripped(before, end - 1, " "), after[1:].lstrip(" "), True
            else:
                space = False
        elif before.endswith((",", ";"), 0, end) and after.startswith((",", ";")):
            after, space = after[1:].lstrip(" "), True
        if after:
            out += [before[:end], " " if space and not after.startswith(_STOPS) else ""]
            before, end, space = after, len(after), False
    return "".join([*out, before[:end]])


def _stripped(text: str, end: int, characters: str) -> int:
    """Where text[:end] ends without these characters at its end."""
    while end and text[end - 1] in characters:
        end -= 1
    return end
