"""The outputs that docs/tools.md opens: the demo's builds, and every other of the page, made by its commands.

python -m tools.made FOLDER [SOURCE ...]: once for all tools, in the environment of this project. The tools themselves
are run on FOLDER in environments of their own, where nothing of this project is imported but by those who say so.
"""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
from tools.page import blocks

from corpus.writers import read_parquet
from pipelines import demo
from pipelines.cli import main
from pipelines.commands.demo import ONE_PROCESS, of_source, order
from pipelines.parsing import modules_of
from tokenizer.draws import draw
from tokenizer.mixture import read_mixture
from tokenizer.shards import TokenShard, shards_by_source

DRAWN = 30_000
"""Tokens of the exports of a mixture, as docs/tools.md has them."""


def make(folder: Path, sources: list[str]) -> None:
    """Make everything in a folder; of all sources of the demo where none are named."""
    modules = modules_of(demo)
    with chdir(folder):
        for name in sources or order(modules):
            for command in of_source(name, modules[name], Path()):
                _run([word.replace("documents", "OUT") for word in command])
        _run(["train", "tokenizer", "--input", "OUT", "--output", "MODELS/tokenizer", "--set", demo.VOCABULARY])
        for block in blocks("sh"):
            for line in block.text.splitlines():
                if line.startswith("corpus "):
                    _run(shlex.split(line, comments=True)[1:])
        _write_expected(Path())


def _run(words: list[str]) -> None:
    words = [*words, *ONE_PROCESS] if words[0] in ("build", "tokenize") else words
    assert main(words) == 0, words


def _write_expected(folder: Path) -> None:
    """EXPECTED: what is to be found, for readers that import nothing of this project."""
    (folder / "EXPECTED").mkdir()
    with (folder / "EXPECTED/documents.jsonl").open("w") as lines:
        for path in sorted(folder.glob("OUT/*/data/*.parquet")):
            with path.open("rb") as file:
                for one in read_parquet(file):
                    lines.write(
                        json.dumps({**one._asdict(), "meta": dict(one.meta), "scores": dict(one.scores)}) + "\n"
                    )
    for source, paths in shards_by_source("TOKENS").items():
        documents = []
        for path in paths:
            with TokenShard(path) as shard:
                documents += list(shard)
        _write_tokens(source, documents)
    _write_tokens("mixture", [one.ids for one in draw(read_mixture("MIXTURE"), DRAWN, 0)])


def _write_tokens(name: str, documents: list[np.ndarray]) -> None:
    np.savez(f"EXPECTED/{name}.npz", ids=np.concatenate(documents), lengths=[len(one) for one in documents])


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    make(Path(sys.argv[1]), sys.argv[2:])
