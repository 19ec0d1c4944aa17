"""Rooms: a module that one source alone reaches lies in that source's room, on every floor.

Which sources reach a module is told by imports, followed to their end: from a source's own module, and from everything
else that is run by itself (commands, training, the engine), which counts as nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guards.imports import Module, graph, reachable

SOURCES = "pipelines.sources"
FLOORS = ("corpus.readers", "filters", "pipelines")
ROOMS = {"web": ("commoncrawl", "c4")}
"""Rooms that serve several sources; any other serves the source it is named after."""
KINDS = "pipelines.engine.dedup."
"""The kinds of dedup are any source's, like the kinds of steps, although today one source alone may use a kind."""


def source_names(modules: Mapping[str, Module]) -> list[str]:
    """The sources there are, by their file or folder."""
    return sorted({name.split(".")[2] for name in modules if name.startswith(f"{SOURCES}.")})


def source_module(name: str, modules: Mapping[str, Module]) -> str:
    """The module in which a source stands."""
    folder = f"{SOURCES}.{name}.source"
    return folder if folder in modules else f"{SOURCES}.{name}"


def rooms_of(source: str) -> set[str]:
    """The names of the rooms that serve a source."""
    return {source} | {room for room, served in ROOMS.items() if source in served}


def room_of(module: str, rooms: set[str]) -> str:
    """The room that a module lies in; "" for one that is everybody's."""
    return next((part for part in module.split(".")[1:] if part in rooms), "")


def users(modules: Mapping[str, Module]) -> dict[str, set[str]]:
    """Who reaches each module: names of sources, and "" where something that is no source's does."""
    edges = graph(modules)
    names = source_names(modules)
    found: dict[str, set[str]] = {module: set() for module in modules}
    for name in names:
        for module in (start := source_module(name, modules), *reachable(start, edges)):
            found[module].add(name)
    owned = {module for module in modules if module.startswith(f"{SOURCES}.")}
    imported = {target for targets in edges.values() for target in targets}
    kinds = {module for module in modules if module.startswith(KINDS)}
    for start in (modules.keys() - owned - imported) | kinds:
        found[start].add("")
        for module in reachable(start, edges):
            found[module].add("")
    return found


def misplaced(modules: Mapping[str, Module]) -> list[str]:
    """Modules that one source alone reaches, outside its rooms; and modules of a room that others' sources reach."""
    names = source_names(modules)
    rooms = {room for name in names for room in rooms_of(name)}
    found = []
    for module, who in sorted(users(modules).items()):
        if any(module.startswith(f"{floor}.") for floor in FLOORS) and not modules[module].is_package:
            found += _faults(module, who, room_of(module, rooms))
    return found


def _faults(module: str, who: set[str], room: str) -> Iterator[str]:
    sources = who - {""}
    if len(who) == 1 and sources:
        (source,) = sources
        if room not in rooms_of(source):
            yield f"{module} serves {source} alone and lies outside its room"
        elif room in ROOMS and source != ROOMS[room][0]:
            yield f"{module} serves {source} alone and lies in the room {room}"
    for source in sorted(sources):
        if room and room not in rooms_of(source):
            yield f"{module} lies in the room {room} and serves {source}"
