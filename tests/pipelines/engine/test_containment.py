"""An exception on one record costs that record: readers, steps, models, side tables; and what is no record's fault."""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy

from corpus.containment import describe, is_fault_of_record
from corpus.document import Document, Outcome
from corpus.errors import BuildError, ModelError, RecordError
from corpus.readers.base import InputSplit, Open, Seen
from corpus.recipe import cited
from pipelines.engine.build import Built, build
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, Score, Source, Table, edit, transform
from pipelines.engine.streams import require_writable

ONE = ["--direct_num_workers=1"]
TEXTS = {"a": "first one\n\nsecond one\n\nthird one", "b": "fourth one\n\nfifth one"}


def raises_on(word: str, error: Callable[[], BaseException]) -> Callable[[str], str]:
    def step(text: str) -> str:
        if word in text:
            raise error()
        return text

    return step


def built(tmp_path: Path, source: Source) -> Built:
    return build(source, [toy.write(tmp_path / "dump", **TEXTS)], str(tmp_path / "out"), beam_arguments=ONE)


def keys_that_raise_on_second(text: str) -> np.ndarray:
    if "second" in text:
        raise ValueError("no keys")
    return toy.line_keys(text)


def rank_that_raises_on_second(document: Document) -> int:
    keys_that_raise_on_second(document.text)
    return 0


@pytest.mark.parametrize(
    "dedup",
    [
        dataclasses.replace(toy.LINES, keys=keys_that_raise_on_second),
        dataclasses.replace(toy.LINES, keep="first", rank=rank_that_raises_on_second),
        dataclasses.replace(toy.EXACT, rank=rank_that_raises_on_second),
    ],
    ids=["keys of lines", "rank of lines", "rank of documents"],
)
def test_a_dedup_that_raises_costs_one_document(tmp_path: Path, dedup: Dedup) -> None:
    """Documents after it keep their positions: one copy of `fourth one` is dropped, and names the other."""
    dump = toy.write(tmp_path / "dump", a="first one\n\nsecond one\n\nfourth one\n\nlast", b="a\n\nfourth one")
    source = toy.source(toy.CLEAN, dataclasses.replace(dedup, keep="first"))
    result = build(source, [dump], str(tmp_path / "out"), settings={"least_chars": "1"}, beam_arguments=ONE)
    assert sorted(texts(result)) == ["a", "first one", "fourth one", "last"]
    paths = Path(result.folder).glob("evidence/dropped-*")
    (copy,) = [row for path in paths for row in pq.read_table(path).to_pylist() if row["reason"] == dedup.reason]
    assert copy["text"] == "fourth one"
    assert {copy["id"], copy["duplicate_of"]} == {"toy:a/2", "toy:b/1"}
    (row,) = set_aside(result)
    assert (row["stage"], row["reason"], row["bytes"]) == (dedup.name, "failed", b"second one")
    assert "ValueError: no keys" in row["detail"]
    assert result.ledger.count(dedup.name, "document", "entered") == 6
    assert result.ledger.count(dedup.name, "document", "failed") == 1


def texts(result: Built) -> list[str]:
    return [text for path in sorted(Path(result.folder).glob("data/documents-*"))
            for text in pq.read_table(path)["text"].to_pylist()]  # fmt: skip


def set_aside(result: Built) -> list[dict[str, Any]]:
    return [
        row
        for path in sorted(Path(result.folder).glob("evidence/unreadable*"))
        for row in pq.read_table(path).to_pylist()
    ]


def takes_much_for_second(text: str) -> str:
    return text + str(len(bytearray(1 << 30))) if "second" in text else text


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux says how much memory a process has")
def test_a_document_that_needs_more_memory_than_a_worker_may_have_costs_itself(tmp_path: Path) -> None:
    source = toy.source(EachDocument("large", edit("takes_much", takes_much_for_second)))
    dump = [toy.write(tmp_path / "dump", **TEXTS)]
    few = {"worker_memory_bytes": str(256 << 20)}
    result = build(source, dump, str(tmp_path / "out"), settings=few, beam_arguments=ONE)
    assert sorted(texts(result)) == sorted(OTHERS)
    (row,) = set_aside(result)
    assert (row["stage"], row["reason"], row["bytes"]) == ("large", "failed", b"second one")
    assert row["detail"].startswith("MemoryError")
    enough = build(source, dump, str(tmp_path / "more"), beam_arguments=ONE)
    assert f"second one{1 << 30}" in texts(enough)


OTHERS = ["first one", "third one", "fourth one", "fifth one"]


@pytest.mark.parametrize(
    "error",
    [lambda: ValueError("no\n  way"), MemoryError, RecursionError, lambda: RecordError("a word", "none"), EOFError],
    ids=["ValueError", "MemoryError", "RecursionError", "RecordError", "EOFError"],
)
def test_a_step_that_raises_costs_one_document(tmp_path: Path, error: Callable[[], BaseException]) -> None:
    result = built(tmp_path, toy.source(EachDocument("clean", edit("odd", raises_on("second", error)))))
    assert texts(result) == OTHERS
    (row,) = result.ledger.broken
    assert (row.stage, row.unit, row.reason, row.locator, row.n, row.chars) == (
        "clean", "document", "failed", "toy:a/1", 1, len("second one"),
    )  # fmt: skip
    assert row.detail.startswith(type(error()).__name__)
    assert "\n" not in row.detail
    (aside,) = set_aside(result)
    assert (aside["locator"], aside["stage"], aside["reason"], aside["bytes"]) == (
        "toy:a/1", "clean", "failed", b"second one",
    )  # fmt: skip


def test_a_step_that_makes_half_a_surrogate_pair_costs_one_document(tmp_path: Path) -> None:
    step = edit("odd", lambda text: text.replace("second", "\ud83d"))
    result = built(tmp_path, toy.source(EachDocument("clean", step)))
    assert texts(result) == OTHERS
    assert "half of a surrogate pair at character 0" in result.ledger.broken[0].detail


class _Reading:
    """The toy reader, which raises before, after or between the records of a.txt."""

    def __init__(self, at: int, counted: bool) -> None:
        self.at, self.counted = at, counted

    def __call__(self, open_file: Open, split: InputSplit, seen: Seen) -> Iterator[Outcome]:
        for number, outcome in enumerate(toy.read(open_file, split, seen)):
            if split.path.endswith("a.txt") and number == self.at:
                seen.records -= not self.counted
                raise KeyError("odd")
            yield outcome


@pytest.mark.parametrize("counted", [True, False])
def test_a_reader_that_raises_costs_the_rest_of_its_file(tmp_path: Path, counted: bool) -> None:
    reader = toy.READER._replace(read=_Reading(1, counted))
    result = built(tmp_path, dataclasses.replace(toy.source(), reader=reader))
    assert texts(result) == ["first one", "fourth one", "fifth one"]
    (row,) = result.ledger.broken
    assert (row.stage, row.reason, row.n) == ("read", "failed", 1)
    assert row.locator.endswith("a.txt#after record 1")
    assert row.detail.startswith("KeyError: 'odd'")


def test_a_reader_that_gives_half_a_surrogate_pair_costs_one_record(tmp_path: Path) -> None:
    def read(open_file: Open, split: InputSplit, seen: Seen) -> Iterator[Outcome]:
        for outcome in toy.read(open_file, split, seen):
            odd = outcome.document._replace(meta={"file": "\udcff"}) if "second" in outcome.document.text else None
            yield outcome._replace(document=odd or outcome.document)

    result = built(tmp_path, dataclasses.replace(toy.source(), reader=toy.READER._replace(read=read)))
    assert texts(result) == OTHERS
    assert [row.locator for row in result.ledger.broken] == ["toy:a/1"]


def test_a_model_that_raises_on_a_batch_is_asked_for_each_text_alone(tmp_path: Path) -> None:
    def load(path: str) -> Callable[[list[str]], list[dict[str, Any]]]:
        def score(batch: list[str]) -> list[dict[str, Any]]:
            if any("second" in text for text in batch):
                raise ValueError("odd")
            return [{"length": float(len(text))} for text in batch]

        return score

    recipe = type(toy.RECIPE)("toy", model=cited("x", "tests"))
    stage = Score("scored", load, recipe.model, outputs=("length",))
    result = built(tmp_path, Source("toy", toy.READER, recipe, (stage,)))
    assert texts(result) == OTHERS
    assert [(row.stage, row.reason, row.locator) for row in result.ledger.broken] == [("scored", "failed", "toy:a/1")]


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"source": "books"}, "got source 'books' and id 'toy:a/0'"),
        ({"id": "a/0"}, "got source 'toy' and id 'a/0'"),
    ],
    ids=["another source", "an id without it"],
)
def test_a_reader_of_another_sources_documents_fails_the_build(
    tmp_path: Path, changes: dict[str, str], got: str
) -> None:
    def read(open_file: Open, split: InputSplit, seen: Seen) -> Iterator[Outcome]:
        for outcome in toy.read(open_file, split, seen):
            yield outcome._replace(document=outcome.document._replace(**changes))

    said = f"first: .*RecordError: expected a document of source 'toy' with an id that begins with 'toy:', {got}"
    with pytest.raises(BuildError, match=said.replace("'a/0'", "'a/0'")):
        built(tmp_path, dataclasses.replace(toy.source(), reader=toy.READER._replace(read=read)))


@pytest.mark.parametrize("counted", [0, 2], ids=["forgotten", "twice"])
def test_a_reader_that_miscounts_fails_the_build_and_says_what_seen_is(tmp_path: Path, counted: int) -> None:
    def read(open_file: Open, split: InputSplit, seen: Seen) -> Iterator[Outcome]:
        for number, outcome in enumerate(toy.read(open_file, split, Seen())):
            seen.records += counted if number == 1 else 1
            yield outcome

    with pytest.raises(BuildError, match=r"it adds 1 to seen.records for each record that it meets"):
        built(tmp_path, dataclasses.replace(toy.source(), reader=toy.READER._replace(read=read)))


def test_a_side_table_that_raises_keeps_the_document(tmp_path: Path) -> None:
    def rows(document: Document) -> list[tuple[str]]:
        if "second" in document.text:
            raise ValueError("odd")
        return [(document.id,)]

    table = Table(rows, pa.schema([("id", pa.string())]))
    result = built(tmp_path, dataclasses.replace(toy.source(), tables={"names": table}))
    assert len(texts(result)) == 5
    assert [(row.stage, row.unit, row.locator) for row in result.ledger.broken] == [("read", "names", "toy:a/1")]
    ids = [
        name
        for path in sorted(Path(result.folder).glob("evidence/names-*"))
        for name in pq.read_table(path)["id"].to_pylist()
    ]
    assert ids == ["toy:a/0", "toy:a/2", "toy:b/0", "toy:b/1"]


def test_a_build_of_which_every_document_fails_is_refused(tmp_path: Path) -> None:
    def odd(document: Document) -> Outcome:
        raise ValueError("odd")

    with pytest.raises(
        BuildError, match=r"stage clean: expected at most 5% of 5 documents unreadable or failed, got 5"
    ):
        built(tmp_path, toy.source(EachDocument("clean", transform("odd", odd))))


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EIO, "input/output error"), OSError(errno.ENOSPC, "no space"), ModelError("a model", "none")],
    ids=["EIO", "ENOSPC", "ModelError"],
)
def test_what_is_no_fault_of_a_record_ends_the_build(tmp_path: Path, error: Exception) -> None:
    def odd() -> BaseException:
        return error

    assert not is_fault_of_record(error)
    with pytest.raises((BuildError, ModelError)):
        built(tmp_path, toy.source(EachDocument("clean", edit("odd", raises_on("second", odd)))))


def test_an_exception_is_describe_in_one_line_with_the_projects_own_line() -> None:
    with pytest.raises(RecordError) as raised:
        require_writable(Document("toy:1", "\ud83d", "toy"))
    assert describe(raised.value).startswith("RecordError: toy:1: expected text that UTF-8 can hold, got half of ")
    assert "engine/streams.py:" in describe(raised.value)
    assert describe(ValueError()) == "ValueError (outside of the project)"
