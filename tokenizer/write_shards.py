"""Documents to token shards: one document file in, one or more shards out, the same bytes every time."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import pairwise
from operator import attrgetter
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from corpus.errors import RecordError
from corpus.storage import create
from corpus.writers import id_hash
from tokenizer.encode import Encoder
from tokenizer.payload import BLOCK_BYTES
from tokenizer.settings import Policy
from tokenizer.shards import ShardInfo

Create = Callable[[str], AbstractContextManager[BinaryIO]]  # a new file, made by a `with` block without error


class Row(NamedTuple):
    """One document to encode; locator names the row it was read from."""

    id: str
    source: str
    locator: str
    text: str


class Encoded(NamedTuple):
    """One encoded document: its ids with BOS and EOS, in the shard's type."""

    id_hash: int
    source: str
    locator: str
    ids: np.ndarray


def write_shards(
    rows: Iterable[Row], encoder: Encoder, stem: str, policy: Policy | None = None, create: Create = create
) -> list[ShardInfo]:
    """Write the tokens of documents as STEM-000, STEM-001, ...; the JSON files are written last, after all others.

    A shard ends when the next document would pass policy.shard_bytes or is of another source. A single document
    longer than that has a shard of its own. With policy.shuffle the documents of one shard are in memory, encoded.

    Raises:
        RecordError: a text that cannot be encoded; it names the document.
    """
    policy = policy or Policy()
    encoded, frame = _encode(rows, encoder, policy), shard_frame(encoder, policy)
    return write_encoded(encoded, frame, stem, policy.shard_bytes, create, policy.shuffle)


def shard_frame(encoder: Encoder, policy: Policy) -> ShardInfo:
    """The fields that all shards of one run share; the counts are still 0."""
    bos, eos = (encoder.model.bos if policy.bos else -1), (encoder.model.eos if policy.eos else -1)
    return ShardInfo(
        "", "", 0, 0, encoder.dtype.name, 0, 0, encoder.vocab_size, bos, eos, encoder.model.digest, policy.recipe, 0, 0
    )


def write_encoded(
    documents: Iterable[Encoded],
    frame: ShardInfo,
    stem: str,
    shard_bytes: int,
    create: Create = create,
    shuffle: bool = False,
) -> list[ShardInfo]:
    """Write encoded documents as shards; see write_shards."""
    parts, infos = _Parts(documents, shard_bytes), list[ShardInfo]()
    while parts.first is not None:
        name = f"{os.path.basename(stem)}-{len(infos):03d}"
        info = frame._replace(name=name, source=parts.first.source, part=len(infos))
        part = parts.next_part()
        shuffled = sorted(part, key=attrgetter("id_hash")) if shuffle else part
        infos.append(write_part(shuffled, info, f"{stem}-{len(infos):03d}", create))
    infos = [info._replace(parts=len(infos)) for info in infos]
    for info in infos:
        with create(f"{stem}-{info.part:03d}.json") as file:
            file.write(info.to_json())
    return infos


def write_part(documents: Iterable[Encoded], info: ShardInfo, path: str, create: Create) -> ShardInfo:
    """Write one shard except its JSON; returns the ShardInfo, with counts and checksums, for that JSON."""
    with create(f"{path}.tokens") as file:
        index = _Index(file)
        for document in documents:
            index.add(document)
        index.flush()
    arrays, blocks = index.to_bytes(), np.array(index.crc32, "<u4").tobytes()
    for suffix, data in ((".index.npz", arrays), (".crc32", blocks)):
        with create(path + suffix) as file:
            file.write(data)
    info = info._replace(tokens=index.offsets[-1], documents=len(index.hashes))
    return info._replace(index_crc32=zlib.crc32(arrays), blocks_crc32=zlib.crc32(blocks))


def renamed(info: ShardInfo, index: Mapping[str, np.ndarray], name: str, rows: str) -> tuple[ShardInfo, bytes]:
    """A shard of the same documents under another name, as the bytes of its index and the ShardInfo for its JSON.

    Args:
        info: of the shard as it was written.
        index: the arrays of its index.
        name: the shard's other name.
        rows: the other name that its file of documents has in locators.
    """
    whole, ends = index["locators"].tobytes(), index["locator_offsets"].tolist()
    numbers = (whole[start:end].rpartition(b"#")[2] for start, end in pairwise(ends))
    locators = [b"%s#%s" % (rows.encode(), number) for number in numbers]
    data = _index_bytes(index["offsets"], index["id_hash"], locators)
    return info._replace(name=name, index_crc32=zlib.crc32(data)), data


def rows_of(file: BinaryIO, name: str) -> Iterator[Row]:
    """The documents of a Parquet file of documents, one row group at a time; name is the file's name in locators."""
    number = 0
    parquet = pq.ParquetFile(file)
    for group in range(parquet.num_row_groups):
        table = parquet.read_row_group(group, columns=["id", "source", "text"])
        for row in zip(*(table.column(column).to_pylist() for column in ("id", "source", "text")), strict=True):
            yield Row(row[0], row[1], f"{name}#{number}", row[2])
            number += 1


def _encode(rows: Iterable[Row], encoder: Encoder, policy: Policy) -> Iterator[Encoded]:
    for row in rows:
        try:
            text = encoder.encode(row.text)
        except RecordError as error:
            raise RecordError(error.expected, error.got, f"{row.locator} ({row.id})", error.do) from None
        # bos and eos are booleans, so 0 or 1: the text's ids are written between them, without another copy.
        ids = np.empty(len(text) + policy.bos + policy.eos, encoder.dtype)
        ids[policy.bos : policy.bos + len(text)] = text
        if policy.bos:
            ids[0] = encoder.model.bos
        if policy.eos:
            ids[-1] = encoder.model.eos
        yield Encoded(id_hash(row.id), row.source, row.locator, ids)


class _Parts:
    """Cuts a stream of documents into shards; first is the document that begins the next shard, None at the end."""

    def __init__(self, documents: Iterable[Encoded], shard_bytes: int) -> None:
        self._documents, self._shard_bytes = iter(documents), shard_bytes
        self.first: Encoded | None = next(self._documents, None)

    def next_part(self) -> Iterator[Encoded]:
        """The documents of the next shard; read it to its end before asking for the one after."""
        begun, size = self.first, 0
        while self.first is not None and begun is not None and self.first.source == begun.source:
            size += self.first.ids.nbytes
            if size > self._shard_bytes and self.first is not begun:
                return
            yield self.first
            self.first = next(self._documents, None)


class _Index:
    """The index of the shard being written; its tokens are written to file in full blocks, each with a checksum."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._block = file, bytearray()
        self.offsets, self.hashes, self.locators, self.crc32 = [0], [], [], []

    offsets: list[int]
    hashes: list[int]
    locators: list[bytes]
    crc32: list[int]

    def add(self, document: Encoded) -> None:
        self.offsets.append(self.offsets[-1] + len(document.ids))
        self.hashes.append(document.id_hash)
        self.locators.append(document.locator.encode())
        self._block += document.ids.data.cast("B") if len(document.ids) else b""
        if len(self._block) >= BLOCK_BYTES:
            self._write(len(self._block) // BLOCK_BYTES * BLOCK_BYTES)

    def flush(self) -> None:
        """Write the last block, which may be shorter."""
        self._write(len(self._block))

    def _write(self, length: int) -> None:
        with memoryview(self._block)[:length] as ready:
            for start in range(0, length, BLOCK_BYTES):
                self.crc32.append(zlib.crc32(ready[start : start + BLOCK_BYTES]))
            self._file.write(ready)
        del self._block[:length]

    def to_bytes(self) -> bytes:
        """NAME.index.npz."""
        return _index_bytes(np.array(self.offsets, "<u8"), np.array(self.hashes, "<u8"), self.locators)


def _index_bytes(offsets: np.ndarray, hashes: np.ndarray, locators: list[bytes]) -> bytes:
    file = io.BytesIO()
    np.savez(
        file,
        offsets=offsets,
        id_hash=hashes,
        locators=np.frombuffer(b"".join(locators), np.uint8),
        locator_offsets=np.cumsum([0, *map(len, locators)], dtype="<u8"),
    )
    return file.getvalue()
