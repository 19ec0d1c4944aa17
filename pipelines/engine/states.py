"""What workers say of themselves while they work, for the progress of the command that waits for them.

On this machine each worker has a journal of what it has done and a note of what it has in hand (hand.py). A worker of
another machine tells both by one object in the work folder, some seconds apart, and farther apart the longer the run
is: so many requests are made, and no more, however many shards it does. The objects go with the work folder.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from corpus.errors import CorpusError
from corpus.progress.work import current
from corpus.stores.addresses import storage_of
from corpus.stores.objects import CALLS_AT_ONCE
from pipelines.engine import files
from pipelines.engine.hand import JOURNAL, PAUSE, Counts, Ended, Hand, Moving, ended_of, in_hand, moving_in

STATES = "states"
"""The folder, in a work folder, of the objects by which workers of other machines tell how far they are."""
TELL_SECONDS, TELL_MOST_SECONDS, TELL_GROWTH = 10.0, 60.0, 1.2
"""Between two objects of one worker: at first, at most, and how much longer each time."""
LOOK_SECONDS, LOOKS_PER_SECOND = 10.0, 20
"""Between two looks at the objects, and how many of them are read per second at most."""


def states_folder(work: str) -> str:
    """The folder of workers' states in a work folder."""
    return f"{work}/{STATES}"


@contextmanager
def noted(work: str, read: str, step: str, key: str, told: str = "") -> Iterator[Hand]:
    """Note what this worker has in hand (see hand.in_hand), and tell it where the machine that waits is another.

    Args:
        told: the folder of states; "" where all workers are on this machine.
    """
    with in_hand(work, read, step, key) as hand:
        if not told or hand.is_noted:
            yield hand
            return
        teller = _teller(told)
        teller.begin(hand)
        try:
            yield hand
            teller.end(hand, done=True)
        except BaseException:
            teller.end(hand, done=False)
            raise


class Teller:
    """Tells, by one object, what this process has in hand and has done; a thread writes it while it has anything."""

    def __init__(self, folder: str) -> None:
        self.path = f"{folder}/{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        self._lock, self._every = threading.Lock(), TELL_SECONDS
        self._hands: list[Hand] = []
        self._ended: list[Ended] = []
        self._thread: threading.Thread | None = None

    def begin(self, hand: Hand) -> None:
        """Work is taken in hand."""
        with self._lock:
            self._hands.append(hand)
            if self._thread is None:
                self._thread = threading.Thread(target=self._tell, name="tell_state", daemon=True)
                self._thread.start()

    def end(self, hand: Hand, done: bool) -> None:
        """Work is no longer in hand."""
        with self._lock:
            self._hands.remove(hand)
            if done:
                self._ended.append(hand.ended)

    def state(self) -> dict[str, Any]:
        """What is told."""
        with self._lock:
            return {"ended": self._ended[:], "moving": [hand.moving for hand in self._hands]}

    def _tell(self) -> None:
        """Write the object again and again; not once nothing has been in hand since the last time."""
        told = 0
        while True:
            time.sleep(self._every)
            with self._lock:
                changed = bool(self._hands) or len(self._ended) != told
                told = len(self._ended)
            if changed:
                with suppress(OSError, CorpusError):  # no state is worth a build
                    files.write_json(self.path, self.state())
                self._every = min(TELL_MOST_SECONDS, self._every * TELL_GROWTH)


_tellers: dict[str, Teller] = {}
"""Those of this process, by folder."""


def _teller(folder: str) -> Teller:
    return _tellers.setdefault(folder, Teller(folder))


class States(NamedTuple):
    """What all workers have done, by step and key, and what they have in hand."""

    ended: dict[str, dict[str, Ended]]
    moving: list[Moving]


class Looks(Protocol):
    """Where workers say what they do."""

    def look(self) -> States:
        """What they say now."""


class AllStates:
    """What is said in several places: an engine may have its workers here or elsewhere."""

    def __init__(self, places: Sequence[Looks]) -> None:
        self._places = places

    def look(self) -> States:
        """What is said in all of them."""
        states = [place.look() for place in self._places]
        ended: dict[str, dict[str, Ended]] = {}
        for one in states:
            for step, parts in one.ended.items():
                ended[step] = {**ended.get(step, {}), **parts} if step in ended else parts
        return States(ended, [moving for one in states for moving in one.moving])


class LocalStates:
    """The journals and notes of the workers of this machine; journals are read on from where they ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._ended: dict[str, dict[str, Ended]] = {}
        self._made = 0

    def look(self) -> States:
        """What they say now; nothing where they are about to begin anew."""
        try:
            made = self._folder.stat().st_ino
            if made != self._made:  # workers were lost, and new ones begin
                self._made, self._read, self._ended = made, {}, {}
            for path in self._folder.glob(f"{JOURNAL}*"):
                self._read_on(path)
            return States(self._ended, moving_in(self._folder))
        except FileNotFoundError:
            return States(self._ended, [])

    def _read_on(self, path: Path) -> None:
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            whole, _, _ = file.read().rpartition(b"\n")
        self._read[path] = self._read.get(path, 0) + len(whole) + bool(whole)
        lines = [ended_of(line) for line in whole.split(b"\n") if line]
        for line in lines:
            if line.step == PAUSE:
                current().note(line.key)
        _add(self._ended, [line for line in lines if line.step != PAUSE])


class ToldStates:
    """The objects by which workers of other machines tell how far they are, read at intervals."""

    def __init__(self, folders: list[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._folders, self._clock, self._due = folders, clock, 0.0
        self._states = States({}, [])

    def look(self) -> States:
        """What they said last."""
        if self._clock() >= self._due:
            with suppress(OSError, CorpusError):  # a store that does not answer is asked again
                self._states = self._read()
        return self._states

    def _read(self) -> States:
        paths = [one.path for folder in self._folders for one in storage_of(folder).matching(folder, "*.json")]
        self._due = self._clock() + max(LOOK_SECONDS, len(paths) / LOOKS_PER_SECOND)
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            return states_of(list(pool.map(_object, paths)))


def _object(path: str) -> Any:
    """What a worker tells; nothing where its object is only half written."""
    try:
        return files.read_json(path)
    except ValueError:
        return None


def states_of(objects: list[Any]) -> States:
    """What the objects of workers say together; those that say nothing that is understood are passed over."""
    ended: dict[str, dict[str, Ended]] = {}
    moving = []
    for one in filter(None, objects):
        with suppress(KeyError, TypeError, ValueError):
            _add(ended, [_ended(fields) for fields in one["ended"]])
            moving += [_moving(fields) for fields in one["moving"]]
    return States(ended, moving)


def _add(ended: dict[str, dict[str, Ended]], more: list[Ended]) -> None:
    """Add what is done; work that was done twice counts as it was done, and not as it was found."""
    for one in more:
        before = ended.setdefault(one.step, {}).get(one.key)
        if before is None or before.found:
            ended[one.step][one.key] = one


def _ended(fields: list[Any]) -> Ended:
    return Ended._make([*fields[:-1], Counts._make(fields[-1])])


def _moving(fields: list[Any]) -> Moving:
    return Moving._make([*fields[:-1], Counts._make(fields[-1])])
