"""Filesystems that Beam knows and we do not (hdfs://, azfs://, others' own), and Beam's options for those that we do.

gs://, s3://, https:// and hf:// are read and written by corpus/stores, without Beam. What stands here is for the rest:
faults are named and retried in the same way, and a file whose connection broke off, or that ended before its size, is
read on from the place where it ended.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from corpus.errors import InputError
from corpus.storage import Stored, part_name
from corpus.stores.addresses import CONNECTIONS, SCHEMES
from corpus.stores.faults import asked, named
from corpus.stores.objects import CALLS_AT_ONCE
from pipelines.beam_options import GIVEN

READ_BYTES = 1 << 20
"""Read at a time of a remote file."""


def connect(arguments: list[str]) -> None:
    """Reach object stores as Beam's options say: those after `--`, such as --s3_endpoint_url.

    A filesystem is made of the options that stand when one of its files is first asked for; Beam sets them in its
    workers, but not in the process that starts a pipeline, where s3:// then fails for want of any.
    """
    FileSystems.set_options(PipelineOptions(arguments))
    use_beams_options()


def use_beams_options() -> None:
    """Have our own stores take Beam's options, too: on workers of other machines they arrive by Beam alone."""
    CONNECTIONS.change(beams_options, others=storage_of_beam)


def beams_options() -> Mapping[str, Any]:
    """Beam's options in force, by name."""
    options = FileSystems._pipeline_options
    if options is None:
        return {}
    return options if isinstance(options, dict) else dict(options.get_all_options())


def storage_of_beam(path: str) -> BeamStorage:
    """Beam's filesystem for an address of a scheme that we do not know.

    Raises:
        InputError: Beam knows none, either.
    """
    try:
        connected().get_filesystem(path)
    except ValueError:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise InputError(f"a path of this machine, or an address of {known}", repr(path)) from None
    return BEAM


def connected() -> type[FileSystems]:
    """Beam's filesystems, with options."""
    if FileSystems._pipeline_options is None:
        FileSystems.set_options(PipelineOptions([]))
    return FileSystems


class RemoteFile(io.RawIOBase):
    """A file of a store, open for reading at any place."""

    def __init__(self, path: str) -> None:
        self.path, self._position, self._file = path, 0, cast("BinaryIO | None", None)
        self._size = asked(path, self._opened)

    def _opened(self) -> int:
        """Open the file anew; its size."""
        self._file = connected().open(self.path, compression_type=CompressionTypes.UNCOMPRESSED)
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(self._position)
        return size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = asked(self.path, lambda: self._read(min(len(buffer), max(0, self._size - self._position))))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _read(self, wanted: int) -> bytes:
        if not wanted:
            return b""
        try:
            if self._file is None:
                self._opened()
            assert self._file is not None
            self._file.seek(self._position)
            data = self._file.read(wanted)
        except Exception:
            self._close_quietly()
            raise
        if not data:
            self._close_quietly()
            raise OSError(errno.EIO, f"the end after {self._position} of {self._size} bytes", self.path)
        return data

    def _close_quietly(self) -> None:
        """Let go of a file that is broken: closing it may fail as reading it did."""
        self._file = None

    def close(self) -> None:
        if not self.closed and self._file is not None:
            self._file.close()
        super().close()


class NewRemoteFile(io.BufferedIOBase):
    """A new file of a store; what fails while it is written or closed cannot be continued, and is named."""

    def __init__(self, path: str) -> None:
        create = connected().create
        self.path = path
        self._file = asked(path, lambda: create(path, compression_type=CompressionTypes.UNCOMPRESSED))

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return named(self.path, lambda: self._file.write(data))

    def tell(self) -> int:
        return int(self._file.tell())

    def flush(self) -> None:
        """Nothing: a file is sent in parts of the store's own size, and the last when it is closed."""

    def close(self) -> None:
        if not self.closed:
            try:
                named(self.path, self._file.close)
            finally:
                super().close()


class BeamStorage:
    """Filesystems through Beam. A file is there, whole, once it has been closed or renamed."""

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(RemoteFile(path), READ_BYTES))

    def open_new(self, path: str) -> BinaryIO:
        return cast(BinaryIO, NewRemoteFile(path))

    def head(self, path: str, length: int) -> bytes:
        """The first bytes of a file."""
        return self.slice(path, 0, length)

    def slice(self, path: str, start: int, length: int) -> bytes:
        """A range of a file's bytes."""
        with RemoteFile(path) as file:
            file.seek(start)
            return io.BufferedReader(file, max(1, length)).read(length)

    def part_of(self, path: str) -> str:
        """The name of a file while it is written."""
        return part_name(path)

    def sync(self, file: BinaryIO) -> None:
        """Nothing: what has been closed is stored."""

    def rename(self, old: str, new: str, durable: bool) -> None:
        """Give a file another name. Object stores overwrite; where a store refuses to, what stood there is removed."""
        try:
            asked(new, lambda: self._rename(old, new))
        except OSError:
            if not self.exists(new):
                raise
            self._remove(new)
            asked(new, lambda: self._rename(old, new))

    def _rename(self, old: str, new: str) -> None:
        """A rename is a copy and a deletion: of one that broke off between them, the copy is there."""
        try:
            connected().rename([old], [new])
        except Exception:
            if connected().exists(old) or not connected().exists(new):
                raise

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of that name."""
        return bool(asked(path, lambda: connected().exists(path)))

    def stat(self, path: str) -> Stored | None:
        if not self.exists(path):
            return None
        found = asked(path, lambda: connected().get_filesystem(path).metadata(path))
        return Stored(path, found.size_in_bytes, found.last_updated_in_seconds or 0.0)

    def files_below(self, folder: str) -> list[Stored]:
        return self.matching(folder, "**")

    def matching(self, folder: str, pattern: str) -> list[Stored]:
        return sorted(self.match(f"{folder.rstrip('/')}/{pattern}"))

    def match(self, *patterns: str) -> Iterator[Stored]:
        """The files that globs name."""
        found = asked(patterns[0], lambda: connected().match(list(patterns)))
        for one in (one for matched in found for one in matched.metadata_list):
            yield Stored(one.path, one.size_in_bytes, one.last_updated_in_seconds or 0.0)

    def checksum(self, file: Stored) -> str:
        """What the store says of a file's content; "" where it keeps no checksum.

        Beam lets a filesystem answer with the size where it keeps none: files of equal size are not equal for that.
        """
        try:
            said = str(asked(file.path, lambda: connected().checksum(file.path)) or "")
        except (NotImplementedError, AttributeError):
            return ""
        return "" if said == str(file.bytes) else said

    def copy(self, old: str, new: str) -> None:
        """Give a file another name, too."""
        asked(new, lambda: connected().copy([old], [new]))

    def remove(self, *paths: str) -> None:
        """Delete files, those that are there: some at a time, as each is a call or more to the store."""
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            list(pool.map(self._remove, paths))

    def _remove(self, path: str) -> None:
        if self.exists(path):
            asked(path, lambda: connected().delete([path]))

    def remove_folder(self, folder: str) -> None:
        """Delete all below a folder. Object stores know a folder by the `/` that ends its name, and no empty one."""
        if self.files_below(folder):
            asked(folder, lambda: connected().delete([f"{folder.rstrip('/')}/"]))


BEAM = BeamStorage()
GIVEN.taken_by = connect
if GIVEN.arguments:
    connect(GIVEN.arguments)
else:  # on a worker, Beam has set them
    use_beams_options()
