"""All that can be said about the outputs below a folder: what each is, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from corpus.output.lineage import origins, stale
from corpus.output.lock import PREFIX, writers
from corpus.output.manifest import (
    BUILD,
    DAMAGED,
    FAILED,
    FOREIGN,
    KINDS,
    MANIFEST,
    REPORT,
    UNFINISHED,
    Kind,
    OutputFile,
    files_of,
    read_manifest,
)
from corpus.output.read import command_of, damaged, folders_with, is_being_written, sizes_below, unlisted, wrong_files
from corpus.progress.work import step
from corpus.storage import LOCAL, PART, WORK, Storage

DIGEST_SECONDS = 1e-9
"""Expected for each byte that is compared."""


class Verified(NamedTuple):
    """An output as it was found.

    Args:
        folder: where it lies.
        kind: what it is; empty where nobody can tell.
        files: files that it lists.
        bytes: their size together.
        wrong: what is wrong with it, a few words each; none where it is sound.
        command: what makes it good; empty where nobody can tell.
        absent: folders that it was made of and that are no longer there, which is no fault.
    """

    folder: str
    kind: str
    files: int = 0
    bytes: int = 0
    wrong: tuple[str, ...] = ()
    command: str = ""
    absent: tuple[str, ...] = ()


def verify(folder: str, storage: Storage = LOCAL, quick: bool = False) -> Iterator[Verified]:
    """Every output that a folder is or holds, by path, and files that dead writers left elsewhere in it.

    Args:
        storage: the filesystem of the folder.
        quick: look at sizes, and read no file for its digest.
    """
    folder = folder.rstrip("/") or "/"
    signs = [MANIFEST, *(kind.sign for kind in KINDS.values() if kind.sign)]
    found = [one for one in folders_with(signs, folder, storage) if not _is_foreign(one, storage)]
    with step("verify", 0 if quick else sum(_listed_bytes(one, storage) for one in found), cost=DIGEST_SECONDS):
        for one in found:
            yield _verified(one, storage, quick)
    names = list(sizes_below(folder, storage))
    inside = tuple(f"{one[len(folder) + 1 :]}/".lstrip("/") for one in found)
    if left := [name for name in names if is_being_written(name) and not name.startswith(inside)]:
        yield Verified(folder, "no output", wrong=tuple(f"left by a killed command: {name}" for name in left))


def _listed_bytes(folder: str, storage: Storage) -> int:
    """The bytes of all files that an output lists."""
    return sum(file.bytes for file in files_of(read_manifest(folder, storage) or {}).values())


def _is_foreign(folder: str, storage: Storage) -> bool:
    return (read_manifest(folder, storage) or {}).get("state") == FOREIGN


def _verified(folder: str, storage: Storage, quick: bool) -> Verified:
    manifest = read_manifest(folder, storage)
    kind = KINDS.get((manifest or {}).get("kind", ""))
    if manifest is None or manifest["state"] == DAMAGED or kind is None:
        return Verified(folder, kind.name if kind else "", wrong=(f"{'a damaged' if manifest else 'no'} {MANIFEST}",))
    files, sizes = files_of(manifest), sizes_below(folder, storage)
    wrong = [*_of_state(manifest), *_of_files(files, sizes, folder, storage, quick)]
    if manifest["state"] != UNFINISHED:
        more = [name for name in unlisted(sizes, files) if name != REPORT]
        wrong += [f"a file that its {MANIFEST} does not list: {name}" for name in more]
    wrong += [f"left by a killed command: {name}" for name in sizes if _is_left(name, kind)]
    wrong += [f"is being written by {owner}" for owner in writers(folder, storage)] or _dead_locks(sizes)
    if why := stale(manifest, folder, storage):
        wrong.append(why)
    absent = tuple(path for path, _ in origins(manifest, folder) if read_manifest(path, storage) is None)
    size = sum(file.bytes for file in files.values())
    return Verified(folder, kind.name, len(files), size, tuple(wrong), command_of(manifest, kind), absent)


def _of_state(manifest: Mapping[str, Any]) -> Iterator[str]:
    if manifest["state"] == UNFINISHED:
        yield "not finished"
    if manifest["state"] == FAILED:
        yield f"failed: {manifest['faults'][0]}"


def _of_files(
    files: Mapping[str, OutputFile], sizes: Mapping[str, int], folder: str, storage: Storage, quick: bool
) -> Iterator[str]:
    """The files that are not what was written."""
    yield from wrong_files(files, sizes)
    if not quick:
        whole = [file for file in files.values() if sizes.get(file.name) == file.bytes]
        for file in damaged(whole, folder, storage):
            yield f"{file.name} has other bytes than were written"


def _is_left(name: str, kind: Kind) -> bool:
    """Whether a killed command left a file; a build keeps its work on purpose, for a later one to go on from."""
    return is_being_written(name) and not (kind == BUILD and name.startswith(f"{WORK}/") and not name.endswith(PART))


def _dead_locks(sizes: Mapping[str, int]) -> list[str]:
    return [f"the lock of a writer that died: {name}" for name in sizes if name.startswith(PREFIX)]
