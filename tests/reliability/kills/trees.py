"""What is in a folder, to be compared with what an undisturbed run leaves: bytes, but for what is chance: the
clock, and an id that torch draws for each checkpoint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.output.manifest import RUN, SEAL

TIMES = frozenset({"seconds_per_step", "tokens_per_second", "mfu", "device_seconds"})
"""Fields of a row of metrics that measure the clock."""
METRICS, TORCH = "metrics.jsonl", ".metadata"
Tree = Mapping[str, str]


def tree(folder: Path) -> Tree:
    """The files and folders below a folder: name -> digest of its bytes, `folder` for a folder."""
    return {
        path.relative_to(folder).as_posix(): "folder" if path.is_dir() else _digest(path)
        for path in sorted(folder.rglob("*"))
    }


def _digest(path: Path) -> str:
    data = path.read_bytes()
    if path.name in (METRICS, TORCH):
        data = _without_chance(path.name, data)
    elif path.suffix == ".json":
        data = _listing(data)
    return hashlib.sha256(data).hexdigest()[:16]


def _without_chance(name: str, data: bytes) -> bytes:
    """Rows of metrics without the clock's fields; nothing of torch's list of a checkpoint's parts, which has a UUID."""
    if name == TORCH:
        return b""
    try:
        rows = [json.loads(line) for line in data.splitlines()]
    except ValueError:
        return data  # a kill cut its last row off
    return json.dumps([{name: row[name] for name in row if name not in TIMES} for row in rows]).encode()


def _listing(data: bytes) -> bytes:
    """A manifest or a checkpoint's run.json without what holds chance or the clock, and so without its own digest."""
    try:
        fields = json.loads(data)
    except ValueError:
        return data
    if isinstance(fields, dict) and isinstance(fields.get(RUN), dict):
        return _listing(_unsealed({name: value for name, value in fields.items() if name != RUN}))
    files = fields.get("files") if isinstance(fields, dict) else None
    if isinstance(files, dict) and (chance := [name for name in files if name.endswith(TORCH)]):
        return _unsealed({**fields, "files": {name: files[name] for name in files if name not in chance}})
    if isinstance(files, list) and any(_holds_chance(one) for one in files):
        return _unsealed({**fields, "files": [one for one in files if not _holds_chance(one)]})
    return data


def _holds_chance(file: Any) -> bool:
    return isinstance(file, dict) and str(file.get("name", "")).rpartition("/")[2] in (METRICS, TORCH, "run.json")


def _unsealed(fields: Mapping[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in fields.items() if name != SEAL}).encode()


def differences(got: Tree, wanted: Tree) -> list[str]:
    """What is missing, left over or other, a few words each."""
    found = [f"no {name}" for name in wanted if name not in got]
    found += [f"left over: {name}" for name in got if name not in wanted]
    return found + [f"{name} differs" for name in wanted if name in got and got[name] != wanted[name]]
