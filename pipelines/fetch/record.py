"""fetched.json: where each file of a folder came from, when, with which size and digest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from corpus.json_values import json_value
from corpus.storage import create
from corpus.transfer.client import Arrived

RECORD = "fetched.json"


def keep(path: str, arrived: Iterable[Arrived]) -> None:
    """Write the record, with what it had of other files; a file keeps its date while its bytes are the same."""
    known = known_files(path)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for one in arrived:
        if one.sha256 and not one.fault:
            fields = {"url": one.remote.url, "bytes": one.bytes, "sha256": one.sha256}
            before = known.get(one.remote.name, {})
            same = before.get("sha256") == one.sha256
            known[one.remote.name] = {**fields, "date": before["date"] if same else today}
    with create(path) as file:
        file.write(json.dumps({"files": known}, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n")


def known_files(path: str) -> dict[str, Any]:
    """What a record says of files, by their names below its folder; nothing where there is none, or a damaged one."""
    if not os.path.exists(path):
        return {}
    try:
        with open(path, "rb") as file:
            known = json_value(file.read())["files"]
    except (ValueError, LookupError, TypeError):
        return {}  # a damaged record is made anew of the files that this run compares
    return known if isinstance(known, dict) else {}
