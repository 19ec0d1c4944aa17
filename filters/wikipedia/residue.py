"""Markup that is still there when everything has been read: what to count, and how the rest of it is removed."""

from __future__ import annotations

import re

from filters.wikipedia.names import CATEGORY, FILE

_NAMES = "|".join(sorted(map(re.escape, FILE | CATEGORY), key=len, reverse=True))
_LONGEST = max(map(len, FILE | CATEGORY))
_EMBEDDED = re.compile(
    rf"\[\[\s*+([^\s:\[\]|][^:\[\]|\n]{{0,{_LONGEST}}}?)\s*+:[^\[\]|\n]*+(?:\|[^\[\]|\n]*+(?=\|))*+\|?"
)
_OPTION = re.compile(r"\b(?:thumb|thumbnail|mini|frame|left|right|center|upright|\d+(?:x\d+)?px)\s*\|", re.IGNORECASE)
_MARKS = re.compile(r"\{\{+|\}\}+|\[\[+|\]\]+|\{\||\|\}|</?ref\b[^<>]*>?", re.IGNORECASE)
_SUSPECTS = ("{{", "}}", "[[", "]]", "{|", "|}", "px|", "thumb|", "<ref", "</ref", "\n|", "\n!")
_NAMED = re.compile(rf"(?<!\w)(?:{_NAMES}):(?=\S)", re.IGNORECASE)


def is_suspect(text: str) -> bool:
    """Whether a text may hold any residue: cheap, so that sound pages pay nothing."""
    return any(mark in text for mark in _SUSPECTS)


def without_residue(line: str) -> str:
    """The line without what unbalanced markup leaves in it; the words around it stay."""
    line = _EMBEDDED.sub(_without_embedded, line)
    return _MARKS.sub("", _OPTION.sub("", line))


def _without_embedded(link: re.Match[str]) -> str:
    return "" if link[1].lower() in FILE or link[1].lower() in CATEGORY else link[0]


_COUNTED = {
    "[[": re.compile(r"\[\["), "]]": re.compile(r"\]\]"), "{{": re.compile(r"\{\{"), "}}": re.compile(r"\}\}"),
    "{|": re.compile(r"\{\|"), "|}": re.compile(r"\|\}"), "<ref": re.compile(r"<ref", re.IGNORECASE),
    "Category:/File:": _NAMED, "thumb|": re.compile(r"thumb\|", re.IGNORECASE), "20px": re.compile(r"\b\d+px\b"),
    "__TOC__": re.compile(r"__[A-ZА-ЯЁІЇЄ]{3,}__"),
}  # fmt: skip
KINDS = tuple(_COUNTED)


def residue(text: str) -> dict[str, int]:
    """How often each kind of markup stands in a text: the number that has to be 0 outside code and mathematics."""
    return {name: count for name, pattern in _COUNTED.items() if (count := len(pattern.findall(text)))}
