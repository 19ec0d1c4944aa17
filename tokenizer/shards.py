"""Token shards: the native format, its reader and its checks. Needs numpy and the standard library.

A shard NAME is four files:

    NAME.tokens      the ids, flat, little-endian uint16 (uint32 where the vocabulary needs it), nothing else
    NAME.index.npz   offsets u64 [documents + 1]: document i is tokens[offsets[i]:offsets[i + 1]];
                     id_hash u64 [documents]: xxh3 of the document's id;
                     locators u8, locator_offsets u64: where each document was read, UTF-8
    NAME.crc32       u32, the checksum of each BLOCK_BYTES of NAME.tokens
    NAME.json        source, counts, tokenizer and recipe digests; checksums of the index, of NAME.crc32 and of itself

The JSON is written last: a shard whose JSON exists is complete. One shard holds documents of one source.
"""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpus.errors import InputError, ShardError
from corpus.json_values import json_value
from corpus.output.manifest import TOKENS
from corpus.output.read import Output, outputs_in

FORMAT = "llama-corpus tokens 1"
BLOCK_BYTES = 1 << 16
"""The unit of checksums: small, so that reading a random window of 4 KiB checks one or two blocks and no more."""
SUFFIX = ".json"
CHUNK_TOKENS = 1 << 22


class ShardInfo(NamedTuple):
    """The fields of NAME.json. bos and eos are the ids around each document, -1 for none."""

    name: str
    source: str
    part: int
    parts: int
    dtype: str
    tokens: int
    documents: int
    vocab_size: int
    bos: int
    eos: int
    tokenizer: str
    recipe: str
    index_crc32: int
    blocks_crc32: int

    @property
    def payload_bytes(self) -> int:
        """The size of NAME.tokens in bytes."""
        return self.tokens * np.dtype(self.dtype).itemsize

    def to_json(self) -> bytes:
        """The bytes of NAME.json, its own checksum among them."""
        fields = {"format": FORMAT, "block_bytes": BLOCK_BYTES, **self._asdict()}
        return json.dumps(fields | {"crc32": _fields_crc32(fields)}, indent=1, sort_keys=True).encode() + b"\n"


def read_info(path: Path) -> ShardInfo:
    """The fields of the shard whose JSON is at path.

    Raises:
        ShardError: not such a file, or changed since it was written.
    """
    try:
        return info_of(path.read_bytes(), str(path))
    except OSError as error:
        raise ShardError("the JSON of a token shard", str(error), str(path)) from None


def info_of(data: bytes, path: str) -> ShardInfo:
    """The fields that the bytes of a shard's JSON state; path is where they were read.

    Raises:
        ShardError: not such a file, or changed since it was written.
    """
    try:
        fields: dict[str, Any] = json_value(data)
    except ValueError as error:
        raise ShardError("the JSON of a token shard", str(error), path) from None
    stated = (fields.get("format"), fields.get("block_bytes")) if isinstance(fields, dict) else ()
    if stated != (FORMAT, BLOCK_BYTES):
        raise ShardError(f"format {FORMAT!r}, blocks of {BLOCK_BYTES}", repr(stated), path)
    crc32 = fields.pop("crc32", None)
    if crc32 != _fields_crc32(fields):
        raise ShardError("the fields that were written", "a changed one", path, "write the shard again")
    return ShardInfo(**{name: fields[name] for name in ShardInfo._fields})


def token_outputs(folder: str | Path) -> list[Output]:
    """The outputs with token shards that a folder is or holds, by path.

    Raises:
        InputError: there is none.
        UnsoundError: one that is unfinished, stale or damaged.
    """
    return outputs_in(str(folder), TOKENS)


def find_shards(folder: str | Path) -> list[Path]:
    """The JSON of every shard below a folder, sorted by path, each as its output's manifest lists it.

    The JSON has the checksums of the shard's other files, so that what is read of them is what was written, too.

    Raises:
        InputError: there is none.
        UnsoundError: an output that is unfinished, stale or damaged.
    """
    shards: list[Path] = []
    for output in token_outputs(folder):
        listed = output.listed("*" + SUFFIX)
        for file in listed:
            output.open(file).close()
        shards += [Path(output.path(file)) for file in listed]
    if not shards:
        raise InputError("token shards", "outputs without any", str(folder), "build and tokenize documents first")
    return sorted(shards)


def shards_by_source(folder: str | Path) -> dict[str, list[Path]]:
    """The JSON of every shard below a folder, by source, both in order of name."""
    shards: dict[str, list[Path]] = {}
    for path in find_shards(folder):
        shards.setdefault(read_info(path).source, []).append(path)
    return dict(sorted(shards.items()))


class Payload:
    """Random access to NAME.tokens; each block is compared with its checksum the first time it is read.

    By pread, not a memory map: a file that is too short is then an error with an offset instead of SIGBUS, and pages
    that were read do not count as this process's memory.
    """

    def __init__(self, path: Path, info: ShardInfo) -> None:
        self.path, self.info = path.with_suffix(".tokens"), info
        self._itemsize = np.dtype(info.dtype).itemsize
        self._file, self._crc32 = -1, np.empty(0, "<u4")
        self._unchecked = bytearray(
            b"\1" * -(-info.payload_bytes // BLOCK_BYTES)
        )  # a byte per block, so that find is a C loop

    def open(self) -> None:
        """Open the file, and compare its size with the one in the JSON."""
        try:
            self._file = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise ShardError("the tokens of a shard", error.strerror or str(error), str(self.path)) from None
        info, size = self.info, os.fstat(self._file).st_size
        if size != info.payload_bytes:
            self.close()
            where = f"{self.path}#{min(size, info.payload_bytes)}"
            raise ShardError(f"{info.payload_bytes} bytes", f"{size}", where, "copy it again")

    def read(self, start: int, into: np.ndarray) -> None:
        """Fill into (of the shard's dtype) with the tokens from start on."""
        offset = start * self._itemsize
        first, last = offset // BLOCK_BYTES, (offset + into.nbytes - 1) // BLOCK_BYTES + 1
        if self._unchecked.find(1, first, last) >= 0:
            self._check(first, last)
        self._fill(offset, into)

    def check(self) -> None:
        """Compare every block that was not read yet with its checksum."""
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
            sums = _read_checked(self.path.with_suffix(".crc32"), self.info.blocks_crc32)
            self._crc32 = np.frombuffer(sums, "<u4")
        while (first := self._unchecked.find(1, first, last)) >= 0:
            offset = first * BLOCK_BYTES
            data = np.empty(min(BLOCK_BYTES, self.info.payload_bytes - offset), np.uint8)
            self._fill(offset, data)
            if zlib.crc32(data.data) != self._crc32[first]:
                where = f"{self.path}#{offset}"
                raise ShardError("the bytes that were written", "changed ones", where, "copy it again")
            self._unchecked[first] = 0

    def _fill(self, offset: int, into: np.ndarray) -> None:
        if os.preadv(self._file, [into.data], offset) != into.nbytes:
            raise ShardError(f"{into.nbytes} bytes", "the end of the file", f"{self.path}#{offset}", "copy it again")


class TokenShard:
    """One open shard: its documents by number.

    The index is checked when it is opened; the tokens when they are read, or all at once with check.
    """

    def __init__(self, path: str | Path, check: bool = True) -> None:
        self.path = Path(path)
        self.info = read_info(self.path)
        index = read_index(self.path.with_suffix(".index.npz"), self.info)
        self.offsets, self.id_hash = index["offsets"].astype(np.int64), index["id_hash"]
        self._locators, self._locator_offsets = index["locators"], index["locator_offsets"]
        self._payload = Payload(self.path, self.info)
        self._payload.open()
        if check:
            self._payload.check()

    def __len__(self) -> int:
        return self.info.documents

    def __enter__(self) -> TokenShard:
        return self

    def __exit__(self, *_: object) -> None:
        self._payload.close()

    def tokens(self, start: int, stop: int) -> np.ndarray:
        """The ids from start up to stop."""
        ids = np.empty(stop - start, self.info.dtype)
        self._payload.read(start, ids)
        return ids

    def document(self, number: int) -> np.ndarray:
        """The ids of a document, with BOS and EOS."""
        return self.tokens(int(self.offsets[number]), int(self.offsets[number + 1]))

    def text_ids(self, number: int) -> np.ndarray:
        """The ids of a document's text, without BOS and EOS."""
        ids = self.document(number)
        return ids[self.info.bos >= 0 : len(ids) - (self.info.eos >= 0)]

    def locator(self, number: int) -> str:
        """The row that the document was read from (`documents-00000-of-00001.parquet#17`)."""
        start, stop = self._locator_offsets[number : number + 2]
        return bytes(self._locators[start:stop]).decode()

    def chunks(self) -> Iterator[np.ndarray]:
        """All ids in order, CHUNK_TOKENS at a time, so that memory does not grow with the shard."""
        for start in range(0, self.info.tokens, CHUNK_TOKENS):
            yield self.tokens(start, min(start + CHUNK_TOKENS, self.info.tokens))

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self.document(number) for number in range(len(self)))


def read_index(path: Path, info: ShardInfo) -> dict[str, np.ndarray]:
    """The arrays of NAME.index.npz.

    Raises:
        ShardError: absent or changed.
    """
    return index_of(_read_checked(path, info.index_crc32))


def index_of(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of the bytes of an index."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _read_checked(path: Path, crc32: int) -> bytes:
    """The bytes of a small file beside a shard."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ShardError("a file of the shard", error.strerror or str(error), str(path)) from None
    if zlib.crc32(data) != crc32:
        raise ShardError("the bytes that were written", "changed ones", str(path), "copy it again")
    return data


def _fields_crc32(fields: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(fields, sort_keys=True).encode())
