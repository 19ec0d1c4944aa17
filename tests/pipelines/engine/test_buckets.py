"""How many buckets a dedup gets (`bucket_bits` in pipelines/engine/plan.py): what the input needs, within bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import toy

from corpus.readers.base import InputSplit
from pipelines.engine.passes import run_pass
from pipelines.engine.plan import BUILD, bucket_bits, plan_build

VALUES = {name: number.value for name, number in BUILD.resolve().items()}
MB, GB = 10**6, 10**9


@pytest.mark.parametrize(
    ("shards", "input_bytes", "buckets"),
    [
        pytest.param(1, 1000, 1, id="one small file"),
        pytest.param(16, 24 * MB, 8, id="small shards send no bucket less than 96 KiB stand for"),
        pytest.param(16, 100 * MB, 16, id="100 MB: a bucket for every core"),
        pytest.param(40, GB, 16, id="1 GB"),
        pytest.param(120, 8 * GB, 128, id="as many as the input needs"),
        pytest.param(180_000, 11_700 * GB, 512, id="a dump in parts of 65 MB"),
        pytest.param(90_000, 11_700 * GB, 1024, id="a dump in shards of 130 MB"),
        pytest.param(450_000, 58_500 * GB, 1024, id="five dumps"),
        pytest.param(0, 0, 256, id="nobody knows: a query of BigQuery"),
    ],
)
def test_buckets(shards: int, input_bytes: int, buckets: int) -> None:
    assert 2 ** bucket_bits([InputSplit(0, 1, "")] * shards, input_bytes, VALUES) == buckets


def test_a_shard_whose_runs_were_cut_otherwise_is_done_again(tmp_path: Path) -> None:
    """A dump may grow: with more buckets, the runs that an earlier attempt left would miss their copies."""
    dump = toy.write(tmp_path / "dump", a="one line\nshared line")
    planned = plan_build(toy.source(toy.LINES), [dump], str(tmp_path / "out"), "paper", {}, "", False, False)
    counted = []
    for bits in (0, 0, 4):
        run_pass(replace(planned.plan, bits=bits), 0, planned.shards[0])
        counted.append(Path(planned.plan.pass_file(0, "done.json", 0)).stat().st_mtime_ns)
    assert counted[0] == counted[1] < counted[2]
