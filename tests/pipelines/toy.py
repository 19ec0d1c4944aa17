"""A small source for tests of the engine: plain text files, one document per paragraph, `!` marks an unreadable one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xxhash

from corpus.document import Document, Outcome, unreadable
from corpus.readers.base import InputSplit, Open, Reader, Seen
from corpus.recipe import Recipe, cited
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, Source, Stage, drop, drop_lines, edit


def read(open_file: Open, shard: InputSplit, seen: Seen) -> Iterator[Outcome]:
    with open_file(shard.path) as file:
        paragraphs = file.read().decode().rstrip("\n").split("\n\n")
    for number, text in enumerate(paragraphs):
        seen.records += 1
        if text.startswith("!"):
            yield unreadable("toy", shard.locator(number), "expected no exclamation mark", text.encode())
        else:
            yield Outcome(Document(f"toy:{Path(shard.path).stem}/{number}", text, "toy", {"file": shard.path[-5:]}))


def line_keys(text: str) -> np.ndarray:
    return np.array([xxhash.xxh3_64_intdigest(line.encode()) if line else 0 for line in text.split("\n")], np.uint64)


def text_key(text: str) -> np.ndarray:
    return np.array([xxhash.xxh3_64_intdigest(text.encode())], np.uint64)


READER = Reader("paragraph", lambda path, head: path.endswith(".txt"), read)
RECIPE = Recipe(
    "toy",
    {"strict": {"least_chars": cited(20, "tests", "chars")}},
    least_chars=cited(3, "tests", "chars"),
    keep=cited("none", "tests", choices=("none", "first")),
    scope=cited("all", "tests", choices=("all", "shard", "group:N", "dump")),
)
LINES = Dedup("lines", line_keys, unit="line", keep=RECIPE.keep, scope=RECIPE.scope, reason="duplicate_line")
EXACT = Dedup("exact", text_key, reason="duplicate")
CLEAN = EachDocument(
    "clean",
    edit("trim", str.strip),
    drop_lines("shouting", str.isupper),
    drop("too_short", len, below=RECIPE.least_chars),
)


def source(*stages: Stage) -> Source:
    """The toy source with these stages (CLEAN where none is given)."""
    return Source("toy", READER, RECIPE, stages or (CLEAN,))


def write(folder: Path, **files: str) -> str:
    """Text files of a dump, by stem; the folder as an input."""
    folder.mkdir(exist_ok=True)
    for stem, text in files.items():
        (folder / f"{stem}.txt").write_text(text)
    return str(folder)
