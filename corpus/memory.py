"""A limit of memory for a piece of work: what asks for more raises MemoryError, and costs the record it was for."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATM, _DATA = Path("/proc/self/statm"), 5
"""Linux's account of this process in pages; its sixth number is the memory that it may write to."""
_lock = threading.Lock()
_depth, _before = 0, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@contextmanager
def limited_memory(limit_bytes: int) -> Iterator[None]:
    """While the block runs, this process may have limit_bytes more memory than before it; 0 sets no limit.

    The limit is of memory that the process may write to (RLIMIT_DATA), so libraries in C++ get it too; a file that is
    mapped to be read does not count. Work in several threads shares the limit of the first. Only Linux can say what a
    process has; elsewhere nothing is limited.
    """
    if not limit_bytes or not _STATM.exists():
        yield
        return
    _enter(limit_bytes)
    try:
        yield
    finally:
        _leave()


def _enter(limit_bytes: int) -> None:
    global _depth, _before
    with _lock:
        _depth += 1
        if _depth == 1:
            _before = resource.getrlimit(resource.RLIMIT_DATA)
            limits = [limit for limit in (_bytes_now() + limit_bytes, *_before) if limit != resource.RLIM_INFINITY]
            resource.setrlimit(resource.RLIMIT_DATA, (min(limits), _before[1]))


def _leave() -> None:
    global _depth
    with _lock:
        _depth -= 1
        if _depth == 0:
            resource.setrlimit(resource.RLIMIT_DATA, _before)


def _bytes_now() -> int:
    return int(_STATM.read_text().split()[_DATA]) * resource.getpagesize()
