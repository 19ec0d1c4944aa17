"""Lines to text: headings, paragraphs, lists; sections that are not prose and headings without anything below them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from corpus.recipe import cited
from filters.wikipedia.aside import GONE
from filters.wikipedia.inline import LINE_BREAK, close_gaps
from filters.wikipedia.links import is_mostly_link, without_link_marks
from filters.wikipedia.names import LINKS, SECTIONS
from filters.wikipedia.residue import is_suspect, without_residue

HEADING, PARAGRAPH, ITEM, LINE = "heading", "paragraph", "item", "line"

_ITEM = re.compile(r"([*#:;]+)\s*(.*)", re.DOTALL)
_RULE = re.compile(r"-{4,}")
_TABLE_LINE = re.compile(r"\s*(?:\|[-+}]|\{\||\|(?!\|)|!.*!!)")
_NOTHING_SAID = re.compile(r"[\W_]*$")
_INDENT = "  "


class Block(NamedTuple):
    """A heading (level 1 to 6), a paragraph, an item of a list (level is its depth), or an indented line."""

    kind: str
    level: int
    text: str


def text_of(wikitext: str, sections_dropped: Iterable[str], link_note_chars: int) -> str:
    """The blocks of a page as text: an empty line between blocks, items and indented lines on lines of their own.

    Args:
        wikitext: what is left when templates, links and inline markup have been read.
        sections_dropped: kinds of sections that go (see SECTIONS); of `links`, only what is little more than a link.
        link_note_chars: what an entry of a section of links must say beside its link to stay.
    """
    kinds = _kinds(tuple(sections_dropped))
    out: list[str] = []
    previous = ""
    for block in _with_something_below(list(_without_sections(blocks(wikitext), kinds, link_note_chars))):
        if out:
            out.append("\n" if block.kind == previous and previous in (ITEM, LINE) else "\n\n")
        out.append(block.text)
        previous = block.kind
    return without_link_marks("".join(out))


@cache
def _kinds(sections: tuple[str, ...]) -> dict[str, str]:
    return {title: kind for kind in sections for title in SECTIONS[kind]}


def blocks(wikitext: str) -> Iterator[Block]:
    """The blocks of a page, in order; lines of one paragraph are joined by spaces."""
    paragraph: list[str] = []
    numbers: list[int] = []
    suspect = is_suspect(wikitext)
    for line in wikitext.split("\n"):
        if suspect:
            if _TABLE_LINE.match(line):
                continue
            line = without_residue(line)
        block = _block(line, numbers)
        if block is None:
            text = _tidy(line)
            if text:
                paragraph.append(text)
                continue
        if paragraph:
            yield Block(PARAGRAPH, 0, " ".join(paragraph))
            paragraph = []
        if block is not None and block.text:
            yield block
    if paragraph:
        yield Block(PARAGRAPH, 0, " ".join(paragraph))


def _block(line: str, numbers: list[int]) -> Block | None:
    """The heading, item or indented line that a line is; None for one of a paragraph, an empty block for a rule."""
    first = line[:1]
    if first in "*#:;" and first:
        return _item(line, numbers)
    numbers.clear()
    if first == "=":
        heading = _heading(line.rstrip(" \x01"))
        if heading:
            return heading
    elif first == " ":
        text = _tidy(line)
        return Block(LINE, 0, " " * (len(line) - len(line.lstrip(" ")) - 1) + text) if text else None
    elif first == "-" and _RULE.match(line):
        return Block(PARAGRAPH, 0, "")
    return None


def _heading(line: str) -> Block | None:
    """The heading that a line is, between equal numbers of equals signs, at most six; None for a line that is none."""
    line = line.rstrip()
    opening, closing = len(line) - len(line.lstrip("=")), len(line) - len(line.rstrip("="))
    level = min(opening, closing, len(line) // 2, _LOWEST_LEVEL.value)
    return Block(HEADING, level, _tidy(line[level:-level].strip())) if level else None


def _item(line: str, numbers: list[int]) -> Block:
    """An item: `*` as a dash, `#` with its number, `:` and `;` as they read; deeper items are indented."""
    match = _ITEM.match(line)
    marks, content = (match[1], match[2]) if match else ("", line)
    text = _tidy(content)
    if not text:
        return Block(ITEM, 0, "")
    depth = len(marks)
    del numbers[depth:]
    numbers.extend([0] * (depth - len(numbers)))
    sign = ""
    if marks[-1] == "#":
        numbers[-1] += 1
        sign = f"{numbers[-1]}. "
    elif marks[-1] == "*":
        sign = "- "
    indent = _INDENT * (marks.count("*") + marks.count("#") - 1) if sign else ""
    return Block(ITEM if sign else PARAGRAPH, depth, f"{indent}{sign}{text}")


def _tidy(line: str) -> str:
    """A line's text without gaps and doubled spaces; empty where it says nothing."""
    if "  " in line or "\t" in line:
        line = " ".join(line.split())
    if GONE in line:
        line = close_gaps(line)
    if LINE_BREAK in line:
        line = "\n".join(filter(None, map(str.strip, line.split(LINE_BREAK))))
    line = line.strip()
    return "" if _NOTHING_SAID.match(line) and "\x00" not in line else line


def _without_sections(page: Iterator[Block], kinds: dict[str, str], link_note_chars: int) -> Iterator[Block]:
    """The blocks outside the sections that go; kinds names them by title (lower case)."""
    inside, kind = 0, ""
    for block in page:
        if block.kind == HEADING and not (inside and block.level > inside):
            kind = kinds.get(without_link_marks(block.text).strip(" :.").lower(), "")
            inside = block.level if kind else 0
        if not inside or (kind == LINKS and not is_mostly_link(block.text, link_note_chars)):
            yield block


def _with_something_below(page: list[Block]) -> list[Block]:
    """The blocks without headings that have nothing below them but headings of the same or a higher rank."""
    kept: list[Block] = []
    below = 0
    for block in reversed(page):
        if block.kind == HEADING:
            if block.level >= below:
                continue
            below = block.level
        else:
            below = _BODY
        kept.append(block)
    return kept[::-1]


_LOWEST_LEVEL = cited(6, "HTML has headings of six levels; MediaWiki reads no more equals signs", "level", "peer")
_BODY = 7  # below any heading's level
