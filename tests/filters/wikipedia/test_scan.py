"""Which brackets belong together, above all where some are missing."""

from __future__ import annotations

import pytest

from filters.wikipedia.scan import Span, TooMuchMarkupError, spans


def shape(text: str, found: list[Span]) -> list[object]:
    """The spans as nested lists of the text they cover, children after it."""
    return [[text[span.start : span.end], *shape(text, span.children)] if span.children else text[span.start : span.end]
            for span in found]  # fmt: skip


CASES = {
    "nothing": ("plain", []),
    "one template": ("a {{b}} c", ["{{b}}"]),
    "nested": ("{{a|{{b}}|[[c]]}}", [["{{a|{{b}}|[[c]]}}", "{{b}}", "[[c]]"]]),
    "four braces are two pairs": ("{{{{a}}|b}}", [["{{{{a}}|b}}", "{{a}}"]]),
    "an odd brace is text": ("{{{a}}", ["{{a}}"]),
    "a table begins a line": ("{|\n| x\n|}", ["{|\n| x\n|}"]),
    "an indented table too": ("a\n:{|\n|}", ["{|\n|}"]),
    "elsewhere it is text": ("a {| b |} c", []),
    "an empty last argument": ("{{a|b|}}", ["{{a|b|}}"]),
    "an infobox that ends so": ("{{a\n|b=c\n|}}", ["{{a\n|b=c\n|}}"]),
    "a table that ends a template": ("{{a|\n{|\n|x\n|}}}", [["{{a|\n{|\n|x\n|}}}", "{|\n|x\n|}"]]),
    "an unclosed template swallows nothing": ("{{a\n|b={{c}}\ntext [[d]]", ["{{c}}", "[[d]]"]),
    "an unclosed link swallows nothing": ("[[a\ntext {{b}} [[c]]", ["{{b}}", "[[c]]"]),
    "an unclosed table swallows nothing": ("{|\n| {{a}}\ntext", ["{{a}}"]),
    "a closer alone": ("a }} b ]] c\n|}", []),
    "a link unclosed in a template": ("{{a|[[b}} c", ["{{a|[[b}}"]),
    "a template unclosed in a link": ("[[a|{{b]] c", ["[[a|{{b]]"]),
    "but not over lines": ("[[a|{{b\nc]] d", []),
    "a link does not close over a table": ("[[a\n{|\n| b]]\n|}", ["{|\n| b]]\n|}"]),
    "a table closes over what is open": ("{|\n| {{a [[b\n|}", ["{|\n| {{a [[b\n|}"]),
    "a template does not close over a table": ("{{a\n{|\n| b}}\n|}", ["{|\n| b}}\n|}"]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_spans(text: str, expected: list[object]) -> None:
    assert shape(text, spans(text, 10, 100)) == expected


def test_both_limits_on_both_sides() -> None:
    assert len(spans("[[a]]" * 3, 1, 6)) == 3
    with pytest.raises(TooMuchMarkupError, match="too_much_markup"):
        spans("[[a]]" * 3, 1, 5)
    assert len(spans("{{a{{b}}}}", 2, 4)) == 1
    with pytest.raises(TooMuchMarkupError, match="nested_too_deep"):
        spans("{{a{{b}}}}", 1, 4)
