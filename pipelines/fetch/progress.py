"""Progress of a fetch: files and bytes that are here, bytes per second, time left; a bar on a terminal, else lines."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TextIO

from corpus.transfer.client import Arrived
from corpus.transfer.part import Remote

TERMINAL_SECONDS, LINES_SECONDS = 0.5, 30.0


class Progress:
    """Adds up what the threads report, and prints one line at intervals."""

    def __init__(self, files: Sequence[Remote], out: TextIO | None = None) -> None:
        out = out or sys.stderr
        self._files, self._out, self._terminal = len(files), out, out.isatty()
        sizes = [file.size for file in files]
        self._total = None if None in sizes else sum(size for size in sizes if size is not None)
        self._here: dict[str, int] = {}
        self._done = self._first = 0
        self._started, self._printed, self._lock = time.monotonic(), time.monotonic(), threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal:
            self._out.write("\r\033[K")

    def watch(self, name: str, here: int, size: int | None) -> None:
        """So many bytes of a file are here."""
        with self._lock:
            self._first += here if name not in self._here else 0
            self._here[name] = here
            self._print()

    def done(self, arrived: Arrived) -> Arrived:
        """A file is done with; the same file."""
        with self._lock:
            self._done += 1
            if arrived.remote.name not in self._here:
                self._first += arrived.bytes - arrived.received
            self._here[arrived.remote.name] = arrived.bytes
            self._print()
        return arrived

    def line(self, seconds: float) -> str:
        """The line of progress after some seconds."""
        here = sum(self._here.values())
        rate = max(0, here - self._first) / seconds if seconds > 0 else 0.0
        of = "" if self._total is None else f" of {self._total / 1e6:,.1f}"
        left = (self._total - here) / rate if self._total is not None and rate else None
        ends = "" if left is None else f", {int(left) // 60}:{int(left) % 60:02d} left"
        return f"{self._done} of {self._files} files, {here / 1e6:,.1f}{of} MB, {rate / 1e6:,.1f} MB per second{ends}"

    def _print(self) -> None:
        now, every = time.monotonic(), TERMINAL_SECONDS if self._terminal else LINES_SECONDS
        if now - self._printed < every:
            return
        self._printed = now
        line = self.line(now - self._started)
        self._out.write(f"\r\033[K{line}" if self._terminal else f"{line}\n")
        self._out.flush()
