"""The engine's version stands for what its code makes: small builds whose files, table by table, this version made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import toy

from corpus.recipe import Recipe, cited
from pipelines.engine.build import build
from pipelines.engine.dedup.near import Near
from pipelines.engine.prints import ENGINE
from pipelines.engine.stages import Score, Source, Table, drop

MADE_BY = {
    1: "cf45a686efe62eba0abf4f66f4f5f1b14794f4ad62cb4b4b21751397bfd68aa9",
    2: "58e6f6c33eaa6eb38459a479f7b084c6d4a58da51639086e070b1988ab97a048",
    3: "f946697415a1680d4608b19d7c614b7a6267e517aeb7b47134412d03545409f6",
    4: "266d144e64e53de70fe4d1df0cf3bb1d3a4d8f6600ef57928ef2dd86b2b62e43",
}
"""Digests of all that these builds leave, by version of the engine.

Where this test fails, results of earlier builds are no longer what this code makes: raise ENGINE in
pipelines/engine/prints.py, so that they are done again, and state the new digest under the new version. The digest of
a version that was released never changes.
"""

SENTENCE = "the quick brown fox jumps over a lazy dog and then sleeps in the warm sun until noon "
DUMP = {
    "a": "one line\nshared line\n\nSHOUT\nhello there\n\n!bad\n\nx\n\n" + SENTENCE * 3,
    "b": "shared line\nanother\n\nhello there\nfine\nfine\n\nlast words here",
    "c": "unique thing\n\ntwice over\n\ntwice over\n\n" + (SENTENCE * 3)[10:],
}
NUMBERS = {
    "overlap_share": 0.5, "shingle_words": 3, "sample_one_in": 1, "probe_hashes": 8, "max_postings": 9,
    "min_probe_share": 0.1, "evidence_words": 5,
}  # fmt: skip
RECIPE = Recipe(
    "toy", **dict(toy.RECIPE), **{name: cited(value, "tests") for name, value in NUMBERS.items()},
    model=cited("by length", "tests"), longest=cited(60, "tests", "chars"),
)  # fmt: skip


def load(path: str) -> object:
    return lambda texts: [{"length": len(text), "first": text[:1]} for text in texts]


LENGTH = Score("length", load, RECIPE.model, steps=(drop("too_long", "length", above=RECIPE.longest),))
SOURCES = {
    "lines": Source("toy", toy.READER, RECIPE, (toy.CLEAN, toy.LINES, LENGTH, toy.EXACT)),
    "near": Source(
        "toy", toy.READER, RECIPE, (toy.CLEAN, Near("near", **{name: RECIPE[name] for name in NUMBERS})),
        tables={"openings": Table(lambda document: [(document.id,)], pa.schema([("id", pa.string())]))},
    ),
}  # fmt: skip


def left(path: Path) -> object:
    """What a file holds: rows, and how they are cut and packed."""
    file = pq.ParquetFile(path)
    rows = [json.loads(json.dumps(row, default=lambda value: value.hex())) for row in file.read().to_pylist()]
    groups = [file.metadata.row_group(at) for at in range(file.num_row_groups)]
    return [
        f"{path.parent.name}/{path.name}",
        str(file.schema_arrow),
        rows,
        [(group.num_rows, group.column(0).compression) for group in groups],
    ]


def test_what_this_version_of_the_engine_makes(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", **DUMP)
    found = {}
    for name, source in SOURCES.items():
        out = Path(build(source, [dump], str(tmp_path / name), beam_arguments=["--direct_num_workers=1"]).folder)
        found[name] = [left(path) for path in sorted(out.rglob("*.parquet")) if ".work" not in path.parts]
    made = hashlib.sha256(json.dumps(found, ensure_ascii=True).encode()).hexdigest()
    assert made == MADE_BY[ENGINE]
