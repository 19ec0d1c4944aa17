from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from batch_shards import BOS, EOS, numbered, write_ids
from hypothesis import given, settings
from hypothesis import strategies as st

import model.data.batches
from corpus.errors import ShardError
from corpus.mixture import table_shares
from model.data.batches import Batches, windows
from tokenizer.mixture import Mixture, mix
from tokenizer.shards import find_shards


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Mixture:
    """Seven sources of a few thousand tokens in many shards, with the shares of Table 1."""
    sizes = {source: 3000 + 411 * n for n, source in enumerate(table_shares())}
    return numbered(tmp_path_factory.mktemp("shards"), sizes, table_shares(), shard_bytes=2000)


def test_observed_shares_are_those_of_table_1(mixture: Mixture) -> None:
    batches = Batches(mixture, seed=3, rows=8, context=64)
    counts = np.bincount(batches.sources(0, 1_000_000), minlength=7)
    for name, seen in zip(batches.names, counts, strict=True):
        assert abs(seen / 1e6 - table_shares()[name]) < 0.001 * table_shares()[name]


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param([0.67, 0.15, 0.045, 0.045, 0.045, 0.025, 0.02], id="table_1"),
        pytest.param([1.0], id="one_source"),
        pytest.param([1 / 3] * 3, id="thirds"),
        pytest.param([1 - 3e-9, 1e-9, 1e-9, 1e-9], id="hardly_any"),
    ],
)
def test_a_cycle_holds_every_source_by_its_share(shares: list[float]) -> None:
    counts = np.bincount(model.data.batches._labels(shares), minlength=len(shares))
    assert counts.sum() == model.data.batches.CYCLE
    assert counts.min() >= 1
    assert np.abs(counts - np.array(shares) * model.data.batches.CYCLE).max() <= max(1, len(shares) - 1)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_source_is_seen_once_before_any_of_it_is_seen_twice(tmp_path: Path, seed: int) -> None:
    sizes = {"books": 1000, "c4": 997, "github": 64, "arxiv": 10, "wikipedia": 1}
    mixture = numbered(tmp_path, sizes, dict.fromkeys(sizes, 0.2), shard_bytes=500)
    batches = Batches(mixture, seed, rows=1, context=32)
    seen = {name: np.zeros(size, np.int64) for name, size in sizes.items()}
    for window, source in enumerate(batches.sources(0, 1500).tolist()):
        name = batches.names[source]
        np.add.at(seen[name], batches.windows(window, window + 1)[0, :-1], 1)
        assert seen[name].max() - seen[name].min() <= 1
    assert all(counts.min() >= 5 for counts in seen.values())


@given(size=st.integers(1, 400), context=st.integers(1, 50), seed=st.integers(0, 2**40), laps=st.integers(1, 4))
@settings(max_examples=200, deadline=None, database=None)
def test_laps_cover_the_ring_evenly(size: int, context: int, seed: int, laps: int) -> None:
    nth = np.arange(-(-size * laps // context))
    tokens, source = np.full(len(nth), size), np.zeros(len(nth), np.int64)
    starts = model.data.batches._starts(nth, tokens, context, seed, source)
    counts = np.zeros(size, np.int64)
    for start in starts:
        np.add.at(counts, (start + np.arange(context)) % size, 1)
        assert counts.max() - counts.min() <= 1
    assert counts.min() >= laps


def test_windows_are_consecutive_tokens_going_round(mixture: Mixture) -> None:
    batches = Batches(mixture, seed=1, rows=16, context=40)
    source, tokens = batches.sources(0, 3000), batches.windows(0, 3000)
    sizes = np.array([one.tokens for one in mixture.sources.values()])[source]
    assert tokens.dtype == np.int32
    assert tokens.shape == (3000, 41)
    assert (np.diff(tokens, axis=1) % sizes[:, None] == 1).all()


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_resume_at_k_on_any_number_of_ranks(mixture: Mixture, world: int) -> None:
    whole = [Batches(mixture, seed=5, rows=8, context=16).batch(k) for k in range(12)]
    for k in (0, 7, 11):
        resumed = [Batches(mixture, seed=5, rows=8, context=16) for _ in range(world)]
        parts = [batches.batch(k, rank, world) for rank, batches in enumerate(resumed)]
        assert np.array_equal(np.concatenate(parts), whole[k])


def test_a_batch_does_not_depend_on_what_was_read_before(mixture: Mixture) -> None:
    order = [3, 900, 3, 5000, 0, 4095, 4096, 900]
    used = Batches(mixture, seed=2, rows=8, context=16)
    for k in order:
        assert np.array_equal(used.batch(k), Batches(mixture, seed=2, rows=8, context=16).batch(k))


def test_batches_across_the_end_of_a_cycle(mixture: Mixture) -> None:
    batches = Batches(mixture, seed=2, rows=10, context=16)
    k = model.data.batches.CYCLE // 10
    rows = [batches.windows(window, window + 1)[0] for window in range(k * 10, k * 10 + 10)]
    assert np.array_equal(batches.batch(k), rows)


def test_the_seed_names_the_order(mixture: Mixture) -> None:
    first, second = (Batches(mixture, seed=seed, rows=64, context=16).batch(0) for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_shuffled_windows_are_far_apart(mixture: Mixture) -> None:
    batches = Batches(mixture, seed=0, rows=1, context=8)
    mine = np.flatnonzero(batches.sources(0, 500) == batches.names.index("commoncrawl"))
    starts = np.array([batches.windows(window, window + 1)[0, 0] for window in mine.tolist()])
    following = np.mean(np.diff(starts) == 8)
    assert following < 0.02


def test_segments_number_the_documents_of_a_row(tmp_path: Path) -> None:
    ids = np.array([BOS, 9, 9, EOS, BOS, 9, EOS, BOS, 9, 9, 9, EOS])
    cases = {"both": (BOS, EOS), "bos": (BOS, -1), "eos": (-1, EOS), "none": (-1, -1)}
    for name, (bos, eos) in cases.items():
        write_ids(tmp_path / name, "c4", ids, [4, 3, 5], bos=bos, eos=eos)
        mixture = mix([str(tmp_path / name)], str(tmp_path / name), {"c4": 1.0})
        batches = Batches(mixture, seed=0, rows=1, context=12)
        tokens = np.array([[*ids, BOS], [*ids[2:], BOS, 9, 9]], np.int32)
        if name == "none":
            with pytest.raises(ValueError, match="BOS or EOS"):
                batches.segments(tokens)
            continue
        assert batches.segments(tokens).tolist() == [
            [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2],
            [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3],
        ]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_dtype_is_the_one_asked_for(mixture: Mixture, dtype: str) -> None:
    assert Batches(mixture, seed=0, rows=2, context=8, dtype=dtype).batch(0).dtype == np.dtype(dtype)


def test_open_by_folder_and_pickled_are_the_same(mixture: Mixture) -> None:
    batches = model.data.batches.open(mixture.folder, seed=4, rows=8, context=16)
    expected = batches.batch(1)
    assert np.array_equal(pickle.loads(pickle.dumps(batches)).batch(1), expected)
    assert (batches.vocab_size, batches.tokenizer, batches.digest) == (1 << 20, "model", mixture.digest)


@pytest.mark.parametrize(("rank", "world"), [(-1, 2), (2, 2), (0, 9), (0, 0)])
def test_impossible_ranks_are_refused(mixture: Mixture, rank: int, world: int) -> None:
    with pytest.raises(ValueError, match="not rank"):
        Batches(mixture, seed=0, rows=8, context=16).batch(0, rank, world)


@pytest.mark.parametrize(("rows", "context"), [(0, 8), (8, 0)])
def test_impossible_shapes_are_refused(mixture: Mixture, rows: int, context: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Batches(mixture, seed=0, rows=rows, context=context)


def damaged(tmp_path: Path) -> tuple[Mixture, Path]:
    mixture = numbered(tmp_path, {"c4": 50_000}, {"c4": 1.0})
    return mixture, Path(find_shards(tmp_path)[0])


def test_a_changed_block_stops_the_batch_that_reads_it(tmp_path: Path) -> None:
    mixture, shard = damaged(tmp_path)
    with shard.with_suffix(".tokens").open("r+b") as file:
        file.seek(70_000)
        file.write(b"\xff")
    batches = Batches(mixture, seed=0, rows=4, context=100)
    with pytest.raises(ShardError, match=r"tokens#65536: expected the bytes that were written"):
        batches.windows(0, 800)


def test_a_shard_written_again_since_is_refused(tmp_path: Path) -> None:
    mixture, _ = damaged(tmp_path)
    write_ids(tmp_path, "c4", np.arange(50_000)[::-1], [10])
    with pytest.raises(ShardError, match="expected the shard that was mixed"):
        Batches(mixture, seed=0, rows=4, context=100).batch(0)


def test_more_shards_than_files_may_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixture = numbered(tmp_path, {"c4": 20_000}, {"c4": 1.0}, shard_bytes=1000)
    expected = Batches(mixture, seed=0, rows=100, context=100).batch(0)
    monkeypatch.setattr("tokenizer.ring.OPEN_FILES", 2)
    batches = Batches(mixture, seed=0, rows=100, context=100)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert np.array_equal(batches.batch(0), expected)
    assert len(list(Path("/proc/self/fd").iterdir())) - before <= 2


def test_windows_of_a_folder_in_order(tmp_path: Path) -> None:
    numbered(tmp_path, {"books": 103, "c4": 50}, {"books": 0.5, "c4": 0.5})
    found = [(source, tokens.tolist()) for source, tokens in windows(tmp_path, context=10, rows=4)]
    books = [list(range(at, at + 11)) for at in range(0, 100, 10)]
    c4 = [list(range(at, at + 11)) for at in range(0, 40, 10)]
    assert found == [("books", books[:4]), ("books", books[4:8]), ("books", books[8:]), ("c4", c4)]


def test_needs_numpy_alone() -> None:
    heavy = {"torch", "jax", "pyarrow", "xxhash", "sentencepiece", "gigatoken", "apache_beam"}
    code = f"import sys, model.data.batches; print(sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
