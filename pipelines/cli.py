"""The command `corpus`: exit 0 done, 1 failed, 2 bad usage or recipe, before anything runs."""

from __future__ import annotations

import argparse
import atexit
import logging
import os
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


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    """The modules of a package of commands, by the word each stands for."""
    found = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: import_module(f"{package.__name__}.{name}") for name in found}


def add_commands(parser: argparse.ArgumentParser, package: ModuleType, word: str) -> None:
    """Give a parser the commands of a package; the one chosen is options.run_<word>."""
    choose = parser.add_subparsers(title=f"{word.lower()}s", metavar=word, dest=word.lower(), required=True)
    for name, module in modules_of(package).items():
        text = module.__doc__ or ""
        one = choose.add_parser(name, help=text.split("\n", 1)[0], description=text, formatter_class=_Help)
        module.arguments(one)
        one.set_defaults(**{f"run_{word.lower()}": module.run})


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, less what stands after `--`."""
    whole = _Parser("corpus", description=PROLOGUE)
    add_commands(whole, commands, "COMMAND")
    return whole


def leave(code: int) -> NoReturn:
    """End the process with this code, as sys.exit does, but without tearing the interpreter down.

    A runner of several processes leaves daemon threads inside gRPC's C++; when Python's end stops them there, the whole
    process aborts, one run in five, after all work was done.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def console() -> NoReturn:
    """The command `corpus`."""
    leave(main())


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
        code: int = options.run_command(options)
        return code
    except CorpusError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # whoever read the output (`| head`) has enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return 0
    except KeyboardInterrupt:
        print("corpus: stopped; the same command goes on from where it was", file=sys.stderr)
        return 130


def _refuse_unknown(first: list[str]) -> None:
    known = modules_of(commands)
    if first and not first[0].startswith("-") and first[0] not in known:
        raise UsageError("a command", repr(first[0]), "corpus", nearest(first[0], list(known)))
