"""What other distributions add: sources, exports and commands, each an entry point of a group of its own.

    [project.entry-points."llama_corpus.sources"]
    recipes = "my_package.recipes"            a module with SOURCE, or a Source

    [project.entry-points."llama_corpus.exports"]
    webdataset = "my_package.webdataset"      a module with export(input, output) -> paths written

    [project.entry-points."llama_corpus.commands"]
    browse = "my_package.browse"              a module with arguments(parser) and run(options) -> exit code

The project's own `corpus model` comes in by the same door. Names are known without importing anything.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from corpus.errors import CorpusError, InputError, UsageError
from corpus.manifest import file_digest

SOURCES, EXPORTS, COMMANDS = "llama_corpus.sources", "llama_corpus.exports", "llama_corpus.commands"


def plugins(group: str, own: Iterable[str] = ()) -> dict[str, metadata.EntryPoint]:
    """The entry points of a group by name; own are names that the project has taken.

    Raises:
        UsageError: two distributions, or one and the project, use one name.
    """
    taken = dict.fromkeys(own, "llama-corpus")
    found = {}
    for point in sorted(metadata.entry_points(group=group), key=lambda point: (point.name, point.value)):
        owner = point.dist.name if point.dist else point.value
        if point.name in taken:
            do = "uninstall one of the two"
            raise UsageError(f"one `{point.name}` in {group}", f"one of {taken[point.name]} and one of {owner}", "", do)
        taken[point.name] = owner
        found[point.name] = point
    return found


def load(point: metadata.EntryPoint) -> Any:
    """What an entry point names.

    Raises:
        UsageError: it cannot be imported.
    """
    try:
        return point.load()
    except Exception as error:  # code of others may fail in any way
        owner = point.dist.name if point.dist else "its distribution"
        got = f"{type(error).__name__}: {error}"
        do = f"update or uninstall {owner}"
        raise UsageError(f"{point.value} to be imported", got, f"{point.group} {point.name}", do) from error


def module_of_file(path: str) -> ModuleType:
    """The module in a file, imported anew when the file has changed.

    Its name is made of the file's own and a digest of what it holds, so that two files, or two states of one, are two
    modules. Worker processes have no such module: its functions and classes travel with the pipeline, by value.

    Raises:
        InputError: no such file.
        UsageError: it cannot be imported.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise InputError("a Python file with a SOURCE", "no such file", path)
    # Two files may have one stem, and one file two states: the digest tells them apart in sys.modules and in pickles.
    name = f"source_file_{file.stem}_{file_digest(file)[:8]}"
    if name not in sys.modules:
        sys.modules[name] = _imported(name, file, path)
        _send_by_value(sys.modules[name])
    sys.modules[name].__file__ = str(file)  # the same file may have been imported where it no longer is
    return sys.modules[name]


def _imported(name: str, file: Path, path: str) -> ModuleType:
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError("a Python file with a SOURCE", "a file Python cannot import", path)
    module = sys.modules[name] = module_from_spec(spec)  # dataclasses look their module up while it is imported
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # code of others may fail in any way
        del sys.modules[name]
        if isinstance(error, CorpusError):  # of a recipe or a step: it says what is wrong; the file knows where
            where = ": ".join(filter(None, (f"{path}{_line(error, file)}", error.where)))
            raise UsageError(error.expected, error.got, where, error.do) from error
        raise UsageError("a file that can be imported", _fault(error, file), path, _advice(error, file)) from error
    return module


def _fault(error: Exception, file: Path) -> str:
    """The error, and the line of the file that raised it."""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {said}{_line(error, file)}"


def _line(error: Exception, file: Path) -> str:
    """The line of the file that raised an error; empty where it is none of that file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
    return f" (line {line})" if line else ""


def _advice(error: Exception, file: Path) -> str:
    """What to do where the file imports a neighbour, which no worker process would find."""
    name = getattr(error, "name", None) or ""
    beside = isinstance(error, ModuleNotFoundError) and list(file.parent.glob(f"{name.partition('.')[0]}*"))
    return "put both into one file, or into an installed package with an entry point (docs/python.md)" if beside else ""


def _send_by_value(module: ModuleType) -> None:
    from apache_beam.internal.cloudpickle import cloudpickle

    cloudpickle.register_pickle_by_value(module)
