"""Documents of one id: the first is kept, wherever the others stand, and a shard that repeats none is written once."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import toy

from pipelines.engine import passes
from pipelines.engine.build import Built, build
from pipelines.engine.dedup.keys import repeated_ids
from pipelines.engine.stages import EachDocument, Source, drop

ONE = ["--direct_num_workers=1"]
DUMP = {"a/one": "first\n\nsecond", "b/one": "another first\n\nanother second\n\nthird", "b/two": "fourth"}
"""Ids are of the file's name alone, so that `b/one` repeats two of `a/one`."""
LATE = EachDocument("late", drop("too_short", len, below=toy.RECIPE.least_chars))
KEPT = {"toy:one/0": "first", "toy:one/1": "second", "toy:one/2": "third", "toy:two/0": "fourth"}


def built(folder: Path, source: Source, **settings: str) -> Built:
    for name, text in DUMP.items():
        (folder / "dump" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "dump" / f"{name}.txt").write_text(text)
    return build(
        source, [str(folder / "dump")], str(folder / "out"), settings={"shards_least": "1000"} | settings,
        beam_arguments=ONE,
    )  # fmt: skip


def rows(result: Built, kind: str) -> list[dict[str, str]]:
    return [row for path in sorted(Path(result.folder).glob(f"*/{kind}-*")) for row in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize(
    "stages",
    [(toy.CLEAN, repeated_ids()), (toy.CLEAN, repeated_ids(), LATE), (repeated_ids(), toy.EXACT)],
    ids=["last", "before a stage", "before a dedup"],
)
@pytest.mark.parametrize("together", ["1000", "1"], ids=["shards apart", "one shard"])
def test_the_first_document_of_an_id_is_kept(tmp_path: Path, stages: tuple, together: str) -> None:
    result = built(tmp_path, toy.source(*stages), shards_least=together)
    assert {row["id"]: row["text"] for row in rows(result, "documents")} == KEPT
    assert {(row["id"], row["text"], row["reason"], row["duplicate_of"]) for row in rows(result, "dropped")} == {
        ("toy:one/0", "another first", "repeated_id", "toy:one/0"),
        ("toy:one/1", "another second", "repeated_id", "toy:one/1"),
    }
    tally = {(stage, unit): counts for stage, unit, counts in result.ledger.tallies()}
    assert tally["ids", "document"] == {"entered": 6, "kept": 4, "repeated_id": 2}


def test_characters_are_counted_where_documents_are_taken_as_they_are(tmp_path: Path) -> None:
    counts = built(tmp_path, toy.source(toy.CLEAN, repeated_ids())).ledger.counts
    assert counts["ids", "document", "entered"] == counts["clean", "document", "kept"] == [6, 49]
    assert counts["ids", "document", "kept"] == [4, 22]


def test_a_shard_of_which_nothing_is_dropped_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    keep_last = passes._Work._keep_last

    def noting(self: passes._Work, *arguments: object) -> object:
        written.append(self.shard.name)
        return keep_last(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(passes._Work, "_keep_last", noting)
    result = built(tmp_path, toy.source(toy.CLEAN, repeated_ids()))
    assert written == ["b/one.txt"]
    alone = build(
        toy.source(toy.CLEAN), [str(tmp_path / "dump/b")], str(tmp_path / "alone"), settings={"shards_least": "1000"},
        beam_arguments=ONE,
    )  # fmt: skip
    assert Path(result.folder, "data/documents-00002-of-00003.parquet").read_bytes() == (
        Path(alone.folder, "data/documents-00001-of-00002.parquet").read_bytes()
    )
