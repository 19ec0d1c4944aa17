"""Which hostile documents take longest on their way through a source's steps, in seconds of CPU.

  python -m reliability.slow_documents [--bytes 2097152] [--only wikitext TeX] [--search SECONDS] [--seed 1]

Every kind of `reliability.kinds` is made in this size and taken through every step, and what the side tables and
dedups ask. Then, if asked, a search: the slowest kinds are changed by pieces of the others, in a 32nd of the size,
under limits of a recipe that are a 32nd too; what is slowest then is made in full size. Ends with 1 where one takes
longer than the limit, or raises.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from corpus.document import Outcome
from reliability import page
from reliability.chains import chains
from reliability.kinds import LANGUAGES, Kind

LIMIT_SECONDS = 2.0
TAKEN_BY = {
    "wikitext": (("wikipedia", "paper"),),
    "TeX": (("arxiv", "paper"),),
    "HTML": (("stackexchange", "paper"), ("commoncrawl", "paper")),
    "code": (("github", "paper"),),
    "books": (("books", "paper"),),
    "pages": (("c4", "rebuild"), ("c4", "dolma")),
}
"""The sources, and their presets, that take texts of a language."""
SMALLER = 32
SCALED = {"wikipedia": ("marks",), "arxiv": ("call_chars", "paper_chars")}
"""The limits that are budgets of a whole document."""
KEPT = 30
"""Kinds of a generation of the search."""
PIECE_CHARS = 300

Run = Callable[[str], Outcome]


class Timed(NamedTuple):
    """How long a kind took, in which chain, and what came of it."""

    seconds: float
    chain: str
    kind: Kind
    reason: str
    chars: int


def runs(language: str, smaller: int = 1) -> dict[str, Run]:
    """The chains that take texts of a language, by name; the limits of whole documents so many times smaller."""
    found = {}
    for source, preset in TAKEN_BY[language]:
        every = chains(source, preset)
        plain = next(iter(every.values()))
        settings = {name: str(limit // smaller) for name, limit in _limits(source).items()} if smaller > 1 else {}
        for name, run in (chains(source, preset, settings) if settings else every).items():
            if source != "wikipedia" or run is plain or name == "en":
                found[f"{source} {preset} {name}".strip()] = run
    return found


def _limits(source: str) -> dict[str, int]:
    from pipelines.sources import find_source

    recipe = find_source(source).recipe
    return {name: int(recipe[name].value) for name in SCALED.get(source, ())}


def timed(run: Run, chain: str, kind: Kind, chars: int) -> Timed:
    """One document of a kind, through a chain."""
    text = kind.text(chars)
    started = time.process_time()
    try:
        outcome = run(text)
        reason, grown = outcome.reason, len(outcome.document.text)
    except Exception as error:
        reason, grown = f"{type(error).__name__}: {error}"[:200], 0
    return Timed(time.process_time() - started, chain, kind, reason, grown)


def all_kinds(language: str, chars: int, slower_than: float = 0.0) -> Iterator[Timed]:
    """Every kind of a language through every chain that takes it; those only that are slow in an eighth of the size."""
    for chain, run in runs(language).items():
        for kind in LANGUAGES[language]:
            if not slower_than or timed(run, chain, kind, chars // 8).seconds > slower_than:
                yield timed(run, chain, kind, chars)


def search(language: str, chars: int, seconds: float, seed: int) -> list[Timed]:
    """The slowest kinds that a search of so many seconds of CPU meets, in full size."""
    draw, pieces = random.Random(seed), [kind.body[:PIECE_CHARS] for kind in LANGUAGES[language]]
    chain, run = next(iter(runs(language, SMALLER).items()))
    generation: list[Timed] = []
    end, tried = time.process_time() + seconds, 0
    while time.process_time() < end:
        kind = changed(draw, draw.choice(generation).kind if generation and draw.random() < 0.7 else Kind(""), pieces)
        generation.append(timed(run, chain, kind, chars // SMALLER))
        tried += 1
        if len(generation) > 2 * KEPT:
            generation = sorted(generation, reverse=True)[:KEPT]
    print(f"{language}: {tried} kinds tried by the search", flush=True)
    chain, run = next(iter(runs(language).items()))
    return [timed(run, chain, found.kind, chars) for found in sorted(generation, reverse=True)[:5]]


def changed(draw: random.Random, kind: Kind, pieces: list[str]) -> Kind:
    """A kind with a piece put in, taken out or repeated, in one or two of its parts."""
    parts = kind._asdict()
    for _ in range(draw.choice((1, 1, 2))):
        name = draw.choice(("body", "body", "body", "start", "middle", "close", "end"))
        part, way = parts[name], draw.random()
        at = draw.randint(0, len(part))
        if way < 0.6:
            part = part[:at] + draw.choice(pieces) * draw.choice((1, 1, 1, 2, 50)) + part[at:]
        elif way < 0.9:
            part = part[:at] + part[draw.randint(at, len(part)) :]
        else:
            part = part + "@"
        parts[name] = part[: 2 * PIECE_CHARS]
    parts["body"] = parts["body"] or draw.choice(pieces)
    return Kind(**parts)


def shown(found: Timed) -> str:
    parts = [part if len(part) < 60 else part[:57] + "..." for part in found.kind]
    return f"{found.seconds:7.2f} s  {found.chars:>10,} chars  {found.chain:24} {found.reason:20} {parts}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=2 << 20)
    parser.add_argument("--only", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--search", type=float, default=0.0, help="seconds of CPU for each language")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slower-than", type=float, default=0.0, help="in an eighth of the size, else left out")
    parser.add_argument("--worst", type=int, default=8, help="how many to print of each language")
    parser.add_argument("--record", action="store_true", help="write the results to docs/RELIABILITY.md")
    options = parser.parse_args()
    above, rows = 0, []
    for language in options.only:
        found = list(all_kinds(language, options.bytes, options.slower_than))
        found += search(language, options.bytes, options.search, options.seed) if options.search else []
        faults = [one for one in found if one.seconds > LIMIT_SECONDS or ":" in one.reason]
        above += len(faults)
        print(f"{language}: {len(LANGUAGES[language])} kinds, {len(found)} runs, {len(faults)} above the limit")
        worst = sorted(found, key=lambda one: one.seconds, reverse=True)[: options.worst]
        rows.append((language, len(LANGUAGES[language]), len(found), *_worst(worst)))
        print(*map(shown, [*worst, *(one for one in faults if one not in worst)]), sep="\n", flush=True)
    if options.record:
        head = ("documents of", "kinds", "in full size", "slowest, seconds of CPU", "which repeats")
        said = (
            f"Of {options.bytes:,} characters; kinds that are fast in an eighth of the size are made in that size only."
        )
        page.record("growth", "python -m reliability.slow_documents", head, rows, said)
    return 1 if above else 0


def _worst(worst: list[Timed]) -> tuple[str, str]:
    return (f"{worst[0].seconds:.1f}", f"`{worst[0].kind.body[:40]!r}`".replace("|", "&#124;")) if worst else ("", "")


if __name__ == "__main__":
    sys.exit(main())
