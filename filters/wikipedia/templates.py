"""A template call, and the plain ways one can read in a sentence: each a function of the call that returns its text.

Which template reads in which way stands in the ROWS of `quantities`, `moments`, `words` and `silent`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from corpus.recipe import cited


class Page(NamedTuple):
    """What a template may know of its page; source is the page's wikitext."""

    language: str = ""
    title: str = ""
    source: str = ""


class Template(NamedTuple):
    """One call: its name in lower case, its arguments by name in lower case or by place ("1", "2", ...), rendered."""

    name: str
    arguments: Mapping[str, str]
    page: Page = Page()

    def get(self, *names: str) -> str:
        """The first of these arguments that says anything."""
        for name in names:
            value = self.arguments.get(name, "").strip()
            if value:
                return value
        return ""

    @property
    def places(self) -> list[str]:
        """The arguments given by place, up to the last one that says anything."""
        values: list[str] = []
        while str(len(values) + 1) in self.arguments:
            values.append(self.arguments[str(len(values) + 1)].strip())
        while values and not values[-1]:
            values.pop()
        return values


Renderer = Callable[[Template], str]


class Row(NamedTuple):
    """One row of the table: how the templates of these names read, on the wikis named ("" for all).

    languages and names are separated by commas; names are in lower case, as MediaWiki shows them, without underscores.
    A row for named wikis comes before one for all of them.
    """

    renderer: Renderer
    names: str
    languages: str = ""


_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,8})*")
_CODE_CHARS = cited(35, "RFC 5646, section 4.4.1: the longest tag that programs need to accept", "chars", "peer")
_TEXT_NAMES = ("text", "texto", "texte", "testo", "текст", "content")


def is_code(text: str) -> bool:
    """Whether this is the code of a language (`de`, `grc-Latn`) rather than a word."""
    return len(text) <= _CODE_CHARS.value and _CODE.fullmatch(text) is not None


def nothing(call: Template) -> str:
    """A template that says nothing in the text."""
    return ""


def place(number: int) -> Renderer:
    """The argument at a place; the nearest one before where there are fewer."""
    names = (*map(str, range(number, 0, -1)), *_TEXT_NAMES)

    def render(call: Template) -> str:
        return call.get(*names)

    return render


first, second = place(1), place(2)


def strictly_second(call: Template) -> str:
    """The second argument: the first is a colour or a size."""
    return call.get("2", "text", "content")


def last(call: Template) -> str:
    """The last argument by place."""
    return call.places[-1] if call.places else call.get(*_TEXT_NAMES)


def longest(call: Template) -> str:
    """The longest argument by place: the text among switches."""
    return max(call.places, key=len, default="")


def joined(separator: str, stop: int | None = None, frame: str = "{}") -> Renderer:
    """The arguments up to a place, joined, inside what stands around them."""

    def render(call: Template) -> str:
        text = separator.join(value for value in call.places[:stop] if value)
        return frame.replace("{}", text) if text else ""

    return render


def around(frame: str) -> Renderer:
    """The first argument inside a frame of text."""

    def render(call: Template) -> str:
        text = first(call)
        return frame.replace("{}", text) if text else ""

    return render


def constant(text: str) -> Renderer:
    """A template that always reads the same."""

    def render(call: Template) -> str:
        return text

    return render


def listed(separator: str) -> Renderer:
    """The items of a list template."""

    def render(call: Template) -> str:
        return separator.join(part.strip("*• \n") for part in call.places if part)

    return render
