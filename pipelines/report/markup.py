"""HTML that no text of a dump can break: every string is escaped, and invisible characters are made visible."""

from __future__ import annotations

import html
from collections.abc import Iterable

from corpus.visible import visible

VOID = frozenset(("meta", "input"))


class Html(str):
    """Markup, put into a page unchanged; any other string is text and is escaped."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def el(name: str, /, *children: Child, **attributes: object) -> Html:
    """An element. Attributes: `class_` is class, `aria_label` is aria-label; None and False are left out."""
    stated = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{stated}>")
    return Html(f"<{name}{stated}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Several children as one piece of markup."""
    return Html("".join(_markup(child) for child in children))


def _markup(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    return escape(child) if isinstance(child, str) else join(child)


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def escape(text: str) -> str:
    """Text as HTML, in content and in attributes."""
    return html.escape(visible(text))
