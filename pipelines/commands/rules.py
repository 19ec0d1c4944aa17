"""print every rule with its number, unit, citation and the line that states it

corpus rules
corpus rules github --preset redpajama
corpus rules github --sql       the query of --input bigquery
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from corpus.errors import UsageError
from corpus.recipe import Cited, parse_settings, shown
from pipelines.parsing import add_settings
from pipelines.sources import find_source, names

if TYPE_CHECKING:
    from pipelines.engine.rules import Rule

BESIDE = (
    "build",
    "retries",
    "scale",
    "costs",
    "trial",
    "prices",
    "dumps",
    "tokenizer",
    "lm",
    "reference",
    "mixture",
    "epochs",
    "nanogpt",
)
"""Numbers that belong to no source."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="one of " + ", ".join([*names(), *BESIDE]))
    parser.add_argument("--preset", default="paper", help="the named recipe whose numbers to print")
    add_settings(parser)
    parser.add_argument("--sql", action="store_true", help="the query that `--input` of a public table runs, alone")


def run(options: argparse.Namespace) -> int:
    """Print the rules of one source, or of everything."""
    from pipelines.engine.plan import numbers
    from pipelines.engine.rules import rules_of

    if options.sql:
        return _print_queries(options)
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


def _print_queries(options: argparse.Namespace) -> int:
    """Print the query of each origin of a source, by the word that --input takes for it."""
    from pipelines.engine.plan import numbers

    source = find_source(options.source or "")
    if not source.origins:
        raise UsageError("a source that a query reads, such as github", repr(source.name), "--sql")
    values = {name: one.value for name, one in numbers(source, options.preset, parse_settings(options.set)).items()}
    for name, origin in source.origins.items():
        print(f"-- --input {name}\n{origin.query(values)}")
    return 0


def numbers_beside(name: str) -> Mapping[str, Cited]:
    """The numbers of a name of BESIDE, and the constants of its code."""
    from corpus import mixture
    from corpus.passing import RETRIES
    from pipelines.engine import costs, scale
    from pipelines.engine.plan import BUILD
    from pipelines.engine.rules import constants_of
    from pipelines.project.trial import TRIAL
    from pipelines.training import lm, reference
    from tokenizer.export import nanogpt
    from tokenizer.settings import RECIPE

    recipes: dict[str, Mapping[str, Cited]] = {
        "build": BUILD,
        "retries": RETRIES,
        "scale": scale.RECIPE,
        "costs": costs.named_costs(),
        "trial": TRIAL,
        "prices": costs.PRICES,
        "dumps": costs.DUMPS,
        "tokenizer": RECIPE,
        "lm": lm.RECIPE,
        "reference": reference.RECIPE,
        "mixture": mixture.SHARES,
        "epochs": {**mixture.EPOCHS, "training_tokens": mixture.TRAINING_TOKENS},
        "nanogpt": {},
    }
    code: Mapping[str, list[Callable[..., Any]]] = {
        "lm": [lm.train_lm],
        "reference": [reference.train_reference],
        "nanogpt": [nanogpt.export],
    }
    constants = constants_of(code.get(name, [])).values()
    return {**recipes[name], **{number.name: number for number in constants}}


def _print_beside(name: str) -> None:
    from pipelines.engine.rules import Rule

    print(name)
    for number_name, number in numbers_beside(name).items():
        print("\n".join(_lines(Rule(name, number_name, "", "", number))))


def _lines(rule: Rule) -> Iterator[str]:
    yield f"  {rule.stage:<14} {rule.reason:<28} {rule.measure}"
    number = rule.number
    if number:
        limit = f"{rule.test} {shown(number.value)}".strip()
        yield f"  {'':<14} {'':<28} {limit} {number.unit} [{number.basis}: {number.citation}] {number.where}"
