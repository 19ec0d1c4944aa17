"""The command `corpus`: exit 0 done, 1 failed, 2 bad usage or recipe, before anything runs."""

from __future__ import annotations

import argparse
import logging
import pkgutil
import sys
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from corpus.errors import CorpusError, UsageError
from corpus.recipe import nearest
from pipelines import commands

PROLOGUE = "Rebuild the pretraining corpus of LLaMA (arXiv 2302.13971) from public dumps."


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are the project's: one line, what was expected and what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"usage as in `{self.prog} --help`", message)


def command_modules() -> dict[str, ModuleType]:
    """The commands there are, by name."""
    found = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    return {name: import_module(f"{commands.__name__}.{name}") for name in found}


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, less what stands after `--`."""
    whole = _Parser("corpus", description=PROLOGUE)
    choose = whole.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, module in command_modules().items():
        assert module.__doc__
        first = module.__doc__.splitlines()[0]
        one = choose.add_parser(name, help=first, description=module.__doc__, formatter_class=_Help)
        module.arguments(one)
        one.set_defaults(run=module.run)
    return whole


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help that keeps the line breaks of docstrings."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    cut = words.index("--") if "--" in words else len(words)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger().setLevel(logging.ERROR)
    try:
        _refuse_unknown(words[:1])
        options = parser().parse_args(words[:cut])
        options.beam = words[cut + 1 :]
        code: int = options.run(options)
        return code
    except CorpusError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("corpus: stopped; the same command goes on from where it was", file=sys.stderr)
        return 130


def _refuse_unknown(first: list[str]) -> None:
    known = command_modules()
    if first and not first[0].startswith("-") and first[0] not in known:
        raise UsageError("a command", repr(first[0]), "corpus", nearest(first[0], list(known)))


def settings_of(assignments: list[str]) -> dict[str, str]:
    """name -> text of the `--set name=value` given.

    Raises:
        UsageError: one has no `=`.
    """
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, equals, _text in pairs:
        if not equals:
            raise UsageError("name=value", repr(name), "--set")
    return {name: text for name, _equals, text in pairs}
