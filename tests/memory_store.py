"""A store in memory, as corpus/stores asks it: requests are counted, and faults raised as a test says."""

from __future__ import annotations

from collections import Counter

from corpus.storage import Stored
from corpus.stores.faults import StatusError
from corpus.stores.store import Page, Slice

PAGE_FILES = 3


class MemoryStore:
    """A store in memory; `raised` are faults, one for each request of a kind, and `requests` counts them."""

    has_listings = True

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.raised: dict[str, list[Exception]] = {}
        self.requests: Counter[str] = Counter()
        self.abandoned = 0
        self.short = 0

    def _ask(self, kind: str) -> None:
        self.requests[kind] += 1
        if self.raised.get(kind):
            raise self.raised[kind].pop(0)

    def page(self, prefix: str, token: str) -> Page:
        self._ask("page")
        names = [name for name in sorted(self.kept) if name.startswith(prefix) and name > token]
        found = [Stored(name, len(self.kept[name]), 1.0, f"sum of {name}") for name in names[:PAGE_FILES]]
        return Page(found, found[-1].path if len(names) > PAGE_FILES else "")

    def stat(self, path: str) -> Stored | None:
        self._ask("stat")
        return Stored(path, len(self.kept[path]), 1.0) if path in self.kept else None

    def get(self, path: str, start: int, length: int) -> Slice:
        self._ask("get")
        if path not in self.kept:
            raise StatusError(404, "no such object")
        data = self.kept[path][start : start + length]
        if self.short:
            self.short, data = self.short - 1, data[: len(data) // 2]
        return Slice(data, len(self.kept[path]))

    def put(self, path: str, data: bytes) -> None:
        self._ask("put")
        self.kept[path] = data

    def upload(self, path: str) -> MemoryUpload:
        return MemoryUpload(path, self)

    def copy(self, old: str, new: str) -> None:
        self.kept[new] = self.kept[old]

    def remove(self, path: str) -> None:
        self._ask("remove")
        self.kept.pop(path, None)


class MemoryUpload:
    def __init__(self, path: str, store: MemoryStore) -> None:
        self.path, self.store, self.parts = path, store, list[bytes]()

    def send(self, data: bytes) -> None:
        self.store._ask("send")
        self.parts.append(data)

    def finish(self) -> None:
        self.store.kept[self.path] = b"".join(self.parts)

    def abandon(self) -> None:
        self.store.abandoned += 1
