"""Removing comments: from % to where TeX continues to read, and the environments that comment."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from filters.arxiv.tokens import (
    LONGEST_ADDRESS_CHARS,
    MOST_NAMES,
    GroupEnds,
    is_escaped,
    last_word,
    verbatim_environments,
)

_COMMENTS = re.compile(r"(?:%[^\n]*(?:\n[ \t]*|\Z))+")
_COMMENT_LINES = re.compile(r"(?:[ \t]*+%[^\n]*+(?:\n|\Z))+")
_END = re.compile(r"\\end[ \t]*+\{([^{}\\]+)\}")
_EXCLUDED = re.compile(r"\\excludecomment\s*\{([^{}\\]+)\}")
_INCLUDED = re.compile(r"\\includecomment\s*\{([^{}\\]+)\}")
_OPTIONS = re.compile(r"\s*(?:\[[^\]]{0,999}\])?\s*")


class Environments(NamedTuple):
    """The names of a paper's environments that are comments, that an author included again, and that are verbatim."""

    comments: frozenset[str]
    included: frozenset[str]
    verbatim: frozenset[str]


def environments_of(*texts: str) -> Environments:
    """What the files of one paper say of environments: what one of them declares holds in all."""
    included = _names(_INCLUDED, texts)
    return Environments((_names(_EXCLUDED, texts) | {"comment"}) - included, included, verbatim_environments(*texts))


def _names(declaration: re.Pattern[str], texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset([name for text in texts for name in declaration.findall(text)][: MOST_NAMES.value])


def remove_comments(text: str, environments: Environments | None = None) -> str:
    """The text without its comments, so that TeX reads the same.

    A line that is all comment is dropped with its line end. After a blank, a comment is dropped and the line end stays;
    after anything else the line end is dropped too, as TeX skips it, and the next line's indentation.

    Args:
        environments: those of the paper that the text is a file of; None takes what the text itself declares.
    """
    comments, included, verbatim = environments or environments_of(text)
    if "%" not in text and "comment" not in text and comments | included == {"comment"}:
        return text
    if included:  # the lines that begin and end them are comments, what is between stays
        text = re.sub(rf"\\(?:begin|end)\{{(?:{_alternatives(included)})\}}[^\n]*", "%", text)
    stop = _stops(comments | verbatim)
    ends, groups = _Ends(text), GroupEnds(text)
    out: list[str] = []
    pos = search = 0
    while match := stop.search(text, search):
        start = match.start()
        if is_escaped(text, start):
            search = start + 1
        elif text[start] == "%":
            pos = search = _drop_comment(text, pos, start, out)
        elif match["environment"]:
            end = ends.after(match.end(), match["environment"])
            if end < 0:
                search = match.end()
            elif match["environment"] in comments:
                pos = search = _drop_environment(text, pos, match, end, out)
            else:
                search = end
        else:
            search = _verbatim_end(text, match, groups)
    out.append(text[pos:])
    return "".join(out)


def _alternatives(names: set[str] | frozenset[str]) -> str:
    return "|".join(map(re.escape, sorted(names)))


def _stops(environments: set[str] | frozenset[str]) -> re.Pattern[str]:
    names = _alternatives(environments - {"filecontents", "filecontents*"})
    return re.compile(
        rf"%|\\(?:begin[ \t]*\{{(?P<environment>{names})\}}"
        r"|(?P<verb>(?:verb|Verb|lstinline)(?![a-zA-Z])\*?)|(?P<address>(?:url|path|nolinkurl|href)(?![a-zA-Z])))"
    )


def _drop_comment(text: str, pos: int, start: int, out: list[str]) -> int:
    """Write what stands before the comment at start; where to go on."""
    before = text[pos:start]
    bare = before.rstrip(" \t")
    if text[pos + len(bare) - 1 : pos + len(bare)] in ("\n", "") and (
        lines := _COMMENT_LINES.match(text, pos + len(bare))
    ):
        out.append(bare)
        return lines.end()
    if len(bare) < len(before) or last_word(bare):
        out.append(bare + " " if is_escaped(before, len(bare)) else bare)
        line_end = text.find("\n", start)
        return len(text) if line_end < 0 else line_end
    out.append(before)
    comments = _COMMENTS.match(text, start)
    end = comments.end() if comments else len(text)
    return text.rfind("\n", start, end) if text[end : end + 1] == "\n" else end


class _Ends:
    """Every \\end{...} of a text by the name of its environment; looked for once, when the first is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._inside: dict[str, list[int]] | None = None
        self._alone: dict[str, list[int]] = {}

    def after(self, pos: int, name: str) -> int:
        """Where an environment's next end stands: one with its line's start, else one within a line; -1 for none."""
        if self._inside is None:
            self._inside = self._find()
        for places in (self._alone.get(name, []), self._inside.get(name, [])):
            at = bisect_left(places, pos)
            if at < len(places):
                return places[at]
        return -1

    def _find(self) -> dict[str, list[int]]:
        inside: dict[str, list[int]] = {}
        read, newline, seen = 0, -1, -2
        for end in _END.finditer(self._text):
            newline = max(newline, self._text.rfind("\n", read, end.start()))
            inside.setdefault(end[1], []).append(end.start())
            if newline != seen and not self._text[newline + 1 : end.start()].strip(" \t"):
                self._alone.setdefault(end[1], []).append(newline + 1)
            read, seen = end.start(), newline
        return inside


def _drop_environment(text: str, pos: int, match: re.Match[str], end: int, out: list[str]) -> int:
    """Write what stands before a comment environment; where to go on."""
    line_start = text.rfind("\n", 0, match.start()) + 1
    line_end = text.find("\n", end)
    line_end = line_end if line_end >= 0 else len(text)
    if line_start >= pos and not text[line_start : match.start()].strip(" \t"):
        out.append(text[pos:line_start])
        return min(line_end + 1, len(text))
    out.append(text[pos : match.start()])
    return line_end


def _verbatim_end(text: str, match: re.Match[str], groups: GroupEnds) -> int:
    """Where the verbatim argument of a command ends."""
    end = match.end()
    options = _OPTIONS.match(text, end) if not match["verb"] or match["verb"] == "lstinline" else None
    start = options.end() if options else end
    if match["address"] or (text[start : start + 1] == "{" and match["verb"] != "verb"):
        close = groups.end(start, LONGEST_ADDRESS_CHARS.value) if text.startswith("{", start) else -1
        return close if close > 0 else end
    line_end = text.find("\n", start, start + LONGEST_ADDRESS_CHARS.value)
    line_end = line_end if line_end >= 0 else start + LONGEST_ADDRESS_CHARS.value
    return text.find(text[start : start + 1] or "\n", start + 1, line_end) + 1 or end
