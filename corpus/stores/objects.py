"""The filesystem of object stores: files that are read by ranges and written whole, listings in pages.

An object is there once it has been sent to its end, so that nothing is written under another name and renamed. Whatever
fails is named and, where it may pass, asked for again (faults.py); a file is read on from where its connection broke.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, BinaryIO, cast

from corpus.errors import UsageError
from corpus.storage import Stored
from corpus.stores.faults import asked, named
from corpus.stores.store import PART_BYTES, Slice, Store

CALLS_AT_ONCE = 64
"""Requests to an object store under way together: each is waited for some tens of milliseconds."""
FIRST_BYTES, MOST_BYTES = 1 << 16, 1 << 23
"""Asked for at a time of a file: little where reading begins, and twice as much as before while it reads on."""
_WILDCARDS = re.compile(r"[*?\[]")


class RangedFile(io.RawIOBase):
    """An object, open for reading at any place. It keeps its first block, which readers look at again, and the last."""

    def __init__(self, path: str, store: Store, first: Slice) -> None:
        self._path, self._store, self._position, self._ahead = path, store, 0, FIRST_BYTES
        self._size, self._first = first.size, first.data
        self._start, self._block = 0, first.data

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), max(0, self._size - self._position))
        data = self._at(self._position, wanted) if wanted else b""
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _at(self, position: int, wanted: int) -> bytes:
        """Some bytes, at most those wanted, of a block that is here or is asked for."""
        if position < len(self._first):
            return self._first[position : position + wanted]
        if not self._start <= position < self._start + len(self._block):
            self._ask(position, wanted)
        return self._block[position - self._start : position - self._start + wanted]

    def _ask(self, position: int, wanted: int) -> None:
        reads_on = position == self._start + len(self._block)
        self._ahead = min(MOST_BYTES, 2 * self._ahead) if reads_on else FIRST_BYTES
        length = min(max(self._ahead, wanted), self._size - position)
        self._start, self._block = position, _whole(self._path, self._store, position, length)


def _whole(path: str, store: Store, start: int, length: int) -> bytes:
    """A range of an object, all of it: an answer that is shorter broke off."""

    def get() -> bytes:
        data = store.get(path, start, length).data
        if len(data) < length:
            raise ConnectionResetError(f"the end after {start + len(data)} bytes")
        return data

    return asked(path, get)


class NewObject(io.BufferedIOBase):
    """An object that is written: kept here up to a part's size and sent at once, a larger one in parts.

    It is there only once it has been closed without an error in the block that writes it.
    """

    def __init__(self, path: str, store: Store) -> None:
        self._path, self._store, self._waiting, self._sent = path, store, bytearray(), 0
        self._upload: Any = None

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._sent + len(self._waiting)

    def flush(self) -> None:
        """Nothing: parts have a size of their own."""

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._waiting += memoryview(data).cast("B") if size else b""
        while len(self._waiting) > PART_BYTES:
            self._send(PART_BYTES)
        return size

    def _send(self, length: int) -> None:
        if self._upload is None:
            self._upload = asked(self._path, lambda: self._store.upload(self._path))
        part = bytes(self._waiting[:length])
        named(self._path, lambda: self._upload.send(part))
        del self._waiting[:length]
        self._sent += length

    def close(self) -> None:
        """Make the object of what was written."""
        if self.closed:
            return
        try:
            if self._upload is None:
                data = bytes(self._waiting)
                asked(self._path, lambda: self._store.put(self._path, data))
            else:
                self._send(len(self._waiting))
                named(self._path, self._upload.finish)
        finally:
            self._end()

    def abandon(self) -> None:
        """Write nothing after all."""
        if not self.closed and self._upload is not None:
            self._upload.abandon()
        self._end()

    def _end(self) -> None:
        self._waiting.clear()
        super().close()

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        self._end()


class ObjectStorage:
    """Object stores as a filesystem: a folder is a part of a name, a file is there, whole, once it has been closed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __reduce__(self) -> Any:
        raise TypeError("a storage stays in its process: it is found by the path")

    def open(self, path: str, first: Slice | None = None) -> BinaryIO:
        """A file, for reading; its first block is here then, or was before."""
        return cast(BinaryIO, io.BufferedReader(RangedFile(path, self._store, first or self.first(path)), FIRST_BYTES))

    def first(self, path: str, length: int = FIRST_BYTES) -> Slice:
        """The first bytes of a file and its size, by one request."""
        return asked(path, lambda: self._store.get(path, 0, length))

    def head(self, path: str, length: int) -> bytes:
        """The first bytes of a file, by one request."""
        return self.first(path, length).data

    def slice(self, path: str, start: int, length: int) -> bytes:
        """A range of a file's bytes, by one request.

        Raises:
            OSError: the file has fewer, or cannot be read.
        """
        return _whole(path, self._store, start, length) if length else b""

    def checksum(self, file: Stored) -> str:
        """What the listing has said of a file's content; where it was not listed, it is asked for."""
        return file.checksum or getattr(self.stat(file.path), "checksum", "")

    def open_new(self, path: str) -> BinaryIO:
        """A new file, for writing."""
        return cast(BinaryIO, NewObject(path, self._store))

    def part_of(self, path: str) -> str:
        """The name of a file while it is written: its own, as nobody sees it before its end."""
        return path

    def sync(self, file: BinaryIO) -> None:
        """Nothing: what has been closed is stored."""

    def rename(self, old: str, new: str, durable: bool) -> None:
        """Give a file another name, in the place of what had it."""
        if old != new:
            self.copy(old, new)
            self.remove(old)

    def copy(self, old: str, new: str) -> None:
        """Give a file another name, too."""
        asked(new, lambda: self._store.copy(old, new))

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of that name."""
        there = self.stat(path) is not None
        if there or not self._store.has_listings:
            return there
        below = f"{path.rstrip('/')}/"
        return bool(asked(path, lambda: self._store.page(below, "")).files)

    def stat(self, path: str) -> Stored | None:
        """A file by its path; None where there is none."""
        return asked(path, lambda: self._store.stat(path))

    def files_below(self, folder: str) -> list[Stored]:
        """Every file in a folder and in those below it, by path.

        Raises:
            UsageError: the folder is on a server that has no listings.
        """
        if not self._store.has_listings:
            do = "copy the folder to this machine, gs:// or s3://, or name one of its files"
            raise UsageError("a folder of a store that lists its files", "a web server, which does not", folder, do)
        return sorted(self._listed(f"{folder.rstrip('/')}/"))

    def matching(self, folder: str, pattern: str) -> list[Stored]:
        """The files in a folder that a glob names, by path; `*` stops at `/`. None where nothing lists them."""
        base = f"{folder.rstrip('/')}/"
        plain = pattern[: found.start()] if (found := _WILDCARDS.search(pattern)) else pattern
        named_so = _expression(pattern)
        return sorted(one for one in self._listed(base + plain) if named_so.fullmatch(one.path[len(base) :]))

    def match(self, *patterns: str) -> Iterator[Stored]:
        """The files that globs name; `**` crosses `/`."""
        for pattern in patterns:
            found = _WILDCARDS.search(pattern) if self._store.has_listings else None
            if found is None:
                one = self.stat(pattern)
                yield from (one,) if one and not pattern.endswith("/") else ()
                continue
            named_so = _expression(pattern)
            yield from (one for one in self._listed(pattern[: found.start()]) if named_so.fullmatch(one.path))

    def _listed(self, prefix: str) -> Iterator[Stored]:
        """The objects whose addresses begin so, page by page; those that stand for folders alone are passed over."""
        if not self._store.has_listings:
            return
        token = ""
        while True:
            page = asked(prefix, lambda token=token: self._store.page(prefix, token))  # type: ignore[misc]
            yield from (one for one in page.files if not one.path.endswith("/"))
            token = page.next
            if not token:
                return

    def remove(self, *paths: str) -> None:
        """Delete files, those that are there: many at a time, as each is a request."""
        if len(paths) == 1:
            asked(paths[0], lambda: self._store.remove(paths[0]))
            return
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            list(pool.map(self.remove, paths))

    def remove_folder(self, folder: str) -> None:
        """Delete a folder with all it holds, if it is there."""
        below = f"{folder.rstrip('/')}/"
        paths, token = [], ""
        while True:
            page = asked(folder, lambda token=token: self._store.page(below, token))  # type: ignore[misc]
            paths += [one.path for one in page.files]
            token = page.next
            if not token:
                break
        if paths:
            self.remove(*paths)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression: `**` is anything, `*` and `?` anything but `/`, `[...]` a set."""
    parts = re.split(r"(\*\*|\*|\?|\[[^\]]{1,99}\])", pattern)
    wild = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(part) or _set_or_text(part) for part in parts), re.DOTALL)


def _set_or_text(part: str) -> str:
    if not (part.startswith("[") and part.endswith("]") and len(part) > 2):
        return re.escape(part)
    inside = part[1:-1].replace("\\", r"\\")
    return f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
