"""NAME.tokens, read at any place, each block of it compared with its checksum: of this machine, or of a store.

A file of this machine is read by pread, not through a memory map: one that is too short is then an error with an offset
instead of SIGBUS, and pages that were read do not count as this process's memory.

Of a file in a store the blocks that were read stay on this machine, in a sparse file of the private cache: a block is
there if its checksum says so, and else it is brought, the bytes that are wanted with it in one request. So nothing says
which blocks are there, several processes may share the file, and what was damaged on this disk is brought again.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np

from corpus.errors import ShardError
from corpus.private_cache import key_of, private_cache
from corpus.stores.addresses import is_local, remote_storage

BLOCK_BYTES = 1 << 16
"""The unit of checksums: small, so that reading a random window of 4 KiB checks one or two blocks and no more."""
BROUGHT_BYTES = 1 << 24
"""The most that one request brings."""
CACHE_BYTES, CACHE_ENVIRONMENT = 64 << 30, "LLAMA_CORPUS_TOKEN_CACHE_BYTES"
"""What blocks of stores may take of this machine's disk, and the variable that says otherwise."""
_LOOK_SHARE = 16
"""The cache is looked through each time that this share of it has been brought."""


class Payload(Protocol):
    """The tokens of a shard."""

    def open(self) -> None:
        """Make ready to read; compare the size with the one in the JSON."""

    def read(self, start: int, into: np.ndarray) -> None:
        """Fill into (of the shard's dtype) with the tokens from start on."""

    def check(self) -> None:
        """Compare every block that was not read yet with its checksum."""

    def close(self) -> None:
        """Give back what is open."""


def payload_of(path: str, size: int, itemsize: int, sums: Callable[[], np.ndarray]) -> Payload:
    """The tokens in a file.

    Args:
        path: NAME.tokens.
        size: its bytes.
        itemsize: bytes of a token.
        sums: reads the checksums of its blocks.
    """
    return (LocalPayload if is_local(path) else RemotePayload)(path, size, itemsize, sums)


class LocalPayload:
    """The tokens in a file of this machine; a block is compared the first time it is read."""

    def __init__(self, path: str, size: int, itemsize: int, sums: Callable[[], np.ndarray]) -> None:
        self.path, self._size, self._itemsize, self._sums = path, size, itemsize, sums
        self._file, self._crc32 = -1, np.empty(0, "<u4")
        self._unchecked = bytearray(b"\1" * -(-size // BLOCK_BYTES))  # a byte per block, so that find is a C loop

    def open(self) -> None:
        try:
            self._file = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise ShardError("the tokens of a shard", error.strerror or str(error), self.path) from None
        size = os.fstat(self._file).st_size
        if size != self._size:
            self.close()
            raise _of_another_size(self.path, size, self._size)

    def read(self, start: int, into: np.ndarray) -> None:
        offset = start * self._itemsize
        first, last = offset // BLOCK_BYTES, (offset + into.nbytes - 1) // BLOCK_BYTES + 1
        if self._unchecked.find(1, first, last) >= 0:
            self._check(first, last)
        self._fill(offset, into)

    def check(self) -> None:
        self._check(0, len(self._unchecked))

    def close(self) -> None:
        """Close the file; blocks that were checked are not checked again when it is opened."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._crc32 = -1, self._crc32[:0]

    def __del__(self) -> None:
        self.close()

    def _check(self, first: int, last: int) -> None:
        if not len(self._crc32):
            self._crc32 = self._sums()
        while (first := self._unchecked.find(1, first, last)) >= 0:
            offset = first * BLOCK_BYTES
            data = np.empty(min(BLOCK_BYTES, self._size - offset), np.uint8)
            self._fill(offset, data)
            if zlib.crc32(data.data) != self._crc32[first]:
                raise _changed(self.path, offset)
            self._unchecked[first] = 0

    def _fill(self, offset: int, into: np.ndarray) -> None:
        if os.preadv(self._file, [into.data], offset) != into.nbytes:
            raise ShardError(f"{into.nbytes} bytes", "the end of the file", f"{self.path}#{offset}", "copy it again")


class RemotePayload:
    """The tokens in a file of a store; every block is compared each time, as others may empty the copy meanwhile."""

    def __init__(self, path: str, size: int, itemsize: int, sums: Callable[[], np.ndarray]) -> None:
        self.path, self._size, self._itemsize = path, size, itemsize
        self._sums, self._crc32 = sums, np.empty(0, "<u4")
        self._copy = ""

    def open(self) -> None:
        stored = remote_storage(self.path).stat(self.path)
        if stored is None:
            raise ShardError("the tokens of a shard", "none there", self.path)
        if stored.bytes != self._size:
            raise _of_another_size(self.path, stored.bytes, self._size)
        self._crc32 = self._sums()
        self._copy = CACHE.copy_of(self.path, self._size, self._crc32)

    def read(self, start: int, into: np.ndarray) -> None:
        raw, offset = into.view(np.uint8).reshape(-1), start * self._itemsize
        last, done = -(-(offset + len(raw)) // BLOCK_BYTES), 0
        while done < len(raw):
            block, within = divmod(offset + done, BLOCK_BYTES)
            data = self._blocks(block, last)[within:]
            part = min(len(data), len(raw) - done)
            raw[done : done + part] = np.frombuffer(data[:part], np.uint8)
            done += part

    def check(self) -> None:
        for block in range(len(self._crc32)):
            self._blocks(block, len(self._crc32))

    def close(self) -> None:
        """Nothing: a copy is open only while it is read."""

    def _blocks(self, block: int, last: int) -> bytes:
        """The bytes of a block that is here; else of it and of those up to last, which are brought."""
        offset = block * BLOCK_BYTES
        data = CACHE.read(self._copy, offset, min(BLOCK_BYTES, self._size - offset))
        if data is not None and zlib.crc32(data) == self._crc32[block]:
            return data
        length = min((last - block) * BLOCK_BYTES, BROUGHT_BYTES, self._size - offset)
        data = remote_storage(self.path).slice(self.path, offset, length)
        for at in range(0, len(data), BLOCK_BYTES):
            if zlib.crc32(data[at : at + BLOCK_BYTES]) != self._crc32[block + at // BLOCK_BYTES]:
                raise _changed(self.path, offset + at)
        CACHE.write(self._copy, offset, data)
        return data


class BlockCache:
    """Sparse copies of files of stores on this machine, of bounded size together; the oldest are emptied first.

    A copy is emptied, not deleted: whoever has it open sees that a block is not there, and brings it again.
    """

    def __init__(self) -> None:
        self._brought, self._turn = 0, threading.Lock()

    def copy_of(self, path: str, size: int, crc32: np.ndarray) -> str:
        """The path of the copy of one version of a file."""
        copy = private_cache("tokens") / key_of(path, size, zlib.crc32(crc32.tobytes()))
        with suppress(OSError), copy.open("ab"):
            os.truncate(copy, size)
            os.utime(copy)
        return str(copy)

    def read(self, copy: str, offset: int, length: int) -> bytes | None:
        """What a copy holds at a place; None where the disk does not give it."""
        try:
            with open(copy, "rb", buffering=0) as file:
                return os.pread(file.fileno(), length, offset)
        except OSError:
            return None

    def write(self, copy: str, offset: int, data: bytes) -> None:
        """Keep what was brought; a disk that is full keeps nothing, which is no fault."""
        with suppress(OSError), open(copy, "r+b", buffering=0) as file:
            os.pwrite(file.fileno(), data, offset)
        with self._turn:
            self._brought += len(data)
            most = int(os.environ.get(CACHE_ENVIRONMENT) or CACHE_BYTES)
            if self._brought * _LOOK_SHARE > most:
                self._brought = 0
                self._bound(most)

    def _bound(self, most: int) -> None:
        """Empty the oldest copies until all together take no more than most bytes of the disk."""
        found = [(path.stat(), path) for path in Path(private_cache("tokens")).iterdir()]
        taken = sum(status.st_blocks * 512 for status, _path in found)
        for status, path in sorted(found, key=lambda one: one[0].st_mtime):
            if taken <= most:
                return
            with suppress(OSError):
                os.truncate(path, 0)
                os.truncate(path, status.st_size)
            taken -= status.st_blocks * 512


CACHE = BlockCache()


def _of_another_size(path: str, size: int, expected: int) -> ShardError:
    return ShardError(f"{expected} bytes", f"{size}", f"{path}#{min(size, expected)}", "copy it again")


def _changed(path: str, offset: int) -> ShardError:
    return ShardError("the bytes that were written", "changed ones", f"{path}#{offset}", "copy it again")
