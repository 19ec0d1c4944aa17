"""What commands are declared with: the parser, its help, a folder of commands, and the options that many share."""

from __future__ import annotations

import argparse
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from corpus.errors import UsageError


class Help(argparse.RawDescriptionHelpFormatter):
    """Help that keeps the line breaks of docstrings."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are the project's: one line, what was expected and what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"usage as in `{self.prog} --help`", message)


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    """The modules of a package of commands, by the word each stands for."""
    found = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: import_module(f"{package.__name__}.{name}") for name in found}


def add_commands(parser: argparse.ArgumentParser, commands: Mapping[str, Any], word: str, title: str) -> None:
    """Give a parser commands by name, below a title; the one chosen is options.run_<word>."""
    choose = parser.add_subparsers(title=title, metavar=word, dest=word.lower(), required=True)
    for name, module in commands.items():
        text = module.__doc__ or ""
        one = choose.add_parser(name, help=text.split("\n", 1)[0], description=text, formatter_class=Help)
        module.arguments(one)
        one.set_defaults(**{f"run_{word.lower()}": module.run})


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set`: the numbers of a recipe that this run changes; `corpus.recipe.parse_settings` reads them."""
    text = "change a number of the recipe (`corpus rules` lists them)"
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help=text)


def token_count(text: str) -> int:
    """A number of tokens: 1000000, 1_000_000 or 300e9.

    Raises:
        ArgumentTypeError: no whole number above 0.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value < 2**53 or value != int(value):
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, as 300e9, got {text!r}")
    return int(value)
