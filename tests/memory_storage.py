"""An object store in memory: names are keys, a folder is a part of a name, and a file is there once it is closed."""

from __future__ import annotations

import io
from fnmatch import fnmatchcase
from typing import BinaryIO

from corpus.storage import Stored, part_name


class MemoryStorage:
    """clock is the time that a file written now gets; gone lists what was removed."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, float]] = {}
        self.clock = 0.0
        self.gone: list[str] = []

    def open(self, path: str) -> BinaryIO:
        if path not in self.kept:
            raise FileNotFoundError(path)
        return io.BytesIO(self.kept[path][0])

    def open_new(self, path: str) -> BinaryIO:
        return _Object(path, self)

    def part_of(self, path: str) -> str:
        return part_name(path)

    def sync(self, file: BinaryIO) -> None:
        pass

    def rename(self, old: str, new: str, durable: bool) -> None:
        self.kept[new] = self.kept.pop(old)

    def stat(self, path: str) -> Stored | None:
        return Stored(path, len(self.kept[path][0]), self.kept[path][1]) if path in self.kept else None

    def files_below(self, folder: str) -> list[Stored]:
        found = (self.stat(path) for path in sorted(self.kept) if path.startswith(f"{folder}/"))
        return [one for one in found if one]

    def matching(self, folder: str, pattern: str) -> list[Stored]:
        whole = f"{folder}/{pattern}"
        return [one for one in self.files_below(folder) if _matches(one.path, whole)]

    def remove(self, *paths: str) -> None:
        for path in paths:
            if self.kept.pop(path, None):
                self.gone.append(path)

    def remove_folder(self, folder: str) -> None:
        self.remove(*(one.path for one in self.files_below(folder)))


class _Object(io.BytesIO):
    def __init__(self, path: str, storage: MemoryStorage) -> None:
        super().__init__()
        self._path, self._storage = path, storage

    def close(self) -> None:
        if not self.closed:
            self._storage.kept[self._path] = self.getvalue(), self._storage.clock
        super().close()


def _matches(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
