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
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpus.errors import InputError, ShardError
from corpus.json_values import json_value
from corpus.output.manifest import TOKENS
from corpus.output.read import Output, outputs_in
from corpus.progress.steps import TOKEN
from corpus.progress.work import add
from corpus.stores.addresses import storage_of
from tokenizer.payload import BLOCK_BYTES, Payload, payload_of

FORMAT = "llama-corpus tokens 1"
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


def read_info(path: str | Path) -> ShardInfo:
    """The fields of the shard whose JSON is at path.

    Raises:
        ShardError: not such a file, or changed since it was written.
    """
    try:
        return info_of(_read(str(path)), str(path))
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
    return outputs_in(str(folder), TOKENS, storage_of(str(folder)))


def find_shards(folder: str | Path) -> list[str]:
    """The JSON of every shard below a folder, sorted by path, each as its output's manifest lists it.

    The JSON has the checksums of the shard's other files, so that what is read of them is what was written, too.

    Raises:
        InputError: there is none.
        UnsoundError: an output that is unfinished, stale or damaged.
    """
    shards: list[str] = []
    for output in token_outputs(folder):
        listed = output.listed("*" + SUFFIX)
        for file in listed:
            output.open(file).close()
        shards += [output.path(file) for file in listed]
    if not shards:
        raise InputError("token shards", "outputs without any", str(folder), "build and tokenize documents first")
    return sorted(shards)


def shards_by_source(folder: str | Path) -> dict[str, list[str]]:
    """The JSON of every shard below a folder, by source, both in order of name."""
    shards: dict[str, list[str]] = {}
    for path in find_shards(folder):
        shards.setdefault(read_info(path).source, []).append(path)
    return dict(sorted(shards.items()))


def payload(path: str, info: ShardInfo) -> Payload:
    """The tokens of the shard whose JSON is at path, to be read at any place."""

    def sums() -> np.ndarray:
        return np.frombuffer(_read_checked(beside(path, ".crc32"), info.blocks_crc32), "<u4")

    return payload_of(beside(path, ".tokens"), info.payload_bytes, np.dtype(info.dtype).itemsize, sums)


def beside(path: str, suffix: str) -> str:
    """The path of a file of the shard whose JSON is at path."""
    return path.removesuffix(SUFFIX) + suffix


def stem_of(path: str) -> str:
    """The name of the shard whose JSON is at path."""
    return path.rpartition("/")[2].removesuffix(SUFFIX)


class TokenShard:
    """One open shard: its documents by number.

    The index is checked when it is opened; the tokens when they are read, or all at once with check.
    """

    def __init__(self, path: str | Path, check: bool = True) -> None:
        self.path = str(path)
        self.info = read_info(self.path)
        index = read_index(beside(self.path, ".index.npz"), self.info)
        self.offsets, self.id_hash = index["offsets"].astype(np.int64), index["id_hash"]
        self._locators, self._locator_offsets = index["locators"], index["locator_offsets"]
        self._payload = payload(self.path, self.info)
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
        add(stop - start, TOKEN)
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


def read_index(path: str, info: ShardInfo) -> dict[str, np.ndarray]:
    """The arrays of NAME.index.npz.

    Raises:
        ShardError: absent or changed.
    """
    return index_of(_read_checked(path, info.index_crc32))


def index_of(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of the bytes of an index."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _read(path: str) -> bytes:
    with storage_of(path).open(path) as file:
        return file.read()


def _read_checked(path: str, crc32: int) -> bytes:
    """The bytes of a small file beside a shard."""
    try:
        data = _read(path)
    except OSError as error:
        raise ShardError("a file of the shard", error.strerror or str(error), path) from None
    if zlib.crc32(data) != crc32:
        raise ShardError("the bytes that were written", "changed ones", path, "copy it again")
    return data


def _fields_crc32(fields: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(fields, sort_keys=True).encode())
