"""What a build left, as tests look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def built_rows(folder: str | Path, kind: str = "documents") -> list[dict[str, Any]]:
    """The rows of all files of a kind of a build, in order."""
    paths = sorted(Path(folder).glob(f"*/{kind}-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]
