"""The files that a command's inputs name: paths, folders and globs, each file once, named below their common folder."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import takewhile
from typing import NamedTuple, TypeVar

from corpus.errors import InputError
from corpus.output.manifest import FOREIGN, read_manifest
from corpus.readers.base import InputFile
from corpus.stores.addresses import is_local, storage_of
from corpus.stores.objects import CALLS_AT_ONCE
from pipelines.engine import files

T = TypeVar("T")
_WILDCARDS = frozenset("*?[")


class Found(NamedTuple):
    """What inputs name: files, ordered by name; and (path, what it is) of all that is no file."""

    files: list[InputFile]
    unusable: list[tuple[str, str]]


class _Entry(NamedTuple):
    """A path that an input names, the folder of that input, and size and time where the store has said them."""

    path: str
    base: str
    stored: InputFile | None = None


def find_inputs(patterns: list[str], output: str) -> Found:
    """The files of a dump.

    A path that exists is taken as it is, whatever characters it has. Links to folders are followed, each folder once.
    What lies in an output of one of our commands, below a folder or glob, is no dump and left out.

    Args:
        patterns: paths, folders (with all below them) and globs, on any filesystem.
        output: the folder of the build to come, left out too.

    Raises:
        InputError: a pattern names no file.
    """
    entries: list[_Entry] = []
    for pattern in patterns:
        named = list(_local(pattern) if is_local(pattern) else _remote(pattern))
        if not named:
            raise InputError("a file, folder or glob that names a file", f"nothing at {pattern}", "--input")
        entries += named
    dumps = _dumps_only(entries, output)
    if not dumps:
        raise InputError("files of a dump", f"only outputs of earlier commands at {patterns[0]}", "--input")
    return _named(dumps)


def each_of(call: Callable[[InputFile], T], some: list[InputFile]) -> list[T]:
    """What a call gives of each file, in their order; of files of an object store many at once, as each call waits."""
    if all(is_local(file.path) for file in some):
        return list(map(call, some))
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        return list(pool.map(call, some))


def _named(entries: list[_Entry]) -> Found:
    """Each entry once, with its name below the deepest folder that all inputs have in common."""
    common = _common_folder({_absolute(entry.base) for entry in entries})
    once: dict[str, _Entry] = {}
    for entry in sorted(entries, key=lambda entry: (len(entry.path), entry.path)):  # the shortest way to it names it
        once.setdefault(_same_entry(entry.path), entry)
    found, unusable = [], []
    for entry in once.values():
        file = entry.stored or _stated(entry.path)
        if isinstance(file, InputFile):
            found.append(file._replace(name=_absolute(entry.path)[len(common) :]))
        else:
            unusable.append((entry.path, file))
    return Found(sorted(found, key=lambda file: (file.name, file.path)), sorted(unusable))


def _local(pattern: str) -> Iterator[_Entry]:
    """What a pattern of this machine names."""
    if os.path.lexists(pattern):
        path = _plain(pattern)
        yield from _below(path, path if os.path.isdir(pattern) else os.path.dirname(path))
        return
    base = _plain(_before_wildcard(pattern))
    for path in glob.glob(pattern, recursive=True):
        yield from _below(_plain(path), base)


def _plain(path: str) -> str:
    """A path without `./` and `//`; "" for the working folder. One with `..` stays, as links may stand before it."""
    plain = path if ".." in path.split("/") else os.path.normpath(path)
    return "" if plain == "." else plain


def _below(path: str, base: str) -> Iterator[_Entry]:
    if os.path.isdir(path or "."):
        yield from (_Entry(found, base) for found in _walk(path, set()))
    else:
        yield _Entry(path, base)


def _walk(folder: str, entered: set[tuple[int, int]]) -> Iterator[str]:
    """All that is no folder below a folder; links to folders are followed, each folder once, so that loops end."""
    status = os.stat(folder or ".")
    if (status.st_dev, status.st_ino) in entered:
        return
    entered.add((status.st_dev, status.st_ino))
    for name in sorted(os.listdir(folder or ".")):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            yield from _walk(path, entered)
        else:
            yield path


def _remote(pattern: str) -> Iterator[_Entry]:
    """What a pattern of an object store names: files, or all whose names begin with it and a `/`."""
    folder = pattern.rstrip("/")
    found = {file.path: file for file in files.match(pattern, f"{folder}/**")}
    for path, file in found.items():
        base = os.path.dirname(path) if path == pattern else folder
        yield _Entry(path, base if path.startswith(f"{base}/") else _before_wildcard(pattern), file)


def _before_wildcard(pattern: str) -> str:
    """The folder of a glob: what stands before the first part that has a wildcard."""
    parts = pattern.split("/")
    return "/".join(parts[: _first_wild(parts)]) or ("/" if pattern.startswith("/") else "")


def _first_wild(parts: list[str]) -> int:
    return next((at for at, part in enumerate(parts) if _WILDCARDS & set(part)), len(parts) - 1)


def _same_entry(path: str) -> str:
    """The same for two paths that lead to one name in one folder: by `..`, or by a link to the folder."""
    if not is_local(path):
        return path
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)


def _absolute(path: str) -> str:
    return os.path.abspath(path) if is_local(path) else path


def _common_folder(bases: Iterable[str]) -> str:
    """The deepest folder that holds all of some folders, with its `/`; "" where there is none."""
    columns = zip(*(base.rstrip("/").split("/") for base in bases), strict=False)
    shared = takewhile(lambda parts: len(set(parts)) == 1, columns)
    return "/".join([*(parts[0] for parts in shared), ""])


def _stated(path: str) -> InputFile | str:
    """A local file with its size and time; what it is, where it is none that can be read."""
    try:
        status = os.stat(path)
    except OSError as error:
        return f"a link that leads nowhere ({error.strerror})"
    if not stat.S_ISREG(status.st_mode):
        return "no regular file (a pipe, socket or device)"
    return InputFile(path, status.st_size, status.st_mtime)


def _dumps_only(entries: list[_Entry], output: str) -> list[_Entry]:
    """The entries that lie in no output of ours, as far as they were met below a folder or glob."""
    above = {entry: _folders_between(entry) for entry in entries}
    folders = sorted({folder for some in above.values() for folder in some})
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        ours = dict(zip(folders, pool.map(partial(_is_output, output=output), folders), strict=True))
    return [entry for entry in entries if not any(ours[folder] for folder in above[entry])]


def _folders_between(entry: _Entry) -> list[str]:
    """The folders that a path lies in, below its input's."""
    folder, found = os.path.dirname(entry.path), []
    while len(folder) > len(entry.base.rstrip("/")):
        found.append(folder)
        folder = os.path.dirname(folder)
    return found


def _is_output(folder: str, output: str) -> bool:
    if _same_entry(_absolute(folder)) == _same_entry(_absolute(output.rstrip("/"))):
        return True
    manifest = read_manifest(folder, storage_of(folder))
    return manifest is not None and manifest["state"] != FOREIGN
