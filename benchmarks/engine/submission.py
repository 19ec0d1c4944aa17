"""Claim: a dump of 90,000 objects is planned and laid out in under 3 minutes where each request takes 30 ms.

The store is a stand-in in this process: a filesystem of Beam that sleeps for each request (a listing of a thousand
objects, a checksum, the opening of an object, each range of 16 MB that is read of it) and counts them. What a real
client of a store computes per request, and the bytes on their way, are not in it. Every object has the size of a WET
file, most of which are cut in two, and is one record again and again. Heads, checksums, parts and the graph are those
of `corpus build`; nothing is run. The pipeline, as it is staged for Dataflow, holds more than the request that submits
the job.
"""

from __future__ import annotations

import argparse
import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import apache_beam as beam
from apache_beam.io.filesystem import FileMetadata, FileSystem

from pipelines.demo.commoncrawl import record
from pipelines.engine import remote
from pipelines.engine.build import graph
from pipelines.engine.kept import note_plan
from pipelines.engine.plan import plan_build
from pipelines.sources import find_source

PAGE = 1000
"""Objects of one answer of a listing, as gs:// and s3:// give them."""
SCHEME, SEGMENT = "slow", 640
"""Files of one segment of a dump, each segment a folder."""
RANGE_BYTES = 16 << 20
"""What Beam's reader of gs:// asks for at a time."""
RECORD = record("conversion", "https://a.example/", b"Title\nA line of text.\n")
RECORDS = RECORD * (2 * (1 << 20) // len(RECORD))


class Store(FileSystem):
    """The stand-in: `slow://dump/SEGMENT/NUMBER.warc.wet`, and in memory all that is written."""

    objects, bytes, latency = 0, 0, 0.0
    requests: ClassVar[Counter[str]] = Counter()
    written: ClassVar[dict[str, bytes]] = {}
    _lock = threading.Lock()

    @classmethod
    def scheme(cls) -> str:
        return SCHEME

    @classmethod
    def request(cls, kind: str) -> None:
        """One request: counted, and answered after the latency."""
        with cls._lock:
            cls.requests[kind] += 1
        time.sleep(cls.latency)

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath, *paths])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path: str) -> None:
        """Object stores have no folders."""

    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        for number in range(self.objects if f"{SCHEME}://dump/".startswith(dir_or_prefix) else 0):
            if number % PAGE == 0:
                self.request("listing")
            yield FileMetadata(f"{SCHEME}://dump/{number // SEGMENT:05d}/{number:05d}.warc.wet", self.bytes, 1.0)
        self.request("listing")
        yield from (FileMetadata(path, len(data), 1.0) for path, data in [*self.written.items()]
                    if path.startswith(dir_or_prefix))  # fmt: skip

    def open(self, path: str, mime_type: str = "", compression_type: str = "") -> Any:
        self.request("opening")
        return _Object(self.written.get(path), self.bytes)

    def create(self, path: str, mime_type: str = "", compression_type: str = "") -> Any:
        return _New(path)

    def exists(self, path: str) -> bool:
        self.request("exists")
        return path in self.written or path.endswith(".warc.wet")

    def checksum(self, path: str) -> str:
        self.request("checksum")
        return f"crc-{path}"

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for old, new in zip(source_file_names, destination_file_names, strict=True):
            self.request("rename")
            self.written[new] = self.written.pop(old)

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            self.request("delete")
            self.written.pop(path, None)

    def copy(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        raise NotImplementedError

    def size(self, path: str) -> int:
        return self.metadata(path).size_in_bytes

    def last_updated(self, path: str) -> float:
        return self.metadata(path).last_updated_in_seconds

    def metadata(self, path: str) -> FileMetadata:
        self.request("metadata")
        return FileMetadata(path, len(self.written.get(path, b"")) or self.bytes, 1.0)


class _Object(io.RawIOBase):
    """An object that is read: what was written, or records up to its size; each range that is fetched is a request."""

    def __init__(self, data: bytes | None, size: int) -> None:
        self._data, self._size, self._at = data, size if data is None else len(data), 0
        self._fetched = range(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        start, end = self._at, self._size if size < 0 else min(self._size, self._at + size)
        if end > start and not (start in self._fetched and end - 1 in self._fetched):
            Store.request("range")
            self._fetched = range(start, max(end, start + RANGE_BYTES))
        self._at = max(start, end)
        if self._data is not None:
            return self._data[start:end]
        first = start % len(RECORD)
        return RECORDS[first : first + end - start]


class _New(io.BytesIO):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        if not self.closed:
            Store.request("write")
            Store.written[self._path] = self.getvalue()
        super().close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=90_000, help="WET files of the dump")
    parser.add_argument("--milliseconds", type=float, default=30, help="of each request")
    parser.add_argument("--megabytes", type=float, default=130, help="size of each file")
    options = parser.parse_args()
    Store.objects, Store.latency = options.objects, options.milliseconds / 1e3
    Store.bytes = int(options.megabytes * 1e6)
    remote.connect([])
    source, dump = find_source("commoncrawl"), [f"{SCHEME}://dump"]
    start, cpu = time.monotonic(), time.process_time()
    planned = plan_build(source, dump, f"{SCHEME}://out", "paper", {}, "line_dedup", False, True)
    said = time.monotonic() - start
    note_plan(planned)
    pipeline = beam.Pipeline(runner="FnApiRunner")
    graph(pipeline, planned, source)
    staged = pipeline.to_runner_api(use_fake_coders=True).ByteSize()
    whole = time.monotonic() - start
    shards = f"{len(planned.shards):,} shards of {options.objects:,} objects"
    print(f"{shards}: planned in {said:.1f} s, laid out in {whole:.1f} s")
    print(f"of CPU time {time.process_time() - cpu:.1f} s; requests: {dict(Store.requests)} (claim: under 180 s)")
    print(f"the pipeline: {staged / 1e6:.3f} MB (claim: under 1)")


if __name__ == "__main__":
    main()
