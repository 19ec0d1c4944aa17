"""Where the files of a dump came from: what `corpus fetch` noted beside them, found again by their digests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from corpus.stores.addresses import is_local
from pipelines.fetch.record import RECORD, known_files

LEVELS = 4
"""Folders, from that of a file upwards, in which a record may lie: fetched files lie a few folders deep."""


class Origin(NamedTuple):
    """The address of a file, and the day on which it was fetched, as 2026-01-31."""

    url: str
    date: str


def origins(inputs: Iterable[Mapping[str, Any]]) -> dict[str, Origin]:
    """Where inputs came from, by digest; those that were not fetched, or are no longer there, are left out."""
    wanted = {one["digest"]: one["path"] for one in inputs if one.get("digest") and is_local(one["path"])}
    folders = {folder for path in wanted.values() for folder in _above(path)}
    found = {}
    for folder in sorted(folders):
        for file in known_files(os.path.join(folder, RECORD)).values():
            if file.get("sha256") in wanted and file.get("url"):
                found[file["sha256"]] = Origin(str(file["url"]), str(file.get("date", "")))
    return found


def _above(path: str) -> Iterable[str]:
    folder = os.path.dirname(path)
    for _ in range(LEVELS):
        yield folder
        folder = os.path.dirname(folder)
