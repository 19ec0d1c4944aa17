"""Whether an output is there already: made of the same, by the same code, and still what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from corpus.code import reached_by
from corpus.manifest import digest
from corpus.output.lineage import content_digest
from corpus.output.manifest import FINISHED, KINDS, Kind, files_of, read_manifest
from corpus.output.read import Output, alike, damaged, sizes_below
from corpus.storage import LOCAL, Storage

FINGERPRINT = "fingerprint"
"""The field of a manifest with a digest of all that the output depends on."""


def fingerprint_of(functions: Iterable[Any], *values: Any) -> str:
    """A digest of the code that functions reach, with the versions of its libraries, and of JSON values."""
    return digest([reached_by(functions), *values])


def contents_of(outputs: Iterable[Output]) -> list[list[str]]:
    """What outputs hold of which others are made: for each its name and a digest."""
    return sorted([one.name, content_digest(one.manifest, KINDS[one.manifest["kind"]])] for one in outputs)


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
