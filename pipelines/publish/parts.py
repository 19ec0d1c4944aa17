"""What lies in the folders that are to be published: builds, token shards, a tokenizer and a mixture, all sound."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from corpus.errors import InputError, UsageError
from corpus.output.manifest import BUILD, MIXTURE, TOKENIZER, TOKENS, Kind
from corpus.output.read import Output, holds, outputs_in
from corpus.stores.addresses import is_local, storage_of

KINDS = (BUILD, TOKENS, TOKENIZER, MIXTURE)
"""Kinds of outputs that are published; others in the same folders (models, exports) are passed over."""

_ONE_OF = {BUILD.name: "build of", TOKENS.name: "folder of token shards called"}


class Parts(NamedTuple):
    """The outputs to publish: builds and token shards by source and name, at most one tokenizer and one mixture."""

    builds: tuple[Output, ...]
    tokens: tuple[Output, ...] = ()
    tokenizer: Output | None = None
    mixture: Output | None = None

    @property
    def all(self) -> tuple[Output, ...]:
        """All of them."""
        return (*self.builds, *self.tokens, *(one for one in (self.tokenizer, self.mixture) if one))


def parts_in(folders: Sequence[str], output: str) -> Parts:
    """The outputs that folders are or hold.

    Args:
        output: where they will be published, which none of these folders may hold.

    Raises:
        InputError: a folder holds none; UnsoundError: one of them is unfinished, failed, stale or damaged.
        UsageError: no build among them, or two that would have one place.
    """
    for folder in folders:
        _refuse_within(folder, output)
        if not any(holds(folder, kind, storage_of(folder)) for kind in KINDS):
            do = "give folders that `corpus build`, `corpus tokenize` or `corpus mix` wrote"
            raise InputError("finished builds, or token shards, a tokenizer or a mixture", "none", folder, do)
    builds = _by_name(BUILD, folders, "source")
    if not builds:
        raise UsageError("a finished build", "none in these folders", " ".join(folders), "run `corpus build` first")
    return Parts(builds, _by_name(TOKENS, folders, ""), _one(TOKENIZER, folders), _one(MIXTURE, folders))


def _refuse_within(folder: str, output: str) -> None:
    """What is published holds outputs itself: in a folder that is published they would be taken for others."""
    if is_local(folder) and is_local(output):
        folder, output = os.path.realpath(folder), os.path.realpath(output)
    if f"{output.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/"):
        raise UsageError(f"a folder outside of {folder}", output, "--output", "choose one beside it")


def _found(kind: Kind, folders: Iterable[str]) -> list[Output]:
    """The outputs of a kind, each once."""
    found: dict[str, Output] = {}
    for folder in folders:
        storage = storage_of(folder)
        for one in outputs_in(folder, kind, storage) if holds(folder, kind, storage) else ():
            found.setdefault(os.path.realpath(one.folder) if is_local(one.folder) else one.folder, one)
    return [found[path] for path in sorted(found)]


def _by_name(kind: Kind, folders: Iterable[str], field: str) -> tuple[Output, ...]:
    """Outputs by a field of their manifest, or the name of their folder.

    Raises:
        UsageError: two have the same.
    """
    named: dict[str, Output] = {}
    for one in _found(kind, folders):
        name = str(one.manifest[field]) if field else one.name
        if name in named:
            both, do = f"{named[name].folder} and {one.folder}", "publish them apart, or give one of the two folders"
            raise UsageError(f"one {_ONE_OF[kind.name]} {name}", both, "publish", do)
        named[name] = one
    return tuple(named[name] for name in sorted(named))


def _one(kind: Kind, folders: Iterable[str]) -> Output | None:
    found = _found(kind, folders)
    if len(found) > 1:
        do = "publish them apart, or give the folder of one"
        raise UsageError(f"one {kind.name}", " and ".join(one.folder for one in found), "publish", do)
    return found[0] if found else None
