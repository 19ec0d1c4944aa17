"""Folders of files that tests wrote themselves, made into finished outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus.output.manifest import BUILD, TOKENS, Kind, OutputFile
from corpus.output.write import finish
from corpus.storage import measure


def make_output(folder: Path | str, kind: Kind, **fields: Any) -> Path:
    """List all files in a folder and below it as a finished output of a kind."""
    root = Path(folder)
    files = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.name not in ("manifest.json", "report.html"):
            with path.open("rb") as file:
                files.append(OutputFile(path.relative_to(root).as_posix(), *measure(file)))
    finish(str(root), kind, files, fields)
    return root


def make_tokens(folder: Path | str, **fields: Any) -> Path:
    """The token shards in a folder, as `corpus tokenize` leaves them."""
    return make_output(folder, TOKENS, **fields)


def make_build(folder: Path | str, source: str = "", **fields: Any) -> Path:
    """The documents in a folder, as `corpus build` leaves them."""
    return make_output(folder, BUILD, **{"source": source or Path(folder).name, "share": None, "faults": [], **fields})
