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

from collections.abc import Iterable
from importlib import metadata
from typing import Any

from corpus.errors import UsageError

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
