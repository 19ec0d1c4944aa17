"""Structured fuzzing of every filter: documents put together from pieces of their markup, through every step.

  python -m reliability.fuzzing [--minutes 5] [--seed 0] [--record]

A document is taken through its source's chain twice. No step may raise; both ways give the same text, which UTF-8 can
hold, which has none of the marks that steps write between themselves, and which is no more than MOST_TIMES as long as
the document. Pieces are those of `reliability.kinds`, nested and repeated by hypothesis, and odd characters.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from reliability import page
from reliability.kinds import LANGUAGES
from reliability.slow_documents import PIECE_CHARS, Run, runs

ODD = (
    "\x00", "\x01", "\x02", "\x03", "\x04", "\x0b", "\x0c", "\x1e", "\x85", "\u2028", "\ufeff", "\u202e", "\uffff",
    "\U0010ffff", "\u0130", "\u017f", "\u212a", "\ue000", "\u0663", "\u00b2", "9" * 5000,
)  # fmt: skip
"""Characters that are read otherwise than they look, and a number too long for Python's int."""
MOST_TIMES, LEAST_CHARS = 100, 10_000
_MARKS = {"wikitext": "\x00\x01\x02\x03\x04"}
"""What the steps of a language write between themselves, and no text that is kept may have."""
SMALLER = 64
"""Budgets of whole documents are this much smaller, so that small documents meet them too."""


def documents(language: str) -> st.SearchStrategy[str]:
    """Documents of a language: its pieces in a row, one inside another, or many times."""
    parts = [part[:PIECE_CHARS] for kind in LANGUAGES[language] for part in (kind.body, kind.start, kind.end)]
    leaves = st.sampled_from(parts) | st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"), max_size=8)
    nested = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=6).map("".join) | st.tuples(inner, st.integers(2, 60)).map(_times),
        max_leaves=40,
    )
    return nested.map(lambda text: text[:LEAST_CHARS])


def _times(part: tuple[str, int]) -> str:
    return (part[0] * part[1])[:LEAST_CHARS]


def fault(language: str, run: Run, text: str) -> str:
    """What is wrong with what becomes of a document; empty where nothing is."""
    try:
        first, second = run(text), run(text)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    kept = first.document.text
    if first != second:
        return "another outcome the second time"
    if not first.reason and (marks := set(kept) & set(_MARKS.get(language, ""))):
        return f"marks in the text: {marks!r}"
    if len(kept) > MOST_TIMES * len(text) + LEAST_CHARS:
        return f"{len(kept)} characters of {len(text)}"
    try:
        kept.encode()
    except UnicodeEncodeError as error:
        return str(error)
    return ""


def fuzz(language: str, examples: int, number: int = 0) -> int:
    """Take documents of a language through all chains that read it; how many there were.

    Raises:
        AssertionError: one came out wrong; hypothesis has made it as short as it could.
    """
    tried = 0
    every = runs(language, SMALLER)

    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(documents(language))
    def check(text: str) -> None:
        nonlocal tried
        tried += 1
        for name, run in every.items():
            wrong = fault(language, run, text)
            assert not wrong, f"{name}: {wrong}: {text!r}"

    check()
    return tried


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", action="store_true", help="write the results to docs/RELIABILITY.md")
    options = parser.parse_args()
    end, tried, wrong, number = time.monotonic() + 60 * options.minutes, Counter[str](), Counter[str](), options.seed
    while time.monotonic() < end or not tried:
        for language in LANGUAGES:
            try:
                tried[language] += fuzz(language, 50, number)
            except AssertionError as error:
                wrong[language] += 1
                print(language, str(error)[:1000], flush=True)
        number += 1
    rows = [(language, tried[language], wrong[language]) for language in LANGUAGES]
    print(*rows, sep="\n")
    if options.record:
        page.record(
            "fuzzing", "python -m reliability.fuzzing", ("documents of", "tried", "wrong"), rows, trials=tried.total()
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
