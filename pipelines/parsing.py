"""What commands are declared with: the parser, its help, a folder of commands, and the options that many share."""

from __future__ import annotations

import argparse
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from corpus.errors import UsageError
from corpus.progress.reporter import JSON, TEXT, Mode

PRINTING: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("-v", "--verbose"), {"dest": "verbose", "action": "store_true",
                           "help": "say what each worker has in hand, which were lost, and what was tried again"}),
    (("-q", "--quiet"), {"dest": "quiet", "action": "store_true",
                         "help": "print errors alone on standard error, and no progress"}),
    (("--log",), {"dest": "log", "choices": (TEXT, JSON), "default": TEXT, "metavar": "FORM",
                  "help": "progress, notes and errors on standard error as text, or as json: an object per line"}),
)  # fmt: skip
"""What every command takes: names and the rest of `add_argument`."""


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


def add_printing(parser: argparse.ArgumentParser) -> None:
    """-v, -q and --log, on every command alike; an option that a plugin's command declares itself stays its own."""
    for below in _commands_below(parser):
        group = below.add_argument_group("what is printed")
        for names, more in PRINTING:
            taken = {option for action in below._actions for option in action.option_strings}
            own = [name for name in names if name not in taken]
            if own and not any(action.dest == more["dest"] for action in below._actions):
                group.add_argument(*own, **more)


def _commands_below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of commands that have no commands below them."""
    choices = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    for some in choices:
        for below in some.values():
            yield from _commands_below(below)
    if not choices:
        yield parser


def mode_of(options: argparse.Namespace) -> Mode:
    """What a command is to print of its progress."""
    quiet, verbose = getattr(options, "quiet", False) is True, getattr(options, "verbose", False) is True
    return Mode(quiet, verbose and not quiet, JSON if getattr(options, "log", TEXT) == JSON else TEXT)


def words_of(mode: Mode) -> list[str]:
    """The options that ask for a mode, for a command that runs others."""
    log = ["--log", mode.log] if mode.log != TEXT else []
    return [*(["-q"] if mode.quiet else []), *(["-v"] if mode.verbose else []), *log]


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
