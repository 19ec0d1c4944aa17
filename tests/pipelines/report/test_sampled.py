"""Large builds are read in part, small ones whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_outputs import make_build

from corpus.output.manifest import BUILD
from corpus.output.read import Output, read_output
from pipelines.report.sampled import Rows, spread


@pytest.mark.parametrize(
    ("items", "most", "chosen"),
    [([1, 2], 3, [1, 2]), ([1, 2, 3], 3, [1, 2, 3]), (list(range(10)), 3, [0, 3, 6]), ([], 3, [])],
    ids=["fewer", "as many", "more", "none"],
)
def test_spread(items: list[int], most: int, chosen: list[int]) -> None:
    assert spread(items, most) == chosen


@pytest.fixture
def folder(tmp_path: Path) -> Output:
    """Four files of three row groups of two rows."""
    (tmp_path / "data").mkdir()
    for file in range(4):
        table = pa.table({"n": [10 * file + row for row in range(6)]})
        pq.write_table(table, tmp_path / f"data/documents-{file}.parquet", row_group_size=2)
    return read_output(str(make_build(tmp_path)), BUILD)


@pytest.mark.parametrize(
    ("most", "read", "scale"),
    [(12, [f * 10 + r for f in range(4) for r in range(6)], 1.0), (4, [0, 1, 10, 11, 20, 21, 30, 31], 3.0),
     (2, [0, 1, 20, 21], 6.0)],
    ids=["all", "a group of each file", "two files"],
)  # fmt: skip
def test_rows_tell_how_many_each_stands_for(folder: Output, most: int, read: list[int], scale: float) -> None:
    rows = Rows(folder, "documents", most)
    assert [n for batch in rows.batches() for n in batch.column("n").to_pylist()] == read
    assert (rows.read, rows.scale) == (len(read), scale)


def test_no_files_no_rows(folder: Output) -> None:
    rows = Rows(folder, "scored")
    assert (list(rows.batches()), rows.scale) == ([], 1.0)
