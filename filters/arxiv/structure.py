"""A paper's text proper: from its first section to its end, without the bibliography."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from filters.arxiv.tokens import GROUP, group_end, is_escaped

_VERBATIM = re.compile(
    r"\\begin\{(verbatim\*?|Verbatim\*?|lstlisting|minted)\}.*?(?:\\end\{\1\}|\Z)"
    r"|\\(?:verb|lstinline)(?![a-zA-Z])\*?([^\w\s{])[^\n]{0,999}?\2",
    re.DOTALL,
)
_BEGIN = re.compile(r"\\begin[ \t]*\{document\}")
_END = re.compile(r"\\end[ \t]*\{document\}|\\(?:bye|enddocument)(?![a-zA-Z])")
_TITLE_ENDS = re.compile(r"\\(?:maketitle|endabstract)(?![a-zA-Z])|\\end\{(?:abstract|frontmatter|titlepage)\}")
_ABSTRACT_COMMAND = re.compile(r"\\abstract[ \t\n]*(?=\{)")

_BIBLIOGRAPHY = re.compile(
    r"\\begin\{(thebibliography|references|biblist\*?|bibdiv|chapthebibliography|refcontext|bibunit)\}"
    r"|\\(?:no)?bibliography(?=\s*\{)|\\bibliographystyle(?=\s*\{)|\\(?:addbibresource|putbib|nocite)(?=\s*[\[{])"
    r"|\\(?:printbibliography|printbibheading|PrintBibliography)(?![a-zA-Z])"
    r"|\\input[ \t]*\{[^{}]*\.bbl\}"
)
_OPTIONS = re.compile(r"\s*(?:\[[^\]]{0,999}\])?")
_HEADING = re.compile(
    r"\\(part|chapter|section|subsection|subsubsection)\*?[ \t]*+(?:\[[^\]]{0,999}\])?[ \t\n]*+(?=\{)"
)
_APPENDIX = re.compile(r"\\(?:appendix(?:page)?(?![a-zA-Z])|begin\{appendi(?:x|ces)\})")
_LEVELS = {"part": 0, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4}


class Start(NamedTuple):
    """Where a paper's text starts, and at what: a section, or for want of one the title, the document or the file."""

    at: int
    what: str


def find_start(text: str, *, headings: Sequence[str]) -> Start:
    """Where a paper's text starts, in a text without comments.

    Args:
        headings: the commands that start a section, without backslash and star.
    """
    shown = hide_verbatim(text)
    begin = _first(_BEGIN, shown, 0)
    start = begin.end() if begin else 0
    if first := _first(_commands(headings), shown, start):
        return Start(first.start(), "section")
    title = max((match.end() for match in _TITLE_ENDS.finditer(shown, start)), default=0)
    end = max(title, _abstract_end(shown, start))
    if end > start and _WORDS.search(shown, end, find_end(text, end)):
        return Start(end, "title")
    return Start(start, "document" if begin else "file")


_WORDS = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}+\s++[^\W\d_]{2}")


def find_end(text: str, start: int) -> int:
    """Where the document ends."""
    match = _first(_END, hide_verbatim(text), start)
    return match.start() if match else len(text)


@lru_cache(maxsize=1)  # a paper's, which three look at
def hide_verbatim(text: str) -> str:
    """The text with blanks where it is verbatim."""
    return _VERBATIM.sub(lambda match: " " * len(match[0]), text)


def _abstract_end(text: str, start: int) -> int:
    """Where an `\\abstract{...}` ends; 0 without one."""
    match = _ABSTRACT_COMMAND.search(text, start)
    return max(0, group_end(text, match.end())) if match else 0


def _commands(names: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\\(?:{'|'.join(re.escape(name) for name in names)})\*?[ \t\n]*(?=[\[{{])")


def _first(pattern: re.Pattern[str], text: str, start: int) -> re.Match[str] | None:
    """The first match that does not begin with the second half of a `\\\\`."""
    return next((match for match in pattern.finditer(text, start) if not is_escaped(text, match.start())), None)


def remove_bibliography(text: str, *, titles: Sequence[str]) -> tuple[str, str]:
    """A text without its bibliography, and what was taken out.

    Out go the environments and commands that hold or fetch one, and the sections with one of the titles (their heading
    over one of those, or a list of references set by hand).
    """
    shown = hide_verbatim(text)
    return _cut(text, sorted([*_bibliography_spans(shown), *_titled_spans(shown, titles)]))


def _bibliography_spans(text: str) -> list[tuple[int, int]]:
    spans = []
    pos = 0
    while match := _first(_BIBLIOGRAPHY, text, pos):
        pos = _bibliography_end(text, match)
        spans.append((match.start(), pos))
    return spans


def _bibliography_end(text: str, match: re.Match[str]) -> int:
    """Where an environment or a command with its arguments ends; an unclosed bibliography ends with the paper."""
    if match[1]:
        mark = rf"\end{{{match[1]}}}"
        end = text.find(mark, match.end())
        return end + len(mark) if end >= 0 else len(text)
    options = _OPTIONS.match(text, match.end())
    at = options.end() if options else match.end()
    group = None if "rint" in match[0] else GROUP.match(text, at)
    return group.end() if group else at


def _titled_spans(text: str, titles: Sequence[str]) -> list[tuple[int, int]]:
    """The sections that are titled as a bibliography: to the next heading as high, the appendix or the end."""
    spans = []
    headings = list(_HEADING.finditer(text))
    appendices = [match.start() for match in _APPENDIX.finditer(text)] + [len(text)]
    for at, match in enumerate(headings):
        title = GROUP.match(text, match.end())
        if title is None or _plain(title[1]) not in titles:
            continue
        level = _LEVELS[match[1]]
        after = (headings[later] for later in range(at + 1, len(headings)))
        later = next((other.start() for other in after if _LEVELS[other[1]] <= level), len(text))
        spans.append((match.start(), min(later, appendices[bisect_left(appendices, match.end())])))
    return spans


def _plain(title: str) -> str:
    """The words of a title, lower-case."""
    words = re.sub(r"\\[a-zA-Z]+\*?|[{}~]|\\.", " ", title)
    return " ".join(words.lower().split()).strip(" .:")


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, str]:
    """A text without some stretches, each with the line and the paragraph it leaves empty; and the stretches."""
    kept, removed, pos = [], [], 0
    for start, end in spans:
        if end <= pos:
            continue
        kept.append(text[pos : max(start, pos)])
        removed.append(text[max(start, pos) : end])
        pos = end
        if _starts_line(text, start) and (blank := _EMPTIED.match(text, end)):
            pos = blank.end()
    return "".join([*kept, text[pos:]]), "".join(removed)


def _starts_line(text: str, at: int) -> bool:
    """Whether only blanks stand before a place on its line."""
    while at and text[at - 1] != "\n":
        at -= 1
        if not text[at].isspace():
            return False
    return True


_EMPTIED = re.compile(r"[ \t]*\n(?:[ \t]*\n)*")
