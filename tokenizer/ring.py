"""The tokens of one source as a ring: its shards end to end, the last followed by the first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from threading import Lock

import numpy as np

from tokenizer.mixture import Mixture, ShardEntry, mixed_shard
from tokenizer.payload import Payload
from tokenizer.shards import payload, read_info

OPEN_FILES = 128  # per ring: seven rings stay below 1024, the default limit of a process


class Ring:
    """Random access to the shards of a source. At most OPEN_FILES are open, the one opened first is closed first."""

    def __init__(self, mixture: Mixture, shards: Sequence[ShardEntry]) -> None:
        self._mixture, self._shards, self._turn = mixture, shards, Lock()
        self._ends = list(accumulate(entry.tokens for entry in shards))
        self._known: dict[int, Payload] = {}
        self._open: dict[int, Payload] = {}

    def read(self, start: int, into: np.ndarray) -> None:
        """Fill into with the tokens from start on, continuing at the start where the ring ends."""
        number = bisect_right(self._ends, start)  # _ends are running totals of tokens: the shard that holds start
        at = start - self._ends[number] + self._shards[number].tokens
        if at + len(into) <= self._shards[number].tokens:
            (self._open.get(number) or self._open_shard(number)).read(at, into)
            return
        done = 0
        while done < len(into):
            part = into[done : done + self._shards[number].tokens - at]
            if len(part):
                (self._open.get(number) or self._open_shard(number)).read(at, part)
            done, number, at = done + len(part), (number + 1) % len(self._shards), 0

    def _open_shard(self, number: int) -> Payload:
        with self._turn:
            if number in self._open:  # another thread was faster
                return self._open[number]
            found = self._known.get(number) or self._check_entry(number)
            if len(self._open) >= OPEN_FILES:
                self._open.pop(next(iter(self._open))).close()
            found.open()
            self._open[number] = found
        return found

    def _check_entry(self, number: int) -> Payload:
        """A shard that is read for the first time, checked to be the one that was mixed."""
        path = mixed_shard(self._mixture, self._shards[number])
        return self._known.setdefault(number, payload(path, read_info(path)))
