"""HTML as far as a parser takes linear time: not too many names, attributes of a tag, lists in lists.

lexbor, which resiliparse parses with, compares each attribute of a tag with all before it, and keeps the names it meets
in a table of fixed size: 2 MiB of tags of which each has another name took 107 s. No page that was seen is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from corpus.readers.html_lists import shallow_lists
from corpus.recipe import cited

MOST_NAMES = cited(16_384, "of elements, and of attributes: the most of 320 pages are 526 and 5,715", "names")
MOST_ATTRIBUTES = cited(1024, "the most of 320 pages is 921", "attributes of a tag")
SMALL_CHARS = cited(1 << 16, "whatever it holds, it is parsed in half a second", "chars")
LARGE_CHARS = cited(1 << 19, "whatever names less holds, they take a second; 3 of 100 pages are larger", "chars")
_LONG_CHARS = 2 * MOST_ATTRIBUTES.value

_BETWEEN = r"[\s/]*+"
_ATTRIBUTE = _BETWEEN + r"([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+"
_ATTRIBUTES = re.compile(rf"[\s/>]++|{_ATTRIBUTE.removeprefix(_BETWEEN)}")
"""An attribute, or what stands between two: every search goes on where the last one ended."""
_TAG = re.compile(
    r"<!--(?:-?>|.*?(?:-->|\Z))|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)"
    rf"|<(?P<slash>/?)(?P<name>[a-z][^\s/>]*+)(?P<attributes>(?:{_ATTRIBUTE})*+)[\s/]*+>?",
    re.DOTALL | re.IGNORECASE,
)
"""What holds no tags; or a tag."""
_NAME = re.compile(r"</?([A-Za-z][^\s/>]*+)")
_WITH_ATTRIBUTES = re.compile(rf"<[A-Za-z][^\s/>]*+((?:{_ATTRIBUTE})*+)")
"""A tag, with or without attributes: one that needs some is searched again in what has none."""
_LONG_TAG = re.compile(r"<[A-Za-z][^>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+'|[\"'])[^>\"']*+)*+")
"""A tag up to its `>`, or more where quotes do not pair: searched in a third of the time."""


def bounded_html(html: str) -> str:
    """The HTML without what would take a parser, or its text, more than linear time or space."""
    is_large, is_small = len(html) > LARGE_CHARS.value, len(html) <= SMALL_CHARS.value
    if not is_small and (_has_many_attributes(html) or (is_large and _has_many_names(html))):
        html = few_names(html)
    return shallow_lists(html)


def _has_many_attributes(html: str) -> bool:
    """Whether a tag may have too many attributes."""
    if max(map(len, _LONG_TAG.findall(html)), default=0) <= _LONG_CHARS:
        return False
    spans = (tag.span() for tag in _LONG_TAG.finditer(html))
    return any(_attributes_in(html, start, end) for start, end in spans if end - start > _LONG_CHARS)


def _attributes_in(html: str, start: int, end: int) -> bool:
    return any(islice(_attributes(_ATTRIBUTES.finditer(html, start, end)), MOST_ATTRIBUTES.value, None))


def _attributes(found: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
    return (each for each in found if each[1])


def _has_many_names(html: str) -> bool:
    """Whether there may be too many names of elements, or of attributes."""
    if len(set(_NAME.findall(html))) > MOST_NAMES.value:
        return True
    attributes: set[str] = set()
    for tag in _WITH_ATTRIBUTES.finditer(html):
        attributes.update(filter(None, _ATTRIBUTES.findall(tag[1])))
        if len(attributes) > MOST_NAMES.value:
            return True
    return False


def few_names(html: str) -> str:
    """The HTML without tags of too many names, and without attributes that are too many in a tag or in all."""
    return _TAG.sub(_Names().kept, html)


class _Names:
    """The names met in a page so far."""

    def __init__(self) -> None:
        self._elements: set[str] = set()
        self._attributes: set[str] = set()

    def kept(self, tag: re.Match[str]) -> str:
        """The tag as it stays."""
        if not tag["name"]:
            return tag[0]
        if not _add(self._elements, {tag["name"].lower()}):
            return ""
        attributes = list(islice(_attributes(_ATTRIBUTES.finditer(tag["attributes"])), MOST_ATTRIBUTES.value + 1))
        most = attributes[: MOST_ATTRIBUTES.value]
        is_known = _add(self._attributes, {attribute[1].lower() for attribute in most})
        if is_known and len(attributes) == len(most):
            return tag[0]
        left = tag["attributes"][: most[-1].end()] if is_known else ""
        return f"<{tag['slash']}{tag['name']}{left}>"


def _add(known: set[str], names: set[str]) -> bool:
    """Add names to those known; whether there was place."""
    fresh = names - known
    if len(known) + len(fresh) > MOST_NAMES.value:
        return False
    known |= fresh
    return True
