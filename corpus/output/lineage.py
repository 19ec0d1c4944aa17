"""What an output was made of, and whether that is still the same: an output of another origin than stands there now is
stale.

An origin is kept as its path (seen from the output where both are on this machine, so that a tree of outputs can be
moved), its kind, and a digest of the names and digests of the files that count for others (Kind.content). An origin
that is no longer there says nothing: documents may be deleted once they are tokens.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from corpus.manifest import digest
from corpus.output.manifest import (
    DAMAGED,
    FINISHED,
    FOREIGN,
    KINDS,
    MANIFEST,
    Kind,
    files_of,
    is_named,
    read_manifest,
)
from corpus.storage import Storage

MADE_OF = "made_of"
"""The field of a manifest that lists origins."""


def content_digest(manifest: Mapping[str, Any], kind: Kind) -> str:
    """A digest of the files of an output that count for what is made of it."""
    files = files_of(manifest)
    return digest([[name, files[name].sha256] for name in sorted(files) if is_named(kind.content, name)])


def origin(folder: str, manifest: Mapping[str, Any], of: str) -> dict[str, str]:
    """The output in a folder as the manifest of another, in the folder `of`, names what it was made of."""
    kind = KINDS[manifest["kind"]]
    return {"path": seen_from(of, folder), "kind": kind.name, "digest": content_digest(manifest, kind)}


def origins(manifest: Mapping[str, Any], folder: str) -> list[tuple[str, Mapping[str, str]]]:
    """The folders of what an output was made of, each with how the manifest names it."""
    return [(_from(folder, one["path"]), one) for one in manifest.get(MADE_OF, ())]


def stale(manifest: Mapping[str, Any], folder: str, storage: Storage) -> str:
    """Why an output is not what the same command would make now, in a few words; empty where nothing says so."""
    for path, stated in origins(manifest, folder):
        if _is_elsewhere(path, folder):
            continue
        now = read_manifest(path, storage)
        if now is None or now["state"] == FOREIGN:
            continue
        if now["state"] != DAMAGED and now["kind"] != stated["kind"]:
            continue
        if now["state"] != FINISHED:
            return f"one made of {path}, whose {MANIFEST} is {now['state']} now"
        if content_digest(now, KINDS[now["kind"]]) != stated["digest"]:
            return f"a stale one: {path}, which it was made of, has changed since"
        if deeper := stale(now, path, storage):
            return deeper
    return ""


def _is_elsewhere(path: str, folder: str) -> bool:
    """Whether a path lies on a filesystem that who reads this folder may be unable to read."""
    return "://" in path and "://" not in folder


def seen_from(folder: str, path: str) -> str:
    """A path as an output in a folder names it: relative where both are on this machine."""
    if "://" in path or "://" in folder:
        return path
    return os.path.relpath(os.path.realpath(path), os.path.realpath(folder))


def _from(folder: str, path: str) -> str:
    if "://" in path or "://" in folder:
        return path
    return os.path.normpath(os.path.join(os.path.realpath(folder), path))
