"""One file a source; the name of the file is its registration."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from corpus.errors import UsageError
from corpus.recipe import nearest
from pipelines.stages import Source


def names() -> list[str]:
    """The sources there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_source(name: str) -> Source:
    """The source of that name.

    Raises:
        UsageError: there is none; the message lists the nearest.
    """
    if name not in names():
        raise UsageError("a source", repr(name), "SOURCE", nearest(name, names()))
    source: Source = import_module(f"{__name__}.{name}").SOURCE
    return source
