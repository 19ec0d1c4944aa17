"""The limit of memory: more raises MemoryError, and after the block the limit is what it was."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from corpus.memory import limited_memory

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="only Linux says how much memory a process has"
)
MIB = 1 << 20


def taken(size: int) -> int:
    return len(bytearray(size))


def test_what_asks_for_more_raises() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with limited_memory(256 * MIB):
        assert taken(16 * MIB) == 16 * MIB
        with pytest.raises(MemoryError):
            taken(512 * MIB)
        assert taken(16 * MIB) == 16 * MIB
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert taken(512 * MIB) == 512 * MIB


def test_a_block_inside_a_block_has_the_limit_of_the_outer_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with limited_memory(256 * MIB):
        with limited_memory(1024 * MIB), pytest.raises(MemoryError):
            taken(512 * MIB)
        with pytest.raises(MemoryError):
            taken(512 * MIB)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_0_is_no_limit() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with limited_memory(0):
        assert resource.getrlimit(resource.RLIMIT_DATA) == before
