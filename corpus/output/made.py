"""Whether an output is there already: made of the same, by the same code, and still what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from corpus.code import reached_by
from corpus.manifest import digest
from corpus.output.lineage import content_digest, stale
from corpus.output.manifest import FINISHED, KINDS, MANIFEST, Kind, files_of, read_manifest, write_manifest
from corpus.output.read import Output, alike, damaged, folders_with, sizes_below
from corpus.storage import LOCAL, Storage, measure
from corpus.stores.addresses import storage_of

FINGERPRINT = "fingerprint"
"""The field of a manifest with a digest of all that the output depends on."""


def fingerprint_of(functions: Iterable[Any], *values: Any) -> str:
    """A digest of the code that functions reach, with the versions of its libraries, and of JSON values."""
    return digest([reached_by(functions), *values])


def contents_of(outputs: Iterable[Output]) -> list[list[str]]:
    """What outputs hold of which others are made: for each its name and a digest."""
    return sorted([one.name, content_digest(one.manifest, KINDS[one.manifest["kind"]])] for one in outputs)


def contents_at(path: str) -> list[list[str]] | None:
    """What a file holds, or what the outputs hold that a folder is or has below it; None where not all are sound."""
    storage = storage_of(path)
    folder, found = path.rstrip("/") or "/", []
    try:
        with storage.open(folder) as file:
            return [[folder.rpartition("/")[2], measure(file)[1]]]
    except OSError:  # a folder, or nothing
        pass
    for one in {folder, *folders_with([MANIFEST], folder, storage)}:
        manifest = read_manifest(one, storage)
        if manifest is None and one == folder:
            continue
        if manifest is None or manifest["state"] != FINISHED or stale(manifest, one, storage):
            return None
        found.append([one[len(folder) :], content_digest(manifest, KINDS[manifest["kind"]])])
    return sorted(found) or None


def note_fingerprint(folder: str, fingerprint: str, storage: Storage = LOCAL) -> None:
    """Have the manifest of a finished output say what it depends on."""
    manifest = read_manifest(folder, storage)
    if manifest and manifest["state"] == FINISHED:
        write_manifest(folder, {**manifest, FINGERPRINT: fingerprint}, storage)


def made_before(
    folder: str, kind: Kind, is_it: Callable[[Mapping[str, Any]], bool], storage: Storage = LOCAL
) -> dict[str, Any] | None:
    """The manifest of the output in a folder, where nothing has to be done for it; else None.

    Args:
        is_it: whether a finished manifest is that of the very output which is to be made.
    """
    manifest = read_manifest(folder, storage) or {}
    if (manifest.get("state"), manifest.get("kind")) != (FINISHED, kind.name) or not is_it(manifest):
        return None
    files = files_of(manifest)
    if alike(files, sizes_below(folder, storage)) or any(damaged(files.values(), folder, storage)):
        return None
    return manifest
