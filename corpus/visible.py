"""Text of strangers, shown to people on a page or a terminal: what is invisible, or would act, is written out."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Controls, marks that turn the direction of text, what HTML forbids, and private planes; tab and newline stay."""

_MARKS_MOST = 4
_MARKS = re.compile(f"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{{{_MARKS_MOST}}})"
                    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # fmt: skip
"""Combining marks on one letter that would cover the lines above and below; no language has more than four."""


def visible(text: str) -> str:
    """Text with characters that are invisible, or would disturb their surroundings, written as codes."""
    return _MARKS.sub(r"\1", _UNSEEN.sub(_written_out, text))


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"
