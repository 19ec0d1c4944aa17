"""What a build keeps in its work folder when it has finished, so that the next one does only what has changed.

    pass-0/*-KEY.*        what each pass left of each shard, its `done` among it (passes.py)
    pass-0/parts-P.json   what a `done` with the fingerprint P depends on, by name: for `--explain`
    prepared/*-KEY.*      what a source's preparation found of a shard (the posts of a site); `.bin` are deleted first
    plan.json             the shards by key, with names and digests of their files: for `--explain`
    inputs.json           digests of input files, so that unchanged ones are not read again (contents.py)
    shards-*, listed-*    while it runs: its shards, which workers read, and its inputs, which its manifest lists

It is kept on this machine's disks only, and only up to `kept_work_bytes`: what passes leave each other is not packed,
and takes about as much room as the texts. Files that are in the build's own folder too take none.
"""

from __future__ import annotations

import hashlib
import os
import re
from itertools import accumulate
from typing import Any

from corpus.manifest import digest
from corpus.storage import Stored
from corpus.stores.addresses import is_local, storage_of
from pipelines.engine import files
from pipelines.engine.files import Blob
from pipelines.engine.layout import PREPARED, Plan
from pipelines.engine.plan import VERSIONS, Planned
from pipelines.engine.shards import largest_first, packed_shards

PLAN = "plan.json"
_KEY = re.compile(rf"^(?:pass-\d+|{PREPARED})/\w[\w-]*?-([0-9a-f]{{32}})\.[a-z]+$")


def note_plan(planned: Planned) -> None:
    """Write down what the build is about to do, for its workers and for builds to come."""
    plan = planned.plan
    if plan.names:
        files.write_json(plan.names, [shard.key for shard in planned.shards])
        with files.create_scratch(noted_shards(planned)[0].path) as file:
            file.write(b"".join(_packed(planned)))
        files.write_json(noted_inputs(planned), [file._asdict() for file in planned.inputs])
    for index, parts in enumerate(planned.parts):
        files.write_json(parts_file(plan, index, plan.fingerprints[index]), parts)
    if planned.versions:
        files.write_sealed(f"{plan.work}/{VERSIONS}", dict(planned.versions))


def noted_shards(planned: Planned) -> list[Blob]:
    """Where the shards of a build stand in the file that `note_plan` writes of them."""
    packed = _packed(planned)
    path = f"{planned.plan.work}/shards-{digest([hashlib.sha256(some).hexdigest() for some in packed])}.json"
    ends = list(accumulate(map(len, packed)))
    return [Blob(path, end - len(some), len(some)) for end, some in zip(ends, packed, strict=True)]


def _packed(planned: Planned) -> list[bytes]:
    return packed_shards(largest_first(planned.shards, planned.inputs))


def noted_inputs(planned: Planned) -> str:
    """The file of a build's inputs, as its manifest lists them."""
    return f"{planned.plan.work}/listed-{digest([file._asdict() for file in planned.inputs])}.json"


def parts_file(plan: Plan, index: int, fingerprint: str) -> str:
    """The file of the parts of a pass's fingerprint."""
    return f"{plan.pass_folder(index)}/parts-{fingerprint}.json"


def keep_work(planned: Planned) -> int:
    """Delete of the work folder what no later build can use, or all of it; the bytes that it takes now."""
    plan = planned.plan
    if not is_local(plan.work):
        files.remove_folder(plan.work)
        return 0
    storage = storage_of(plan.work)
    found = storage.files_below(plan.work)
    wanted = {f"pass-{index}/parts-{digest}.json" for index, digest in enumerate(plan.fingerprints)}
    wanted |= {PLAN, VERSIONS}
    keys = {shard.key for shard in planned.shards}
    kept = [file for file in found if _is_wanted(file.path[len(plan.work) + 1 :], wanted, keys)]
    size = sum(map(_own_bytes, kept))
    if size > plan.number("kept_work_bytes"):
        kept = [file for file in kept if not _is_copy(file.path[len(plan.work) + 1 :])]
        size = sum(map(_own_bytes, kept))
    if size > plan.number("kept_work_bytes"):
        files.remove_folder(plan.work)
        return 0
    files.write_sealed(f"{plan.work}/{PLAN}", _noted(planned))
    storage.remove(*(file.path for file in set(found) - set(kept)))
    _remove_empty_folders(plan.work)
    return size


def _is_wanted(name: str, wanted: set[str], keys: set[str]) -> bool:
    shard = _KEY.match(name)
    return name in wanted or (shard is not None and shard[1] in keys)


def _is_copy(name: str) -> bool:
    """Whether a file holds records of the dump itself, set apart: as large as they are, and soon made again."""
    return name.startswith(f"{PREPARED}/") and name.endswith(".bin")


def _own_bytes(file: Stored) -> int:
    """The room that a file takes on disk for the work folder's sake."""
    return file.bytes if os.stat(file.path).st_nlink == 1 else 0


def _remove_empty_folders(folder: str) -> None:
    for below, _folders, _names in os.walk(folder, topdown=False):
        if not os.listdir(below):
            os.rmdir(below)


def _noted(planned: Planned) -> dict[str, Any]:
    """The shards of a build, for the next `--explain`."""
    digests = {file.name: file.digest for file in planned.inputs}
    shards = {shard.key: [[name, digests.get(name, "")] for name in shard.names] for shard in planned.shards}
    return {"shards": shards, "decisions": planned.decisions}
