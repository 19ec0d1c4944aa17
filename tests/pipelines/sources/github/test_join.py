"""pipelines/sources/github/join.py: one repository file for each blob that a shard wants, whatever fits in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from corpus.readers.github.read import RepoFile
from pipelines.engine.dedup.wire import load, unpack
from pipelines.engine.layout import Plan
from pipelines.sources import find_source
from pipelines.sources.github.join import _NAMELESS, OFFERED, Chosen, _choose, _cut, _table

BLOBS = [f"{number:040x}" for number in range(3_000)]


def plan(folder: Path, bucket_bytes: int, inline: bool) -> Plan:
    values: dict[str, Any] = {"bucket_bytes": bucket_bytes, "licences": ("mit",)}
    source = find_source("github")
    return Plan("github", source.reader, (), {}, values, (), str(folder), str(folder), 0, inline)


def sent(shard: int, repo_files: dict[str, RepoFile]) -> list[tuple[str, int, int, bytes]]:
    return [("", 0, len(data), data) for _bucket, data in _cut(_table(shard, repo_files), 0)]


@pytest.mark.parametrize("bucket_bytes", [1 << 30, 20_000], ids=["in memory", "cut through the disk"])
@pytest.mark.parametrize("inline", [True, False], ids=["bytes", "places"])
def test_every_shard_gets_the_first_in_rank_of_what_it_wants(bucket_bytes: int, inline: bool, tmp_path: Path) -> None:
    """Three repositories hold the blobs, two of them permitted; shards want every second, every third, and none."""
    held = (("a", "gpl", False, 0), ("c", "mit", False, 1_000), ("b", "mit", True, 2_000))
    offered = [
        {blob: RepoFile(repo, f"{blob[-4:]}.py", licence, link) for blob in BLOBS[first:]}
        for repo, licence, link, first in held
    ]
    wanted = {0: BLOBS[::2], 4: BLOBS[::3], 5: ["f" * 40]}
    sides = {
        "repo files": [one for repo_files in offered for one in sent(OFFERED, repo_files)],
        "wanted": [one for shard, blobs in wanted.items() for one in sent(shard, dict.fromkeys(blobs, _NAMELESS))],
    }
    chosen = [
        (shard, unpack(Chosen, load(one))) for shard, one in _choose((7, sides), plan(tmp_path, bucket_bytes, inline))
    ]
    assert sorted(shard for shard, _table in chosen) == [0, 4]
    for shard, table in chosen:
        assert isinstance(table.ids, pa.Array)
        assert sorted(table.ids.to_pylist()) == wanted[shard]
        for blob, repo, path, licence in zip(*(column.to_pylist() for column in table[1:5]), strict=True):
            there = BLOBS.index(blob) >= 1_000
            assert (repo, path, licence) == ("c" if there else "a", f"{blob[-4:]}.py", "mit" if there else "gpl")
        assert not table.links.any()
