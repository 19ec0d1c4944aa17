"""print every rule with its number, unit, citation and the line that states it

corpus rules
corpus rules github --preset redpajama
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpus.recipe import Recipe, parse_settings, shown
from pipelines.parsing import add_settings
from pipelines.sources import find_source, names

if TYPE_CHECKING:
    from pipelines.engine.rules import Rule

BESIDE = ("build", "tokenizer", "lm", "reference", "mixture")
"""Numbers that belong to no source."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="one of " + ", ".join([*names(), *BESIDE]))
    parser.add_argument("--preset", default="paper", help="the named recipe whose numbers to print")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    """Print the rules of one source, or of everything."""
    from pipelines.engine.plan import numbers
    from pipelines.engine.rules import rules_of

    if options.source in BESIDE:
        _print_beside(options.source)
        return 0
    for name in [options.source] if options.source else names():
        source = find_source(name)
        recipe = numbers(source, options.preset if options.source else "paper", parse_settings(options.set))
        print(f"{name} (presets: {', '.join(source.recipe.presets)})")
        for rule in rules_of(source, options.preset, recipe):
            print("\n".join(_lines(rule)))
    for name in () if options.source else BESIDE:
        _print_beside(name)
    return 0


def recipes_beside() -> dict[str, Recipe]:
    """The recipes of BESIDE."""
    from corpus.mixture import SHARES
    from pipelines.engine.plan import BUILD
    from pipelines.training import lm, reference
    from tokenizer.settings import RECIPE

    return dict(zip(BESIDE, (BUILD, RECIPE, lm.RECIPE, reference.RECIPE, SHARES), strict=True))


def _print_beside(name: str) -> None:
    from pipelines.engine.rules import Rule

    print(name)
    for number in recipes_beside()[name].values():
        print("\n".join(_lines(Rule(name, number.name, "", "", number))))


def _lines(rule: Rule) -> Iterator[str]:
    yield f"  {rule.stage:<14} {rule.reason:<28} {rule.measure}"
    number = rule.number
    if number:
        limit = f"{rule.test} {shown(number.value)}".strip()
        yield f"  {'':<14} {'':<28} {limit} {number.unit} [{number.basis}: {number.citation}] {number.where}"
