"""Time under attack grows no faster than the text: every expression, every source's whole chain of steps.

`make test` attacks each expression, and each chain with each kind of hostile document (`reliability.kinds`), in 20,000
characters. `make soak` searches for more kinds. How long 2 MiB take: python -m reliability.slow_documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ROOT

from corpus.stores import objects
from filters.arxiv import comments, macros, source, structure
from filters.wikipedia import aside, template_table
from pipelines.sources.arxiv import RECIPE
from reliability.expressions import Expression, expressions
from reliability.growth import LARGEST, MOST_EXPONENT, exponent
from reliability.hostile import GENERIC, Attack, attacks
from reliability.kinds import LANGUAGES, Kind
from reliability.slow_documents import changed, runs, search

FOUND, BUILT = expressions(ROOT)
ONCE = ("search", "match", "fullmatch")
"""The methods that look for one match; the others look for all, as finditer does."""
SOME = 10
"""Attacks of an expression in `make test`; `make soak` makes all of them."""
SMALLER = 128
"""Budgets of a whole document, for documents of LARGEST characters instead of 2 MiB."""
DELIMITERS = (r"\b X", r"\b\n", " ", "a b", r"\a\b\c", ".", r"\.", "\n\n", r"\a ;")
EXAMPLES: dict[str, Callable[[], list[re.Pattern[Any]]]] = {
    "corpus/readers/web/starts.py": lambda: [re.compile(re.escape(b"\x1f\x8b\x08"))],
    "corpus/stores/objects.py": lambda: [objects._expression(glob) for glob in ("a/**", "a/*/b-*.c", "?[!ab]*")],
    "filters/arxiv/comments.py": lambda: [
        comments._stops(frozenset({"comment", "verbatim", "a*", "b" * 50})),
        re.compile(rf"\\(?:begin|end)\{{(?:{comments._alternatives({'a', 'b*'})})\}}[^\n]*"),
    ],
    "filters/arxiv/definitions.py": lambda: [re.compile(macros.token_pattern(text)) for text in DELIMITERS],
    "filters/arxiv/expand.py": lambda: [re.compile(re.escape(r"\end{a b}"))],
    "filters/arxiv/macros.py": lambda: [re.compile(macros.token_pattern(text)) for text in DELIMITERS],
    "filters/arxiv/source.py": lambda: [source._stepping(macros.token_pattern(text)) for text in DELIMITERS],
    "filters/arxiv/structure.py": lambda: [structure._commands(RECIPE.section_commands.value)],
    "filters/arxiv/xparse.py": lambda: [re.compile(macros.token_pattern(text)) for text in ("]", " ", "\\")],
    "filters/c4/badwords.py": lambda: [re.compile(rf"(?<!\w){re.escape('a b')}(?!\w)")],
    "filters/wikipedia/aside.py": lambda: list(aside._CLOSERS.values()),
    "filters/wikipedia/template_table.py": lambda: [pattern for pattern, _renderer in template_table._FAMILY],
}
"""The expressions that are put together at run time, by the file that does so."""


def growing(expression: Expression, attack: Attack) -> list[str]:
    """The methods of an expression whose work grows faster than an attack's text."""
    found = []
    for method in sorted({method if method in ONCE else "finditer" for method in expression.methods}):
        call = _call(expression.pattern, method)
        if (power := exponent(call, attack.text)) > MOST_EXPONENT:
            found.append(f"{expression.where} {method}: power {power:.1f} on {attack!r}")
    return found


def _call(pattern: re.Pattern[Any], method: str) -> Callable[[str], object]:
    def call(text: str) -> object:
        subject: Any = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "surrogatepass")
        return [*pattern.finditer(subject)] if method == "finditer" else getattr(pattern, method)(subject)

    return call


def every_attack(expression: Expression, most: int = 0) -> list[Attack]:
    """The attacks made for an expression, and the pieces that cost some language something; evenly spread, if some."""
    found = list(dict.fromkeys([*attacks(expression.pattern), *(Attack("", piece, "") for piece in GENERIC)]))
    return found[:: max(1, len(found) // most)] if most else found


def test_the_expressions_put_together_at_run_time_are_known() -> None:
    assert {call.file for call in BUILT} == set(EXAMPLES)


@pytest.mark.parametrize("expression", FOUND, ids=[found.where for found in FOUND])
def test_an_expression_takes_linear_time(expression: Expression) -> None:
    assert [fault for attack in every_attack(expression, SOME) for fault in growing(expression, attack)] == []


@pytest.mark.soak
@pytest.mark.parametrize("expression", FOUND, ids=[found.where for found in FOUND])
def test_an_expression_takes_linear_time_under_every_attack(expression: Expression) -> None:
    assert [fault for attack in every_attack(expression) for fault in growing(expression, attack)] == []


@pytest.mark.parametrize("file", EXAMPLES)
def test_an_expression_put_together_takes_linear_time(file: str) -> None:
    every = [Expression(file, pattern, frozenset({"search", "match"})) for pattern in EXAMPLES[file]()]
    assert [fault for one in every for attack in every_attack(one, SOME) for fault in growing(one, attack)] == []


@pytest.mark.parametrize("pattern", [r"(a|aa)+b", r"\s*x", r"a*a*b", r"\w+@", r"<a[^>]*>"])
def test_an_expression_that_does_not_is_shown_up(pattern: str) -> None:
    one = Expression("here", re.compile(pattern), frozenset({"search"}))
    assert any(growing(one, attack) for attack in attacks(one.pattern))


def faults(run: Callable[[str], object], kinds: tuple[Kind, ...]) -> list[str]:
    """The kinds of documents on which a chain's work grows faster than their size."""
    powers = ((kind, exponent(run, kind.text)) for kind in kinds)
    return [f"power {power:.1f} on {kind!r}" for kind, power in powers if power > MOST_EXPONENT]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chain_of_steps_takes_linear_time(language: str) -> None:
    assert {name: faults(run, LANGUAGES[language]) for name, run in runs(language, SMALLER).items()} == {
        name: [] for name in runs(language)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_document_grows_without_bound(language: str) -> None:
    for run in runs(language, SMALLER).values():
        for kind in LANGUAGES[language]:
            text = kind.text(2 * LARGEST)
            assert len(run(text).document.text) <= 40 * len(text), kind


def test_a_chain_that_does_not_is_shown_up() -> None:
    assert faults(lambda text: [text[:at].upper() for at in range(len(text))], (Kind("a"),))


@pytest.mark.soak
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_slowest_documents_of_a_search_take_linear_time(language: str) -> None:
    slowest = tuple(found.kind for found in search(language, 1 << 20, 60.0, seed=1))
    print(language, slowest[:1])
    for run in runs(language, SMALLER).values():
        assert faults(run, slowest) == []


def test_a_change_of_a_kind_has_a_body() -> None:
    import random

    draw = random.Random(0)
    assert all(changed(draw, Kind("a"), ["b"]).body for _ in range(100))
