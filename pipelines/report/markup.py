"""HTML that no text of a dump can break: every string is escaped, and invisible characters are made visible."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

VOID = frozenset(("meta",))

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Controls, marks that turn the direction of text, what HTML forbids, and private planes; tab and newline stay."""

_MARKS_MOST = 4
_MARKS = re.compile(f"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{{{_MARKS_MOST}}})"
                    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # fmt: skip
"""Combining marks on one letter that would cover the lines above and below; no language has more than four."""


class Html(str):
    """Markup, put into a page unchanged; any other string is text and is escaped."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def el(name: str, /, *children: Child, **attributes: object) -> Html:
    """An element. Attributes: `class_` is class, `aria_label` is aria-label; None and False are left out."""
    stated = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
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


def visible(text: str) -> str:
    """Text with characters that are invisible, or would disturb their surroundings, written as codes."""
    return _MARKS.sub(r"\1", _UNSEEN.sub(_written_out, text))


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"
