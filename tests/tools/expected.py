"""What the outputs hold, as tools.made wrote it. Needs numpy alone."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

BOS, EOS = 1, 2


@cache
def documents() -> list[dict[str, Any]]:
    """Every document: id, text, source, meta, scores; in the order of the files of all sources."""
    return [json.loads(line) for line in Path("EXPECTED/documents.jsonl").read_text("utf-8").split("\n")[:-1]]


def texts(source: str = "") -> list[str]:
    """The texts of a source, or of all."""
    return [one["text"] for one in documents() if source in ("", one["source"])]


@cache
def sources() -> list[str]:
    """The sources that there are."""
    return sorted({one["source"] for one in documents()})


@cache
def tokens(name: str) -> list[list[int]]:
    """The ids of each document of a source, or of what is drawn of the `mixture`, with BOS and EOS."""
    with np.load(f"EXPECTED/{name}.npz") as arrays:
        ids, ends = arrays["ids"], np.cumsum(arrays["lengths"])
    found = [part.tolist() for part in np.split(ids, ends[:-1])]
    assert all((one[0], one[-1]) == (BOS, EOS) for one in found)
    return found


def flat(name: str) -> list[int]:
    """The ids of a source, or of the mixture, one document after another."""
    return [token for one in tokens(name) for token in one]


def windows(ids: list[int], length: int) -> list[list[int]]:
    """Ids cut into windows; what is shorter at the end is left out."""
    return [ids[at : at + length] for at in range(0, len(ids) - length + 1, length)]
