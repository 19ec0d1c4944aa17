"""The sources: one file each, or one folder with its `source.py`; the name of the file or folder is its registration.

Others come from outside: an entry point of the group `llama_corpus.sources`, or the path of a file with a SOURCE.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

from corpus.errors import UsageError
from corpus.recipe import nearest
from pipelines.plugins import SOURCES, load, module_of_file, plugins

if TYPE_CHECKING:
    from pipelines.engine.stages import Source


def own_names() -> list[str]:
    """The sources of this project."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def names() -> list[str]:
    """The sources there are, those of other distributions among them; none is imported."""
    own = own_names()
    return sorted([*own, *plugins(SOURCES, own)])


def find_source(name: str) -> Source:
    """The source of that name, or of that file (`path/to/my_source.py`).

    Raises:
        UsageError: there is none, the message lists the nearest; or it cannot be imported.
        InputError: no such file.
    """
    if name.endswith(".py"):
        return _checked(module_of_file(name), name)
    if name in own_names():
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "__path__"):  # a folder: the source stands in its source.py
            module = import_module(f"{__name__}.{name}.source")
        return _checked(module, name)
    if name not in names():
        raise UsageError("a source, or the path of a .py file", repr(name), "SOURCE", nearest(name, names()))
    return _checked(load(plugins(SOURCES)[name]), name)


def _checked(found: Any, name: str) -> Source:
    """The SOURCE of a module, or what an entry point names itself."""
    from pipelines.engine.stages import Source

    source = getattr(found, "SOURCE", found)
    if not isinstance(source, Source):
        raise UsageError("SOURCE = Source(...)", f"{type(source).__name__} {getattr(source, '__name__', '')}", name)
    return source
