"""Removing comments: from % to where TeX continues to read, and the environments that comment."""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus.recipe import cited
from filters.arxiv.tokens import MOST_NAMES, group_end, is_escaped, last_word, verbatim_environments

LONGEST_ADDRESS_CHARS = cited(
    4000, "an address, or code set in a line, that has not ended by then is unclosed", "chars"
)

_COMMENTS = re.compile(r"(?:%[^\n]*(?:\n[ \t]*|\Z))+")
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
    for name in included:  # the lines that begin and end it are comments, what is between stays
        text = re.sub(rf"\\(?:begin|end)\{{{re.escape(name)}\}}[^\n]*", "%", text)
    stop = _stops(comments | verbatim)
    out: list[str] = []
    pos = search = 0
    unclosed: set[str] = set()
    while match := stop.search(text, search):
        start = match.start()
        if is_escaped(text, start):
            search = start + 1
        elif text[start] == "%":
            pos = search = _drop_comment(text, pos, start, out)
        elif match["environment"] in unclosed:
            search = match.end()
        elif match["environment"]:
            end = _environment_end(text, match)
            if end is None:
                unclosed.add(match["environment"])
                search = match.end()
            elif match["environment"] in comments:
                pos = search = _drop_environment(text, pos, match, end, out)
            else:
                search = end.start()
        else:
            search = _verbatim_end(text, match)
    out.append(text[pos:])
    return "".join(out)


def _stops(environments: set[str] | frozenset[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(environments - {"filecontents", "filecontents*"}))
    return re.compile(
        rf"%|\\(?:begin[ \t]*\{{(?P<environment>{names})\}}"
        r"|(?P<verb>(?:verb|Verb|lstinline)(?![a-zA-Z])\*?)|(?P<address>(?:url|path|nolinkurl|href)(?![a-zA-Z])))"
    )


def _drop_comment(text: str, pos: int, start: int, out: list[str]) -> int:
    """Write what stands before the comment at start; where to go on."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    if line_start >= pos and not text[line_start:start].strip(" \t"):
        out.append(text[pos:line_start])
        return line_end + 1
    before = text[pos:start]
    bare = before.rstrip(" \t")
    if len(bare) < len(before) or last_word(bare):
        out.append(bare + " " if is_escaped(before, len(bare)) else bare)
        return line_end
    out.append(before)
    comments = _COMMENTS.match(text, start)
    end = comments.end() if comments else line_end
    return text.rfind("\n", start, end) if text[end : end + 1] == "\n" else end


def _environment_end(text: str, match: re.Match[str]) -> re.Match[str] | None:
    """The \\end of an environment, with the rest of its line."""
    mark = rf"\\end[ \t]*\{{{re.escape(match['environment'])}\}}[^\n]*"
    on_its_line = re.compile(rf"^[ \t]*{mark}", re.MULTILINE).search(text, match.end())
    return on_its_line or re.compile(mark).search(text, match.end())


def _drop_environment(text: str, pos: int, match: re.Match[str], end: re.Match[str], out: list[str]) -> int:
    """Write what stands before a comment environment; where to go on."""
    line_start = text.rfind("\n", 0, match.start()) + 1
    if line_start >= pos and not text[line_start : match.start()].strip(" \t"):
        out.append(text[pos:line_start])
        return min(end.end() + 1, len(text))
    out.append(text[pos : match.start()])
    return end.end()


def _verbatim_end(text: str, match: re.Match[str]) -> int:
    """Where the verbatim argument of a command ends."""
    end = match.end()
    options = _OPTIONS.match(text, end) if not match["verb"] or match["verb"] == "lstinline" else None
    start = options.end() if options else end
    if match["address"] or (text[start : start + 1] == "{" and match["verb"] != "verb"):
        close = group_end(text[start : start + LONGEST_ADDRESS_CHARS.value], 0) if text.startswith("{", start) else -1
        return start + close if close > 0 else end
    line_end = text.find("\n", start)
    close = text.find(text[start : start + 1] or "\n", start + 1)
    return close + 1 if 0 <= close < (line_end if line_end >= 0 else len(text)) else end
