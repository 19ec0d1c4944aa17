"""pipelines/engine/dedup/wire.py: every table comes back as it was, in few bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.duplicates import DropList, KeyRun
from pipelines.engine.dedup.wire import (
    join,
    load,
    pack,
    pack_drops,
    pack_index,
    rows_at,
    send_all,
    sent_runs,
    unpack,
    unpack_drops,
)
from pipelines.engine.files import BlobFile


class Everything(NamedTuple):
    """A column of each kind."""

    hashes: np.ndarray
    ranks: np.ndarray
    numbers: np.ndarray
    ascending: np.ndarray
    strings: pa.Array
    absent: None


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(-(2**61), 2**61), st.integers(0, 2**40),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    ),
    max_size=20,
)  # fmt: skip


def table_of(rows: list[tuple[Any, ...]]) -> Everything:
    hashes, ranks, numbers, ascending, strings = zip(*rows, strict=True) if rows else ((),) * 5
    return Everything(
        np.array(hashes, np.uint64), np.array(ranks, np.uint32), np.array(numbers, np.int64),
        np.array(sorted(ascending), np.int64), pa.array(strings, pa.string()), None,
    )  # fmt: skip


def columns_of(table: Everything) -> list[Any]:
    return [(column.dtype, column.tolist()) for column in table[:4]] + [table.strings.to_pylist(), table.absent]


@given(ROWS)
def test_a_table_comes_back(rows: list[tuple[Any, ...]]) -> None:
    table = table_of(rows)
    assert columns_of(unpack(Everything, pack(table))) == columns_of(table)


@given(ROWS, ROWS)
def test_rows_of_a_joined_table(left: list[tuple[Any, ...]], right: list[tuple[Any, ...]]) -> None:
    """Slices of Arrow strings begin in the middle of their buffers."""
    one, other = table_of(left), table_of(right)
    both = join(Everything, [one, other])
    again = unpack(Everything, pack(rows_at(both, slice(len(left), len(left) + len(right)))))
    assert columns_of(again) == columns_of(other)
    assert columns_of(rows_at(both, np.arange(len(left)))) == columns_of(one)


@pytest.mark.parametrize(
    ("ranks", "a_row"), [(None, 10), (np.arange(2000, dtype=np.uint32), 14)], ids=["no rank", "rank of a line"]
)
def test_a_line_travels_as_so_many_bytes(ranks: np.ndarray | None, a_row: int) -> None:
    """2,000 of a million lines, in order of their positions."""
    dice = np.random.default_rng(1)
    positions = np.sort(dice.choice(1_000_000, 2000, replace=False))
    run = KeyRun(dice.integers(0, 2**64, 2000, np.uint64), ranks, positions)
    assert len(pack(run)) == pytest.approx(2000 * a_row, abs=50)


def test_a_drop_list_of_which_the_first_have_a_duplicate_noted() -> None:
    drops = DropList(np.array([3, 5, 500]), np.array([7, 0]), np.array([2, 1]))
    again = unpack_drops(pack_drops(drops))
    assert [column.tolist() for column in again[:3]] == [[3, 5, 500], [7, 0], [2, 1]]
    assert again.duplicate_of_ids is None


@pytest.mark.parametrize("inline", [False, True], ids=["places", "bytes"])
def test_runs_of_a_shard_are_sent_in_order(inline: bool, tmp_path: Path) -> None:
    path = str(tmp_path / "runs.bin")
    with open(path, "wb") as file:
        out = BlobFile(path, file)
        runs = [(bucket, out.add(data)) for bucket, data in ((4, b"four"), (-1, b""), (2**40, b"many"))]
        index = out.add(pack_index(runs))
    sent = list(sent_runs(index, inline))
    assert [(bucket, load(run)) for bucket, run in sent] == [(4, b"four"), (-1, b""), (2**40, b"many")]
    assert [type(run) for _bucket, run in sent] == [tuple] * 3  # Beam's coder is ten times slower for a named one


@pytest.mark.parametrize("inline", [False, True], ids=["places", "bytes"])
def test_blobs_are_sent_through_one_file_or_none(inline: bool, tmp_path: Path) -> None:
    path = tmp_path / "drops.bin"
    sent = list(send_all(str(path), iter([(1, b"one"), (2, b"two")]), inline))
    assert [(number, load(one)) for number, one in sent] == [(1, b"one"), (2, b"two")]
    assert path.exists() != inline
