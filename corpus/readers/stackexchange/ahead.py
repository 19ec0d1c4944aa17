"""Reading ahead: bytes are unpacked by a thread while those before them are parsed.

Decoders run outside the interpreter's lock, parsers mostly within: where one file has to be unpacked from its first
byte on, and so by one worker, this gives it a second core.
"""

from __future__ import annotations

from collections.abc import Iterator
from queue import Full, Queue
from threading import Event, Thread

WAITING = 8
"""Chunks that wait to be asked for, at most."""
_LOOK_SECONDS = 0.5


def ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, made by a thread; large ones, as for each it has to wait for the interpreter's lock.

    Raises:
        what making them raises, when those before it were given.
    """
    waiting: Queue[bytes | BaseException | None] = Queue(WAITING)
    stopped = Event()

    def put(item: bytes | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=_LOOK_SECONDS)
                return
            except Full:
                continue

    def make() -> None:
        ended: BaseException | None = None
        try:
            for chunk in chunks:
                put(chunk)
                if stopped.is_set():
                    return
        except BaseException as error:
            ended = error
        put(ended)

    thread = Thread(target=make, name="read_ahead", daemon=True)
    thread.start()
    try:
        while isinstance(item := waiting.get(), bytes):
            yield item
        if item is not None:
            raise item
    finally:
        stopped.set()
        thread.join()
