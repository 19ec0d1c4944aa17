"""Starting a large dump: what is asked of each file many at once, and a graph that does not grow with the files."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import toy

from corpus.readers.base import InputFile, InputSplit
from pipelines.engine.build import graph
from pipelines.engine.files import Blob
from pipelines.engine.inputs import each_of
from pipelines.engine.kept import note_plan, noted_shards
from pipelines.engine.plan import Planned, plan_build
from pipelines.engine.shards import SHARDS_AT_ONCE, largest_first, packed_shards, unpack_shards


def planned(folder: Path, count: int) -> tuple[Planned, list[str]]:
    """The plan of a dump of so many shards, and its inputs."""
    dump = toy.write(
        folder / str(count), **{f"{number:05d}": f"text {number} " + "a" * number for number in range(count)}
    )
    settings = {"shards_least": "99999"}
    return plan_build(toy.source(), [dump], str(folder / "out"), "paper", settings, "", False, True), [dump]


def test_the_graph_does_not_grow_with_the_files(tmp_path: Path) -> None:
    sizes = []
    for count in (2, 900):
        plan, _inputs = planned(tmp_path, count)
        assert len(plan.shards) == count
        pipeline = beam.Pipeline()
        graph(pipeline, plan, toy.source())
        sizes.append(pipeline.to_runner_api(use_fake_coders=True).ByteSize())
    assert abs(sizes[1] - sizes[0]) < 200


def test_shards_are_read_as_they_were_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.engine.shards.SHARDS_AT_ONCE", 7)
    plan, _inputs = planned(tmp_path, 16)
    note_plan(plan)
    noted = noted_shards(plan)
    assert len(noted) == 3
    read = [shard for some in noted for _number, shard in unpack_shards(some)]
    assert sorted(read) == plan.shards
    sizes = {file.path: file.size for file in plan.inputs}
    assert [sizes[shard.path] for shard in read] == sorted(sizes.values(), reverse=True)


def test_a_part_of_a_file_counts_as_its_share() -> None:
    files = [InputFile(path, size, 0.0) for path, size in (("a", 30), ("b", 20), ("c", 4), ("d", 7))]
    shards = [
        InputSplit(0, 5, "a", "0-1"), InputSplit(1, 5, "a", "1-2"), InputSplit(2, 5, "a", "2-3"), InputSplit(3, 5, "b"),
        InputSplit(4, 5, "c", more_paths=("d",)),
    ]  # fmt: skip
    assert [shard.number for shard in largest_first(shards, files)] == [3, 4, 0, 1, 2]


def test_a_shard_of_several_files_with_odd_names_is_itself_again(tmp_path: Path) -> None:
    shard = InputSplit(5, 9, "a/\udcff", "3-4", ("b\n", "ü"), "side", ("\udcff", "b\n", "ü"), "key")
    (packed,) = packed_shards([shard])
    path = tmp_path / "shards"
    path.write_bytes(b"before" + packed)
    assert list(unpack_shards(Blob(str(path), 6, len(packed)))) == [(5, shard)]
    assert SHARDS_AT_ONCE * 1000 < 16 << 20  # an element's bytes, at a kilobyte for a shard


def test_remote_files_are_asked_many_at_once_and_answered_in_order() -> None:
    together = threading.Barrier(50, timeout=30)

    def call(file: InputFile) -> str:
        together.wait()  # breaks unless as many wait here
        return file.path

    files = [InputFile(f"gs://bucket/{number}", 1, 0.0) for number in range(100)]
    assert each_of(call, files) == [file.path for file in files]


def test_local_files_are_asked_one_by_one() -> None:
    """A source's own functions need not be ready for threads."""
    threads: set[Any] = set()
    each_of(lambda file: threads.add(threading.current_thread()), [InputFile(name, 1, 0.0) for name in ("a", "b")])
    assert threads == {threading.current_thread()}
