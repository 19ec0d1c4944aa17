"""The sources: one file each, or one folder with its `source.py`; the name of the file or folder is its registration.

Others come from outside: an entry point of the group `llama_corpus.sources`, or the path of a file with a SOURCE.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType
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
        UsageError: there is none, the message lists the nearest; or it cannot be imported, or is not sound.
        InputError: no such file.
    """
    own = own_names()
    if name.endswith(".py"):
        source = _sound(module_of_file(name), name)
        if source.name in names():
            do = f"rename it, or build that one by its name: `corpus build {source.name}`"
            raise UsageError("a name that no other source has", repr(source.name), name, do)
        return source
    if name in own:
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "__path__"):  # a folder: the source stands in its source.py
            module = import_module(f"{__name__}.{name}.source")
        found: Any = module
    elif name in names():
        found = load(plugins(SOURCES, own)[name])
    else:
        raise UsageError("a source, or the path of a .py file", repr(name), "SOURCE", nearest(name, names()))
    source = _sound(found, name)
    if source.name != name:
        do = "the name that it is registered by and the one in its Source are to be equal"
        raise UsageError(f"Source({name!r}, ...)", f"Source({source.name!r}, ...)", name, do)
    return source


def _sound(found: Any, name: str) -> Source:
    """The SOURCE of a module, or what an entry point names itself, checked."""
    from pipelines.engine.checks import require_sound
    from pipelines.engine.stages import Source

    is_module = isinstance(found, ModuleType)
    if is_module and not hasattr(found, "SOURCE"):
        raise UsageError("SOURCE = Source(...)", "a module without SOURCE", name, _nearest_source(found))
    source = found.SOURCE if is_module else found
    if not isinstance(source, Source):
        raise UsageError("SOURCE = Source(...)", f"one of type {type(source).__name__}", name)
    require_sound(source)
    return source


def _nearest_source(module: ModuleType) -> str:
    """What to do where a module has a Source by another name."""
    from pipelines.engine.stages import Source

    others = [variable for variable, value in vars(module).items() if isinstance(value, Source)]
    return f"rename {others[0]}" if others else "see docs/python.md"
