"""How many buckets a dedup gets (`bucket_bits` in pipelines/engine/shards.py): what the input needs, within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy

from pipelines.engine.passes import run_pass
from pipelines.engine.plan import BUILD, plan_build
from pipelines.engine.shards import bucket_bits

VALUES = {name: number.value for name, number in BUILD.resolve().items()}
MB, GB = 10**6, 10**9


@pytest.mark.parametrize(
    ("shards", "input_bytes", "buckets"),
    [
        pytest.param(1, 1000, 1, id="one small file"),
        pytest.param(16, 24 * MB, 4, id="small shards send no bucket less than 96 KiB stand for"),
        pytest.param(16, 100 * MB, 16, id="100 MB: a bucket for every core"),
        pytest.param(40, GB, 16, id="1 GB"),
        pytest.param(120, 8 * GB, 64, id="as many as the input needs"),
        pytest.param(180_000, 11_700 * GB, 256, id="a dump in parts of 65 MB"),
        pytest.param(90_000, 11_700 * GB, 1024, id="a dump in shards of 130 MB"),
        pytest.param(450_000, 58_500 * GB, 1024, id="five dumps"),
    ],
)
def test_buckets(shards: int, input_bytes: int, buckets: int) -> None:
    assert 2 ** bucket_bits(shards, input_bytes, VALUES) == buckets


def test_a_shard_whose_runs_were_cut_otherwise_is_done_again(tmp_path: Path) -> None:
    """A dump may grow: with more buckets, the runs that an earlier attempt left would miss their copies."""
    dump = toy.write(tmp_path / "dump", a="one line\nshared line")
    times = []
    for settings in ({}, {}, {"buckets_least": "4", "blob_input_bytes": "1"}):
        planned = plan_build(toy.source(toy.LINES), [dump], str(tmp_path / "out"), "paper", settings, "", False, False)
        run_pass(planned.plan, 0, planned.shards[0])
        done = Path(planned.plan.pass_file(0, "done.json", planned.shards[0]))
        times.append((planned.plan.bits, done.stat().st_mtime_ns))
    assert [bits for bits, _time in times] == [0, 0, 2]
    assert times[0] == times[1]
    assert times[1][1] < times[2][1]
