"""The spool gives back what it got, in order, whether or not it went to disk."""

import pytest

from corpus.readers.stackexchange import spool as spool_module
from corpus.readers.stackexchange.spool import Spool

ROWS = [(number % 3, [number, "Größe\n" * (number % 7), None, True]) for number in range(2_000)]


@pytest.mark.parametrize("buffered", [64 << 20, 8_000, 0], ids=["in memory", "on disk", "a block a row"])
def test_rows_come_back_by_partition_and_in_order(monkeypatch, buffered):
    monkeypatch.setattr(spool_module, "BUFFERED_BYTES", buffered)
    with Spool(4) as spool:
        for partition, row in ROWS:
            spool.add(partition, row, 50)
        for _again in range(2):
            assert [list(spool.read(partition)) for partition in range(4)] == [
                [row for owner, row in ROWS if owner == partition] for partition in range(4)
            ]
        assert (spool._file is None) == (buffered == 64 << 20)


def test_what_does_not_fit_the_buffers_goes_to_a_file(monkeypatch):
    monkeypatch.setattr(spool_module, "BUFFERED_BYTES", 1_000_000)
    with Spool(1) as spool:
        for _ in range(3_000):
            spool.add(0, ["x" * 1_000], 1_000)
        assert spool._file is not None
        assert len(spool._rows[0]) <= 1_000
        assert sum(1 for _ in spool.read(0)) == 3_000
    assert spool._file.closed


def test_many_partitions_share_the_buffers():
    assert Spool(1_000)._block_bytes == spool_module.BUFFERED_BYTES // 1_000
