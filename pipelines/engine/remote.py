"""Object stores and the like, through Beam's filesystems, with faults named and waited for as those of a local disk.

Clients of stores raise exceptions of their own. Here each becomes an OSError with the number that a disk would give: no
such file, no permission, or a fault that may pass. So nothing of a store can be taken for a fault of a record. What may
pass is tried again after growing pauses (corpus/passing.py); a file whose connection broke off, or that ended before
its size, is read on from the place where it ended.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, TypeVar, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from corpus.passing import is_passing, try_again
from corpus.storage import Stored

CALLS_AT_ONCE = 256
"""Requests to an object store under way together: each is waited for some tens of milliseconds."""
READ_BYTES = 1 << 20
"""Read at a time of a remote file."""
_MISSING, _FORBIDDEN = (404, 410), (401, 403)
_TOO_MANY, _TIMED_OUT, _OF_SERVER = 429, 408, 500
_NO_CREDENTIALS = ("NoCredentialsError", "DefaultCredentialsError", "RefreshError", "PartialCredentialsError")
_CONNECTION = (
    "ChunkedEncodingError", "ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError",
    "HTTPClientError", "IncompleteRead", "IncompleteReadError", "ProtocolError", "ReadTimeoutError",
    "ResponseStreamingError", "RetryError", "TransportError",
)  # fmt: skip
"""Names of exceptions of botocore, requests, urllib3 and google.auth for a connection that failed."""

Value = TypeVar("Value")


def connect(arguments: list[str]) -> None:
    """Reach object stores as Beam's options say: those after `--`, such as --s3_endpoint_url.

    A filesystem is made of the options that stand when one of its files is first asked for; Beam sets them in its
    workers, but not in the process that starts a pipeline, where s3:// then fails for want of any.
    """
    FileSystems.set_options(PipelineOptions(arguments))


def connected() -> type[FileSystems]:
    """Beam's filesystems, with options."""
    if FileSystems._pipeline_options is None:
        connect([])
    return FileSystems


def named(path: str, request: Callable[[], Value]) -> Value:
    """What a store answers to one request.

    Raises:
        OSError: with the number of the fault, what the store said, and the path.
    """
    try:
        return request()
    except Exception as error:
        number = number_of(error)
        if number is None:
            raise
        raise OSError(number, said_of(error), path) from error


def asked(path: str, request: Callable[[], Value]) -> Value:
    """What a store answers; faults that pass are waited for.

    Raises:
        OSError: the fault stayed, or is none that passes (see `named`).
    """
    return try_again(lambda: named(path, request))


def number_of(error: BaseException) -> int | None:
    """The error number that a disk would give for what a store's client raised; None for no fault of a store."""
    error = _innermost(error)
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    status = _status(error)
    if status in _MISSING:
        return errno.ENOENT
    name = type(error).__name__
    if status in _FORBIDDEN or name in _NO_CREDENTIALS:
        return errno.EACCES
    if status is not None and (status in (_TOO_MANY, _TIMED_OUT) or status >= _OF_SERVER):
        return errno.EIO
    if is_passing(error) or name in _CONNECTION:
        return errno.ECONNRESET
    return errno.EREMOTEIO if status is not None or isinstance(error, OSError) else None


def said_of(error: BaseException) -> str:
    """What a store said, in one line."""
    said = " ".join(str(_innermost(error)).split()) or type(error).__name__
    return said[:500]


def _innermost(error: BaseException) -> BaseException:
    """The exception that Beam's own wraps: of a request for several files, the first."""
    details = getattr(error, "exception_details", None)
    inner = next((one for one in details.values() if isinstance(one, BaseException)), None) if details else None
    return _innermost(inner) if inner is not None else error


def _status(error: BaseException) -> int | None:
    """The status of the store's HTTP answer, where an exception has it."""
    response = getattr(error, "response", None)
    stated = response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(response, dict) else None
    status = getattr(error, "code", None) if stated is None else stated
    return status if isinstance(status, int) else None


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


class RemoteStorage:
    """Object stores and the like, through Beam. A file is there, whole, once it has been closed or renamed."""

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(RemoteFile(path), READ_BYTES))

    def open_new(self, path: str) -> BinaryIO:
        return cast(BinaryIO, NewRemoteFile(path))

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

    def checksum(self, path: str) -> str:
        """What the store says of a file's content; "" where it keeps no checksum."""
        try:
            return str(asked(path, lambda: connected().checksum(path)) or "")
        except (NotImplementedError, AttributeError):
            return ""

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


REMOTE = RemoteStorage()
