"""Licence headers: the copyright notice and licence text that a source file begins with, out of its comments.

Only a leading comment can be a header, in the comment syntax of the file's own suffix, and of it only the paragraphs
(or lines) that say so go: a description beside the notice stays, as do shebang, encoding line and other directives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus.recipe import cited
from filters.github.comments import Comment, leading_comments, syntax_of

_HINT = re.compile(
    r"copyright|licen[cs]|spdx|\(c\)|©|warrant|redistribut|public domain|is part of|as[ -]is|rights reserved|permission"
    r"|neither the name|in no event|should have received|under the terms|subject to|altered source|of this software"
    r"|merchantab|free software|substantial portions|this file|endorse|by applicable law|contents of|distributed",
    re.IGNORECASE,
)
"""No notice is without one of these: a comment that has none is not looked at further."""

_NOTICE = r"""
      copyright\s*(?:\(c\)|©|&copy;|[0-9]{4}|by\b|:|holders?:)
    | ^[^\w\n]*(?:portions\s+|parts\s+)?copyrights?\b[^\n]*
      (?:[0-9]{4}|\b(?:authors?|contributors?|inc|llc|ltd|corp|gmbh|foundation|project|team|reserved)\b)
    | \(c\)\s*(?:copyright|[0-9]{4})
    | (?:^[^\w\n]*|\|\s*+)\(c\)\s++[^\W\d_]
    | ^[^\w\n©]*+©|©\s*+[0-9]{4}
    | \ball\s+rights\s+reserved
    | \bspdx-(?:license-identifier|filecopyrighttext|file|snippet)
    | @(?:licen[cs]e|copyright)\b
    | ^[^\w\n]*+licen[cs]ed?\s*+(?::|[^\w\n]*+$)
    | \b(?:(?:dual[ -])?licensed|released|(?:re)?distributed|available|published|offered|governed|covered)
      \s+(?:under|by|with)\s+(?:\S+\s+){0,7}?\S*licen[cs]es?\b
    | \bis\s+under\s+(?:\S+\s+){0,4}?licen[cs]e
    | \b(?:use|distribution)\s+(?:is|are)\s+subject\s+to\s+the\b
    | \bunder\s+the\s+(?:same\s+)?terms\s+(?:of|as)\b
    | \b(?:mit|bsd|apache|isc|l?gpl|mpl|zlib|boost|unlicense|wtfpl|cc0)\b[-\w .,/()]{0,20}\blicen[cs]ed?\b
    | \bfor\s+(?:the\s+)?(?:full|more|further)\s+(?:copyright|licen[cs](?:e|ing))\b
    | \bfor\s+(?:the\s+)?(?:copyright\s+and\s+)?licen[cs](?:e|ing)\s+(?:information|details|terms)\b
    | \b(?:see|view|read|found\s+in|refer\s+to|consult|check)\s+(?:\S+\s+){0,5}?
      (?>\S*?(?:licen[cs]e|copying|copyright|notice))\S*+\s+(?:(?:\S+\s+){0,4}?(?:file|files|for|details|terms|information)\b|in\s+the)
    | \b(?:see|view)\s+(?:\S+\s+){0,2}\S*(?:licen[cs]e|copying)(?:\.(?:txt|md|rst))?[^\w\n]*+$
    | \baccompanying\s+(?:file\s+)?\W?licen[cs]e
    | \bthis\s+file\s+is\s+part\s+of\b
    | \bin(?:to)?\s+the\s+public\s+domain\b
    | \bgnu\s+(?:\w+\s+){0,3}public\s+licen[cs]e
    | ^[^\w\n]*(?:\w+[:,]?[ \t]+){0,3}<?https?://(?!\S+\.(?:py|js|ts|go|rb|c|h)\b)
      (?>\S*?(?:licen[cs]e|opensource\.org|copying))\S*+[^\w\n]*+$
    | \bthe\s+(?:\S+\s+){0,3}\(?(?:mit|x11|isc|bsd)\b[^\n]{0,30}licen[cs]e
"""
"""One sentence of a notice: its lines go, their neighbours stay."""

_TERMS = r"""
      permission\s+is\s+(?:hereby\s+)?granted | permission\s+to\s+use,\s+copy
    | redistributions?\s+(?:and\s+use\s+in|of|in)\s+(?:source|binary)
    | neither\s+the\s+names?\s+of
    | \bthis\s+(?:software|program|library|file|code|package|module|work)\s+is\s+
      (?:free\s+software|licensed|subject\s+to|distributed\s+(?:in\s+the\s+hope|under|without))
    | \bprovided\s+(?:\S+\s+){0,8}?["'`“]*as[\s-]+is\b
    | \byou\s+may\s+(?:not\s+use\s+this\s+file|obtain\s+a\s+copy|redistribute)
    | \byou\s+may\s+use\s+this\s+file\s+(?:except|only|under|in)
    | unless\s+required\s+by\s+applicable\s+law
    | licensed\s+to\s+(?:the\s+)?(?:\S+\s+){1,5}under\s+one | contributor\s+licen[cs]e\s+agreements
    | licensed\s+under\s+the\s+(?:\S+\s+){1,6}\(?the\s+["'“]licen[cs]e
    | \babove\s+copyright\s+notice
    | without\s+(?:even\s+the\s+implied\s+|any\s+|express\s+)*warrant(?:y|ies) | merchantability
    | \bin\s+no\s+event\s+(?:shall|will)
    | you\s+should\s+have\s+received\s+a\s+copy
    | subject\s+to\s+the\s+(?:following\s+(?:conditions|restrictions)|mozilla)
    | contents\s+of\s+this\s+file\s+(?:are\s+subject|may\s+be\s+used)
    | (?:altered\s+source\s+versions|origin\s+of\s+this\s+software)\s+must
    | source\s+code\s+form\s+is\s+subject
    | substantial\s+portions\s+of\s+the\s+software
    | may\s+be\s+used\s+to\s+endorse\s+or\s+promote
"""
"""Words of a licence's own text: a paragraph is dropped from the first of them, or of a notice before, to its end."""

_ANY = re.compile(f"{_NOTICE}|{_TERMS}", re.VERBOSE | re.IGNORECASE | re.MULTILINE)
_LONG = re.compile(_TERMS, re.VERBOSE | re.IGNORECASE | re.MULTILINE)

_DIRECTIVE = re.compile(
    r"""\s*(?:
      \#!|\#(?:include|define|ifn?def|if|endif|undef|pragma|compdef|autoload|lang|cloud-config)\b|\#%
    | \S{1,4}\s*(?:-\*-|coding[:=]|vim?:|ex:|frozen_string_literal|shellcheck|pylint|flake8|noqa|type:|mypy:|ruff:
      |@flow|@ts-|eslint|jshint|prettier|biome-|istanbul|nolint|clang-format|swift-tools-version|swiftlint|rubocop
      |phpcs:|syntax=|cython:|distutils:|isort|fmt:|yamllint|yaml-language-server|tslint|globals?\s)
    | //\s*\+build|//go:|///\s*<)""",
    re.VERBOSE | re.IGNORECASE,
)
"""Comment lines that tools read: they stay wherever they stand."""

_HOLDER = re.compile(r"@?copyright\b|\(c\)|©|all rights", re.IGNORECASE)
LONGEST_HEADER_CHARS = cited(1 << 16, "the longest licence in use, the AGPL, has 34,000 characters", "chars")
_WORD = re.compile(r"[^\W_]")
_DECORATION = re.compile(r"^[\s*#/;%!'\"|.\\-]+|[\s*#|]+$")


def remove_licence_header(text: str, *, path: str) -> str:
    """The text without the licence notices of its leading comments; everything else stays as it was.

    Differs: peers cut any leading run of `#`, `//` and `--` lines, whatever the language and whatever it says.
    """
    syntax = syntax_of(path, text)
    if syntax is None:
        return text
    kept: list[str] = []
    done = 0
    for comment in leading_comments(text, syntax):
        body = text[comment.start : comment.end]
        header = len(body) <= LONGEST_HEADER_CHARS.value and _HINT.search(body)
        left = _without_notice(body, comment) if header else body
        if left != body:
            before = text[done : comment.start]
            kept += (before, left)
            done = comment.end if left else _after_gap(text, comment, before)
    return "".join(kept) + text[done:] if kept else text


def _after_gap(text: str, comment: Comment, before: str) -> int:
    """Where the text continues after a completely dropped comment, its line end and a doubled empty line.

    before: what stands between this comment and the one dropped before it, or the start.
    """
    end = comment.end
    if comment.close:
        line_end = text.find("\n", end) + 1 or len(text)
        rest = text[end:line_end]
        if rest.strip():
            return end + len(rest) - len(rest.lstrip())
        if before.rpartition("\n")[2].strip("\ufeff \t"):
            return end
        end = line_end
    if not before.strip("\ufeff \t\r\n") or before.endswith(("\n\n", "\n\r\n")):
        while (line_end := text.find("\n", end)) >= 0 and not text[end:line_end].strip():
            end = line_end + 1
    return end


class _Line(NamedTuple):
    """A line of a comment: as it stands, and what it says, which is nothing for a directive or a separator."""

    text: str
    says: str
    parts: bool

    @classmethod
    def of(cls, text: str, token: str) -> _Line:
        """The line, with the token that begins it and what decorates it left out of what it says."""
        directive = _DIRECTIVE.match(text) is not None
        says = "" if directive else _DECORATION.sub("", text.strip().removeprefix(token))
        says = says if _WORD.search(says) else ""
        return cls(text, says, not says and not directive)


def _without_notice(body: str, comment: Comment) -> str:
    """A comment without its notice; empty if nothing else was said in it."""
    block = bool(comment.close)
    opening, closing = (comment.open, comment.close) if block else ("", "\n" * body.endswith("\n"))
    texts = body[len(opening) : len(body) - len(closing)].split("\n")
    lines = [_Line.of(text, "" if block else comment.open) for text in texts]
    dropped = notice_lines([line.says for line in lines])
    if not dropped:
        return body
    if all(line.parts for at, line in enumerate(lines) if at not in dropped):
        return ""
    return opening + "\n".join(_left(lines, dropped, block)) + closing


def _left(lines: list[_Line], dropped: set[int], block: bool) -> list[str]:
    """The lines that stay, closed up: next to a gap one separator at most, and none at the end of a run of lines."""
    left: list[_Line] = []
    cut = False
    for at, line in enumerate(lines):
        if at in dropped:
            cut = True
            if block and at == 0:
                left.append(_Line("", "", True))
        elif not (cut and line.parts and (not left or left[-1].parts) and at < len(lines) - block):
            left.append(line)
            cut = False
    if cut and block:
        left.append(_Line(" ", "", True))
    while cut and not block and left[-1].parts:
        left.pop()
    return [line.text for line in left]


def notice_lines(lines: list[str]) -> set[int]:
    """Which lines of a comment are copyright notice or licence text; an empty line parts paragraphs."""
    dropped = set(_framed(lines))
    start = 0
    for at, line in enumerate([*lines, ""]):
        if not line:
            dropped |= {start + found for found in _notice_in(lines[start:at])}
            start = at + 1
    return dropped


def _framed(lines: list[str]) -> Iterator[int]:
    """The lines from `BEGIN LICENSE BLOCK` to `END LICENSE BLOCK`."""
    begin = next((at for at, line in enumerate(lines) if "BEGIN LICENSE BLOCK" in line), len(lines))
    end = next((at for at, line in enumerate(lines) if "END LICENSE BLOCK" in line), 0)
    yield from range(begin, end + 1)


def _notice_in(lines: list[str]) -> Iterator[int]:
    """The lines of one paragraph that are notice: all from the first one on where licence terms are among them."""
    paragraph = "\n".join(lines)
    first = _ANY.search(paragraph)
    if first is None:
        return
    if _LONG.search(paragraph):
        yield from range(paragraph.count("\n", 0, first.start()), len(lines))
        return
    reached = (
        -1
    )  # the last line that was given; a match within it begins no run of its own, so each line is looked at once
    for match in _ANY.finditer(paragraph):
        at = paragraph.count("\n", 0, match.start() + len(match.group()) - len(match.group().lstrip()))
        last = paragraph.count("\n", 0, match.end())
        if at > reached:
            yield at
            reached = at
        while reached < last or _goes_on(lines, reached):
            reached += 1
            yield reached


def _goes_on(lines: list[str], at: int) -> bool:
    """Whether the sentence of a line runs into the next."""
    if at + 1 == len(lines) or lines[at].endswith((".", ":")) or _HOLDER.match(lines[at]):
        return False
    return lines[at + 1][:1].islower()
