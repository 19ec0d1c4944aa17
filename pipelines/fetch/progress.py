"""Progress of a fetch: the bytes of its files that are here, and how many files are, as threads report them."""

from __future__ import annotations

import threading

from corpus.progress.work import Counter
from corpus.transfer.client import Arrived


class Progress:
    """Adds up what the threads report in the step of the command.

    Args:
        counter: the step, in bytes.
        files: how many files are to come.
    """

    def __init__(self, counter: Counter, files: int) -> None:
        self._counter, self._files = counter, files
        self._name, self._lock = counter.name, threading.Lock()
        self._here: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._done = 0
        self._count()

    def watch(self, name: str, here: int, size: int | None) -> None:
        """So many bytes of a file are here."""
        with self._lock:
            self._first.setdefault(name, here)
            self._here[name] = here
            self._count()

    def done(self, arrived: Arrived) -> Arrived:
        """A file is done with; the same file."""
        with self._lock:
            self._done += 1
            self._first[arrived.remote.name] = max(0, arrived.bytes - arrived.received)
            self._here[arrived.remote.name] = arrived.bytes
            self._count()
        return arrived

    def _count(self) -> None:
        """What was here before this run cost it nothing, and says nothing of its rate."""
        self._counter.name = f"{self._name} {self._done:,} of {self._files:,} files"
        self._counter.found = sum(self._first.values())
        self._counter.done = sum(self._here.values()) - self._counter.found
