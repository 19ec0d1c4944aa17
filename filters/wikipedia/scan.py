"""Which braces and brackets of a page belong together: a tree of spans, found in one scan that never goes back.

An opener that is never closed, or a closer that was never opened, is no span: its text stays where it is, so that one
forgotten brace cannot swallow the rest of an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from corpus.errors import RecordError
from corpus.recipe import cited

TEMPLATE, LINK, TABLE, PAGE = "{{", "[[", "{|", ""

_MARK = re.compile(r"\{\{+|\[\[|\]\]|\{\||\|\}+|\}\}+")
_TABLE_ENDS = (2, 4)  # `|}` and `|}}}`; `|}}` and `|}}}}` close templates whose last argument is empty
_LOOK_BACK_CHARS = cited(200, "as far back a line is looked at for what stands before a table", "chars")
_MEAN_NESTING = cited(10, "spans around a character on average: pages at hand have at most 2", "levels")
_NOT_TEXT = " \t:*#;\x01"


class Span(NamedTuple):
    """What stands from text[start] to text[end] and the spans inside it; kind is how it opens."""

    kind: str
    start: int
    end: int
    children: list[Span]


class TooMuchMarkupError(RecordError):
    """A page that nests deeper, or has more markup, than the budget allows; reason names which."""

    def __init__(self, reason: str) -> None:
        super().__init__("markup within the page's budget", reason)
        self.reason = reason


def spans(text: str, nesting: int, marks: int) -> list[Span]:
    """The outermost templates, links and tables of a text, each with those inside it.

    Args:
        nesting: how many may be open at once. What stands inside a template is read by each template around it, so
            the mean is limited too.
        marks: how many pairs of braces or brackets the text may have.

    Raises:
        TooMuchMarkupError: one of the two is exceeded.
    """
    # A stack parser that never goes back: a closer asks at which depth the last opener of its kind stands. Openers
    # above that one are not closed any more; they are no spans, and what they held becomes the children of the span
    # around them.
    stack = [Span(PAGE, 0, len(text), [])]
    depths: dict[str, list[int]] = {TEMPLATE: [], LINK: [], TABLE: []}
    newline, read, inside_chars = -1, 0, _MEAN_NESTING.value * len(text)
    for kind, opens, start, end in _marks(text, marks):
        if opens:
            if len(stack) > nesting:
                raise TooMuchMarkupError("nested_too_deep")
            depths[kind].append(len(stack))
            stack.append(Span(kind, start, end, []))
            continue
        if kind == LINK:
            newline, read = max(newline, text.rfind("\n", read, start)), start
        depth = _opener(stack, kind, depths, newline)
        if depth:
            for unclosed in stack[depth + 1 :]:
                stack[depth].children.extend(unclosed.children)
            opener = stack[depth]
            inside_chars -= end - opener.start
            if inside_chars < 0:
                raise TooMuchMarkupError("nested_too_deep")
            stack[depth - 1].children.append(Span(kind, opener.start, end, opener.children))
            for above in stack[depth:]:
                depths[above.kind].pop()
            del stack[depth:]
    for unclosed in stack[1:]:
        stack[0].children.extend(unclosed.children)
    return stack[0].children


def _marks(text: str, at_most: int) -> Iterator[tuple[str, bool, int, int]]:
    """Every (kind, opens, start, end): a run of braces is as many pairs as fit, a table's marks begin a line."""
    count = 0
    for match in _MARK.finditer(text):
        mark, start, end = match[0], match.start(), match.end()
        count += len(mark) >> 1
        if count > at_most:
            raise TooMuchMarkupError("too_much_markup")
        head = mark[0]
        if head == "[":
            yield LINK, True, start, end
        elif head == "]":
            yield LINK, False, start, end
        elif head == "{":
            if mark == TABLE:
                if _first_on_line(text, start):
                    yield TABLE, True, start, end
                continue
            # Of an odd run the first brace is left over: `{{{x}}` is `{` and a template.
            for pair in range(start + (len(mark) & 1), end, 2):
                yield TEMPLATE, True, pair, pair + 2
        else:
            if head == "|":
                start += 1
                if len(mark) in _TABLE_ENDS and _first_on_line(text, start - 1):
                    yield TABLE, False, start - 1, start + 1
                    start += 1
            for pair in range(start, end - 1, 2):
                yield TEMPLATE, False, pair, pair + 2


def _first_on_line(text: str, at: int) -> bool:
    """Whether only indentation, list marks or a template come before it on its line."""
    line = text[max(0, at - _LOOK_BACK_CHARS.value) : at]
    before = line[line.rfind("\n") + 1 :].strip(_NOT_TEXT)
    return not before or before.endswith(("}}", ">"))


def _opener(stack: list[Span], kind: str, depths: Mapping[str, list[int]], newline: int) -> int:
    """The depth of the opener that a closer closes whose line begins after newline, 0 for none.

    A table's end closes over any opener, a template's end over links; a link's end over a template only on one line.

    Args:
        depths: the depths of the openers of each kind, ascending.
    """
    depth = depths[kind][-1] if depths[kind] else 0
    if kind != TABLE and depths[TABLE] and depths[TABLE][-1] > depth:
        return 0
    crossed = depth + 1 < len(stack)
    return 0 if crossed and kind == LINK and newline >= stack[depth].start else depth
