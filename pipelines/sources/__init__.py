"""One file per source, or one folder with its `source.py`; the name of the file or folder is its registration."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from corpus.errors import UsageError
from corpus.recipe import nearest

if TYPE_CHECKING:
    from pipelines.engine.stages import Source


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
    module = import_module(f"{__name__}.{name}")
    if hasattr(module, "__path__"):  # a folder: the source stands in its source.py
        module = import_module(f"{__name__}.{name}.source")
    source: Source = module.SOURCE
    return source
