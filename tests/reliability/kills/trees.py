"""What is in a folder, to be compared with what an undisturbed run leaves: bytes, but for times of the clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.output.manifest import MANIFEST, SEAL

TIMES = frozenset({"seconds_per_step", "tokens_per_second", "mfu", "device_seconds"})
"""Fields of a row of metrics that measure the clock."""
Tree = Mapping[str, str]


def tree(folder: Path) -> Tree:
    """The files and folders below a folder: name -> digest of its bytes, `folder` for a folder."""
    return {
        path.relative_to(folder).as_posix(): "folder" if path.is_dir() else _digest(path)
        for path in sorted(folder.rglob("*"))
    }


def _digest(path: Path) -> str:
    data = path.read_bytes()
    if path.name == "metrics.jsonl":
        data = json.dumps([_timeless(json.loads(line)) for line in data.splitlines()]).encode()
    if path.name == MANIFEST:
        data = _manifest(data)
    return hashlib.sha256(data).hexdigest()[:16]


def _timeless(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in TIMES}


def _manifest(data: bytes) -> bytes:
    """A manifest without the digests of files that hold times, and so without its own."""
    try:
        fields = json.loads(data)
    except ValueError:
        return data
    files = fields.get("files", ())
    timed = [one for one in files if isinstance(one, dict) and one.get("name") == "metrics.jsonl"]
    if not timed:
        return data
    for one in timed:
        one |= {"sha256": "", "bytes": 0}
    return json.dumps({name: value for name, value in fields.items() if name != SEAL}).encode()


def differences(got: Tree, wanted: Tree) -> list[str]:
    """What is missing, left over or other, a few words each."""
    found = [f"no {name}" for name in wanted if name not in got]
    found += [f"left over: {name}" for name in got if name not in wanted]
    return found + [f"{name} differs" for name in wanted if name in got and got[name] != wanted[name]]
