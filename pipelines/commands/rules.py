"""print every rule with its number, unit, citation and the line that states it

corpus rules
corpus rules github --preset redpajama
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from corpus import mixture
from corpus.recipe import parse_settings, shown
from pipelines.engine.plan import BUILD, numbers
from pipelines.engine.rules import Rule, rules_of
from pipelines.sources import find_source, names
from tokenizer import settings as tokenizer

BESIDE = {"build": BUILD, "tokenizer": tokenizer.RECIPE, "mixture": mixture.SHARES}
"""Numbers that belong to no source."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="one of " + ", ".join([*names(), *BESIDE]))
    parser.add_argument("--preset", default="paper", help="the named recipe whose numbers to print")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="change a number")


def run(options: argparse.Namespace) -> int:
    """Print the rules of one source, or of everything."""
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


def _print_beside(name: str) -> None:
    print(name)
    for number in BESIDE[name].values():
        print("\n".join(_lines(Rule(name, number.name, "", "", number))))


def _lines(rule: Rule) -> Iterator[str]:
    yield f"  {rule.stage:<14} {rule.reason:<28} {rule.measure}"
    number = rule.number
    if number:
        limit = f"{rule.test} {shown(number.value)}".strip()
        yield f"  {'':<14} {'':<28} {limit} {number.unit} [{number.basis}: {number.citation}] {number.where}"
