"""Tokens in a store: blocks are brought once, kept on this machine in bounded room, and never believed unchecked."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from memory_store import MemoryStore

from corpus.errors import ShardError
from corpus.stores.addresses import CONNECTIONS
from corpus.stores.objects import ObjectStorage
from tokenizer import payload
from tokenizer.payload import BLOCK_BYTES, Payload, payload_of

TOKENS = np.random.default_rng(1).integers(0, 1 << 16, 5 * BLOCK_BYTES // 2 + 100, dtype="<u2")
PATH = "mem://bucket/tokens-000.tokens"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    made.kept[PATH] = TOKENS.tobytes()
    monkeypatch.setenv("LLAMA_CORPUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(CONNECTIONS, "others", lambda path: ObjectStorage(made))
    return made


def opened(sums: np.ndarray | None = None, path: str = PATH) -> Payload:
    import zlib

    data = TOKENS.tobytes()
    blocks = range(0, len(data), BLOCK_BYTES)
    true = np.array([zlib.crc32(data[at : at + BLOCK_BYTES]) for at in blocks], "<u4")
    made = payload_of(path, len(data), 2, lambda: true if sums is None else sums)
    made.open()
    return made


def read(tokens: Payload, start: int, stop: int) -> None:
    """Read tokens, and compare them with what was written."""
    into = np.empty(stop - start, "<u2")
    tokens.read(start, into)
    assert np.array_equal(into, TOKENS[start:stop])


def test_a_window_brings_its_blocks_once(store: MemoryStore, tmp_path: Path) -> None:
    tokens, half = opened(), BLOCK_BYTES // 2
    store.requests.clear()
    read(tokens, half - 5, half + 5)  # across the first two blocks, brought together
    assert store.requests == {"get": 1}
    read(tokens, 0, 2 * half)
    read(opened(), 3, half)  # another reader of the same file
    assert store.requests == {"get": 1, "stat": 1}
    read(tokens, 0, len(TOKENS))
    tokens.check()
    assert store.requests == {"get": 2, "stat": 1}
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_damaged_copy_is_brought_again(store: MemoryStore, tmp_path: Path) -> None:
    tokens = opened()
    tokens.check()
    (copy,) = (tmp_path / "cache" / "tokens").iterdir()
    data = bytearray(copy.read_bytes())
    data[7] ^= 1
    copy.write_bytes(data)
    store.requests.clear()
    read(tokens, 0, 100)
    assert store.requests == {"get": 1}
    copy.unlink()
    read(tokens, 0, 100)  # nothing is kept where the disk gives nothing
    assert store.requests == {"get": 2}


def test_a_damaged_file_is_refused(store: MemoryStore) -> None:
    data = bytearray(store.kept[PATH])
    data[BLOCK_BYTES + 1] ^= 1
    store.kept[PATH] = bytes(data)
    tokens = opened()
    read(tokens, 0, 10)
    with pytest.raises(ShardError, match=rf"{PATH}#{BLOCK_BYTES}: expected the bytes that were written"):
        tokens.check()
    store.kept[PATH] = store.kept[PATH][:-1]
    with pytest.raises(ShardError, match=rf"#{2 * len(TOKENS) - 1}: expected {2 * len(TOKENS)} bytes, got"):
        opened()
    del store.kept[PATH]
    with pytest.raises(ShardError, match="got none there"):
        opened()


def test_the_room_is_bounded(store: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 3 * TOKENS.nbytes
    monkeypatch.setenv(payload.CACHE_ENVIRONMENT, str(most))
    readers = []
    for number in range(6):
        path = f"mem://bucket/{number}.tokens"
        store.kept[path] = TOKENS.tobytes()
        readers.append(opened(path=path))
        readers[-1].check()
        for copy in (tmp_path / "cache" / "tokens").iterdir():
            os.utime(copy, (copy.stat().st_atime - 10, copy.stat().st_mtime - 10))
    taken = sum(copy.stat().st_blocks * 512 for copy in (tmp_path / "cache" / "tokens").iterdir())
    assert 0 < taken <= most + TOKENS.nbytes
    read(readers[0], 0, len(TOKENS))  # its copy was emptied, and it is brought again
