"""A payload: counted as it is read, turned into text by a source's first stage, and never written to a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest
import toy

from corpus.document import Document, Outcome
from corpus.errors import BuildError
from corpus.readers.base import InputSplit, Open, Seen
from pipelines.engine.build import Built, build
from pipelines.engine.stages import EachDocument, Source, Stage, edit, transform

DUMP = "Planes|are fast|-\n\nTrains|-|-|run late\n\nShips"


class Remarks(NamedTuple):
    """What the toy's reader hands on: all of a paragraph but its first part."""

    parts: tuple[str, ...]

    @property
    def chars(self) -> int:
        return sum(map(len, self.parts))


def read(open_file: Open, shard: InputSplit, seen: Seen) -> Iterator[Outcome]:
    for outcome in toy.read(open_file, shard, seen):
        text, *parts = outcome.document.text.split("|")
        yield outcome._replace(document=outcome.document._replace(text=text, payload=Remarks(tuple(parts))))


def joined(document: Document) -> Outcome:
    assert isinstance(document.payload, Remarks)
    kept = [part for part in document.payload.parts if part != "-"]
    dropped = len(document.payload.parts) - len(kept)
    parts = {("remark", "nothing_said"): (dropped, dropped)} if dropped else {}
    return Outcome(document._replace(text=" ".join([document.text, *kept]), payload=None), parts=parts)


JOIN = EachDocument("join", edit("upper", str.upper), transform("joined", joined))


def built(folder: Path, *stages: Stage) -> Built:
    source = Source("toy", toy.READER._replace(read=read), toy.RECIPE, stages)
    dump = toy.write(folder / "dump", a=DUMP)
    return build(source, [dump], str(folder / "out"), beam_arguments=["--direct_num_workers=1"])


def test_a_payload_becomes_text_and_is_counted_from_the_start(tmp_path: Path) -> None:
    result = built(tmp_path, JOIN, toy.EXACT)
    (path,) = Path(result.folder).glob("data/documents-*")
    assert [row["text"] for row in pq.read_table(path).to_pylist()] == ["PLANES are fast", "TRAINS run late", "SHIPS"]
    chars_read, chars_joined = len("Planesare fast-Trains--run lateShips"), len("PLANES are fastTRAINS run lateSHIPS")
    assert {key: row for key, row in result.ledger.counts.items() if key[0] in ("read", "join")} == {
        ("read", "byte", "entered"): [45, 0],
        ("read", "byte", "kept"): [45, 0],
        ("read", "paragraph", "entered"): [3, 0],
        ("read", "paragraph", "kept"): [3, chars_read],
        ("read", "document", "entered"): [3, chars_read],
        ("read", "document", "kept"): [3, chars_read],
        ("join", "document", "entered"): [3, chars_read],
        ("join", "edit", "upper"): [3, 0],
        ("join", "remark", "nothing_said"): [3, 3],
        ("join", "edit", "joined"): [2, chars_read - chars_joined],
        ("join", "document", "kept"): [3, chars_joined],
    }


@pytest.mark.parametrize("stages", [(toy.CLEAN,), (toy.CLEAN, toy.EXACT)], ids=["documents", "between passes"])
def test_a_source_that_leaves_a_payload_fails(tmp_path: Path, stages: tuple[Stage, ...]) -> None:
    with pytest.raises(BuildError, match=r"^toy:a/0: expected .*turned into text.* got a document with a Remarks"):
        built(tmp_path, *stages)
