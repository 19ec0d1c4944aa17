"""Every source built by two checkouts of this project from the same dumps: are the documents equal, byte for byte?

  git worktree add /tmp/before COMMIT
  python benchmarks/engine/compare_builds.py --before /tmp/before --after .

For a change that must not change any document (files moved, names changed), or to read what a change of a rule does.
The documents of a build are compared by id: text, source, and every field and score by name. So are the drops: stage,
reason and the document each one duplicates. Where their order differs, it says so. Exit 1 when anything else differs.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

BUILDS = {
    "stackexchange": "stackexchange --input {data}/stackexchange/*.7z",
    "stackexchange redpajama": "stackexchange --input {data}/stackexchange/*.7z --preset redpajama",
    "github": "github --input {data}/github",
    "github redpajama": "github --input {data}/github --preset redpajama",
    "wikipedia": "wikipedia --input {data}/wikipedia/*.xml* {data}/wikipedia/*.bz2 {data}/wikipedia/minidumps",
    "arxiv": "arxiv --input {data}/arxiv/*.tar",
    "arxiv redpajama": "arxiv --input {data}/arxiv/*.tar --preset redpajama",
    "books": "books --input {data}/gutenberg",
    "c4": "c4 --input {data}/c4/*.json.gz",
    "c4 rebuild": "c4 --input {data}/commoncrawl/*.wet.gz --preset rebuild",
    "commoncrawl": "commoncrawl --input {data}/commoncrawl/*.wet.gz {data}/commoncrawl/real/*.warc.gz "
    "--set perplexity_models={models}/lm reference_model={models}/reference",
}
"""What is built, by a name: the words of `corpus build`, less --output."""

MODELS = (
    "train lm --language en --input {articles} --pages {pages} --output {models}/lm --set pieces=16000 opening_chars=0",
    "train reference --positives {articles}/wikipedia/evidence/references-* --pages {pages} "
    "--output {models}/reference --set match=host epochs=40 learning_rate=1.0 word_ngrams=1",
)
"""The models that Common Crawl needs, trained once by the first checkout, from two builds of its own."""

RENAMED = {"matched": "duplicate_of", "timestamp": "date"}
ASIDE = "metadata"
"""The column with JSON, whose members count as columns of their own."""


def corpus(checkout: Path, words: str) -> None:
    """Run `corpus WORDS` of a checkout."""
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    command = [sys.executable, "-c", "from pipelines.cli import console; console()", *words.split()]
    ended = subprocess.run(command, env=environment, cwd=checkout, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"corpus {words}\n{ended.stdout}{ended.stderr}")


def build(checkout: Path, words: str, output: Path) -> Path:
    """One build of a checkout; its folder."""
    corpus(checkout, f"build {words} --output {output}")
    return output / words.split()[0]


def train_models(checkout: Path, data: Path, folder: Path) -> Path:
    """The language model and the classifier of references; the folder that holds both."""
    articles = f"wikipedia --input {data}/wikipedia/enwiki*.bz2 {data}/wikipedia/minidumps/enwiki-minidump.xml.bz2"
    build(checkout, articles, folder / "articles")
    build(checkout, f"commoncrawl --input {data}/commoncrawl/*.wet.gz --stop-after language", folder / "pages")
    for words in MODELS:
        corpus(checkout, words.format(articles=folder / "articles", pages=folder / "pages", models=folder))
    return folder


def rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The rows of one kind of file (documents, dropped), wherever in the build's folder they lie, `.work` apart."""
    found = []
    for path in sorted(path for path in folder.rglob(f"{kind}-*.parquet") if ".work" not in path.parts):
        for batch in pq.ParquetFile(path).iter_batches():
            found += [{RENAMED.get(name, name): v for name, v in _fields(row)} for row in batch.to_pylist()]
    return found


def _fields(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a row, each by its own name: those in maps and in JSON too, numbers as numbers; none is null."""
    for name, value in row.items():
        if isinstance(value, list):
            yield from _fields(dict(value))
        elif name == ASIDE:
            yield from _fields(json.loads(value))
        elif value is not None:
            yield name, _number(value)


def _number(value: Any) -> Any:
    """A text that is a whole number as one: earlier versions wrote some as text."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}", value) else value


def differences(before: Path, after: Path, but: Collection[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(kind, id, names of the fields that differ) of rows in the order of their ids; fields of `but` are let pass."""
    for kind in ("documents", "dropped"):
        sides = [rows(side, kind) for side in (before, after)]
        if [row["id"] for row in sides[0]] != [row["id"] for row in sides[1]]:
            print(f"{kind}: in another order, or of other ids", flush=True)
        old, new = (_by_key(side, but) for side in sides)
        for key in sorted(old.keys() | new.keys()):
            for before_row, after_row in itertools.zip_longest(old.get(key, ()), new.get(key, ()), fillvalue={}):
                fields = {**before_row, **after_row}
                names = [n for n in fields if before_row.get(n) != after_row.get(n) and n not in but]
                if names:
                    only = "before" if not after_row else "after" if not before_row else ""
                    yield kind, key[0] or fields["id"], [f"rows {only} alone"] if only else names


def _by_key(side: list[dict[str, Any]], but: Collection[str]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Rows that may be the same one: by what names them, in the order of what else they say."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in sorted(side, key=lambda row: str(row.get("text") or "")):
        found.setdefault(_key(row, but), []).append(row)
    return found


def _key(row: dict[str, Any], but: Collection[str]) -> tuple[str, ...]:
    named = str(row.get("text", "")) if "id" in but else row["id"]
    return named, *(row.get(name, "") for name in ("stage", "unit", "reason"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, required=True, help="another checkout")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of real dumps")
    parser.add_argument("--only", nargs="+", choices=BUILDS, default=list(BUILDS), help="these builds")
    parser.add_argument("--but", nargs="+", default=[], help="fields that may differ; with `id`, rows go by their text")
    options = parser.parse_args()
    data, different = options.data.resolve(), 0
    with tempfile.TemporaryDirectory() as scratch:
        models = Path(scratch, "models")
        if "commoncrawl" in options.only:
            train_models(options.before, data, models)
        for name in options.only:
            words = BUILDS[name].format(data=data, models=models)
            old, new = (
                build(checkout, words, Path(scratch, side, name.replace(" ", "-")))
                for side, checkout in (("before", options.before), ("after", options.after))
            )
            found = list(differences(old, new, options.but))
            count, dropped = (len(rows(new, kind)) for kind in ("documents", "dropped"))
            print(f"{name}: {count:,} documents, {dropped:,} drops, {len(found):,} differ", flush=True)
            for (kind, fields), number in Counter((kind, ", ".join(names)) for kind, _, names in found).items():
                print(
                    f"  {number:,} {kind} in {fields}, such as {next(i for k, i, n in found if k == kind)}", flush=True
                )
            different += len(found)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
