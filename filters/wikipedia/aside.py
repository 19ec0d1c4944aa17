"""What must not be read as markup: comments and references go, mathematics and verbatim text are set aside."""

from __future__ import annotations

import html
import re

Closer = tuple[int, int]

GONE = "\x01"  # marks where something was taken out of a line, so that the gap can be closed and nothing else
_SET_ASIDE = "\x00{}\x00"
_SET_ASIDE_MARK = re.compile("\x00(\\d+)\x00")
_MARKS = "\x00\x01\x02\x03\x04"  # what the steps of this package write between themselves
_NEVER_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

_DROPPED = (
    "ref|references|gallery|timeline|imagemap|score|graph|mapframe|maplink|hiero|templatestyles|templatedata|includeonly"
    "|inputbox|categorytree|indicator|section|rss|charinsert|mapsources|slideshow|imagegallery|style|script"
)
_BLOCKS = ("pre", "syntaxhighlight", "source")
_FORMULAS = ("math", "chem", "ce")
_VERBATIM = "|".join((*_BLOCKS, *_FORMULAS, "nowiki"))
_OPENER = re.compile(r"<(?:(!--)|([A-Za-z]++)(?:\s[^<>]*?)?(/?)>)")
_CLOSERS = {name: re.compile(rf"</{name}\s*+>", re.IGNORECASE) for name in f"{_DROPPED}|{_VERBATIM}".split("|")}
_UNCLOSED = (0, 0)
_COMMENT_END = "-->"
_NESTED_REF = re.compile(r"<ref(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)


def take_aside(text: str) -> tuple[str, list[str]]:
    """The text without comments, references and galleries, and what was set aside, in the order of its marks.

    Of an element that is never closed only the tag is removed, and no text with it.
    """
    if any(mark in text for mark in _MARKS):
        text = _NEVER_IN_XML.sub("", text)
    kept: list[str] = []
    out: list[str] = []
    closers: dict[str, Closer] = {}
    at = 0
    for match in _OPENER.finditer(text):
        name = (match[2] or "").lower()
        if match.start() < at or (name and name not in _CLOSERS):
            continue
        out.append(text[at : match.start()])
        at = match.end()
        if match[3]:
            out.append(GONE)
            continue
        inner, outer = _closer(text, at, name, closers)
        if outer:
            out.append(_mark(name, text[at:inner], kept))
            alone = not name and text.startswith("\n", outer) and text.endswith("\n", 0, match.start())
            at = outer + alone
    out.append(text[at:])
    return "".join(out), kept


def put_back(text: str, kept: list[str]) -> str:
    """The text with everything that was set aside in its place again."""
    return _SET_ASIDE_MARK.sub(lambda mark: kept[int(mark[1])], text) if kept else text


def _closer(text: str, at: int, name: str, closers: dict[str, Closer]) -> Closer:
    """Where the content of an element that opens before `at` ends and where the element does; (0, 0): it does not.

    closers holds the next end of each element, so that a page of unclosed tags is still read once.
    """
    inner, outer = closers.get(name, (at - 1, -1))
    if outer and inner < at:
        if name:
            found = _CLOSERS[name].search(text, at)
            inner, outer = found.span() if found else _UNCLOSED
        else:
            inner = text.find(_COMMENT_END, at)
            inner, outer = (inner, inner + len(_COMMENT_END)) if inner >= 0 else _UNCLOSED
        closers[name] = inner, outer
    return _UNCLOSED if outer and name == "ref" and _NESTED_REF.search(text, at, inner) else (inner, outer)


def _mark(name: str, content: str, kept: list[str]) -> str:
    if name in _FORMULAS:
        content = f"${' '.join(content.split())}$" if content.strip() else ""
    elif name in _BLOCKS or name == "nowiki":
        content = html.unescape(content.replace("<nowiki>", "").replace("</nowiki>", ""))
    else:
        return GONE if name else ""
    if not content:
        return ""
    kept.append(content.strip("\n") if name in _BLOCKS else content)
    mark = _SET_ASIDE.format(len(kept) - 1)
    return f"\n\n{mark}\n\n" if name in _BLOCKS and "\n" in content else mark
