"""The whole command line of `corpus`: its commands, and every error as one line with its exit code."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import sys
import time
import traceback
from importlib.metadata import EntryPoint
from typing import Any

from corpus.errors import CorpusError, OutputError, UsageError
from corpus.output.run_record import run_of
from corpus.progress.reporter import Reporter, reporting
from corpus.recipe import nearest
from corpus.visible import visible
from pipelines import commands
from pipelines.parsing import Parser, add_commands, add_printing, mode_of, modules_of
from pipelines.plugins import COMMANDS, load, plugins
from pipelines.reach import reach
from pipelines.versions import PrintVersions

PROLOGUE = "Rebuild the pretraining corpus of LLaMA (arXiv 2302.13971) from public dumps."
BUG = "corpus: this is a fault of the program: please report the lines above with those of `corpus --version`"

OF_THE_MACHINE = frozenset(
    getattr(errno, name)
    for name in ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EMFILE", "ENFILE", "ENOMEM", "ESTALE",
                 "ENODEV", "ENXIO", "ETIMEDOUT", "EFBIG", "EMLINK", "ENAMETOOLONG", "ELOOP")
)  # fmt: skip
"""Error numbers that say that the machine refuses, and not that the program asks for nonsense."""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, less what stands after `--`."""
    whole = Parser("corpus", description=PROLOGUE)
    whole.add_argument("--version", action=PrintVersions, help="print this and other versions, and exit")
    add_commands(whole, all_commands(), "COMMAND", "commands")
    add_printing(whole)
    return whole


def all_commands() -> dict[str, Any]:
    """The commands by name: the project's own, and those of entry points."""
    own = modules_of(commands)
    return own | {name: _of_plugin(point) for name, point in plugins(COMMANDS, own).items()}


def _of_plugin(point: EntryPoint) -> Any:
    """The command of an entry point; one that cannot be imported says so when it is used, and harms no other."""
    try:
        return load(point)
    except UsageError as error:
        return _Broken(error)


class _Broken:
    """A command that cannot be imported."""

    def __init__(self, error: UsageError) -> None:
        self.__doc__, self.error = f"(cannot be imported: {error.got})".replace("%", "%%"), error

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)

    def run(self, options: argparse.Namespace) -> int:
        raise self.error


def run_line(words: list[str]) -> int:
    """Run one command line; its exit code.

    An error a user can meet is one line. A fault of the program keeps its traceback, since that is all there is to
    find it by on a machine that no longer exists tomorrow, and ends with a line that says so.
    """
    began, reporter = time.monotonic(), None
    cut = words.index("--") if "--" in words else len(words)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger().setLevel(logging.ERROR)
    try:
        whole = parser()
        _refuse_unknown(words[:1])
        options = whole.parse_args(words[:cut])
        options.beam, options.parser, options.run_line = words[cut + 1 :], whole, run_line
        with reporting(_named(options), mode_of(options), began) as reporter, run_of(words):
            if options.beam:
                reach(options.beam)
            reporter.code = options.run_command(options)
        return reporter.code
    except CorpusError as error:
        return _say(reporter, str(error), error.exit_code)
    except BrokenPipeError:  # whoever read the output (`| head`) has enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return 0
    except KeyboardInterrupt as stopped:
        code = getattr(stopped, "exit_code", 128 + signal.SIGINT)
        return _say(reporter, "stopped; the same command continues from here", code)
    except Exception as error:
        if isinstance(error, OSError) and (error.errno in OF_THE_MACHINE or _is_of_a_store(error)):
            return _say(reporter, str(_of_the_machine(error)), 1)
        traceback.print_exc()
        print(BUG, file=sys.stderr)
        return 1


def _named(options: argparse.Namespace) -> str:
    """The words of a command without its options: `build github`, `train tokenizer`."""
    given = (getattr(options, name, None) for name in ("what", "do", "source", "format"))
    return " ".join([options.command, *(word for word in given if isinstance(word, str))])


def _say(reporter: Reporter | None, text: str, code: int) -> int:
    """Print an error in the form that was asked for; its exit code."""
    line = f"corpus: {visible(text)}"
    if not (reporter and reporter.say(line, "error", code)) and sys.stderr:  # None where it was closed
        print(line, file=sys.stderr)
    return code


def _is_of_a_store(error: OSError) -> bool:
    """Whether an object store refused (pipelines/engine/remote.py): a bucket that is not there is no fault of ours."""
    return error.errno is not None and "://" in str(error.filename)


def _of_the_machine(error: OSError) -> CorpusError:
    if _is_of_a_store(error):
        do = "see to the address, the network and your rights there, then run the same command again"
        return OutputError("a store that answers", error.strerror or str(error), str(error.filename), do)
    path = os.fspath(error.filename) if isinstance(error.filename, str | os.PathLike) else ""
    do = "see to room, permission and health there, then run the same command again"
    return OutputError("a machine that reads and writes files", error.strerror or str(error), path, do)


def _refuse_unknown(first: list[str]) -> None:
    known = all_commands()
    if first and not first[0].startswith("-") and first[0] not in known:
        raise UsageError("a command", repr(first[0]), "corpus", nearest(first[0], list(known)))
