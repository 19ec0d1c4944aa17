"""What a worker has in hand, noted in a file that outlives it: the shard, and the stage and record it is at.

The note is memory that is mapped from the file: writing it costs a microsecond, and it is there after SIGKILL. It also
holds how far the worker is, for the progress of the command (states.py). A note that cannot be made, on a full disk, is
done without.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from corpus.errors import BuildError
from corpus.readers.base import Open
from corpus.readers.ranges import CountedFile, FileRanges

ENVIRONMENT = "LLAMA_CORPUS_IN_HAND"
"""Says to the workers of this machine in which folder they note what they have in hand."""
STOP = "stop"
WORKER = "worker-"
"""Begins the name of a file that says that a process is a worker; its id ends it."""
JOURNAL = "journal-"
"""Begins the name of a file in which a worker notes all that it has done; its id ends it."""
PAUSE = "pause"
"""In the place of a step, in a journal: the worker waits to try something again; the key says what and why."""
_WORK_BYTES = _RECORD_BYTES = 2048
_COUNT_BYTES = 512
_COUNTS = struct.Struct("<dQQQQ")
"""When the work began, in seconds since 1970; and the numbers of Counts."""


class InHand(NamedTuple):
    """What a lost worker had in hand: work (a pass over a shard, a bucket), its files, stage and record; "" unknown."""

    work: str
    files: str
    stage: str
    record: str

    def __str__(self) -> str:
        parts = [self.work, self.files, self.stage and f"stage {self.stage}", self.record and f"record {self.record}"]
        return ", ".join(filter(None, parts)) or "nothing"


NOTHING = InHand("", "", "", "")


class Counts(NamedTuple):
    """How far a worker is with what it has in hand.

    Args:
        read: bytes of the dump, or rows of what the pass before left.
        of: rows that there are in all; 0 where the bytes of the shard say it.
        entered: documents that came in.
        kept: documents that were written.
    """

    read: int = 0
    of: int = 0
    entered: int = 0
    kept: int = 0


class Moving(NamedTuple):
    """What a worker has in hand, as its note says: which step, its key there, in words, since when, how far."""

    step: str
    key: str
    work: str
    began: float
    counts: Counts


class Ended(NamedTuple):
    """What a worker has done: which step, its key there, whether it had been done before, in what time, what it was."""

    step: str
    key: str
    found: bool
    seconds: float
    counts: Counts = Counts()


class Hand:
    """The note of one worker while it has some work in hand.

    Args:
        note: memory of the file; None where there is none.
        step: the step of the command that the work belongs to; "" where progress does not count it.
        key: which part of the step it is.
        work: what it is, in words.
    """

    def __init__(self, note: mmap.mmap | None, step: str = "", key: str = "", work: str = "") -> None:
        self._note, self.began = note, time.time()
        self._step, self._key, self._work = step, key, work
        self._read = self._of = self._entered = self._kept = self._coming = 0
        self.found = False

    @property
    def is_noted(self) -> bool:
        """Whether workers note what they have in hand on this machine."""
        return _folder() is not None

    @property
    def moving(self) -> Moving:
        """What is in hand, and how far it is."""
        counts = Counts(self._read, self._of, self._entered, self._kept)
        return Moving(self._step, self._key, self._work, self.began, counts)

    @property
    def ended(self) -> Ended:
        """What was in hand, once it is done."""
        return Ended(self._step, self._key, self.found, time.time() - self.began, self.moving.counts)

    def reads(self, amount: int) -> None:
        """So many more bytes, or rows, of what comes in were read."""
        self._read += amount
        self.count()

    def receives(self, amount: int) -> None:
        """So many more bytes came in, and are worked on from now on: until the next come, half of them count."""
        self._read += self._coming - self._coming // 2 + amount // 2
        self._coming = amount
        self.count()

    def expects(self, rows: int) -> None:
        """So many rows come in."""
        self._of = rows

    def enters(self, documents: int = 1) -> None:
        """So many documents came in; they are seen from outside when more is read, or at the end."""
        self._entered += documents

    def keeps(self, documents: int = 1) -> None:
        """So many documents were written; they are seen from outside when more is read, or at the end."""
        self._kept += documents

    def pauses(self, seconds: float) -> None:
        """Wait after a fault of storage, and say so to whoever watches."""
        folder = _folder()
        if folder is not None:
            why = " ".join(f"{type(sys.exception()).__name__}: {sys.exception()}".split())
            _add_to_journal(
                folder, Ended(PAUSE, f"{self._work}: tried again in {seconds:.0f} s after {why}", False, 0.0)
            )
        time.sleep(seconds)

    def count(self) -> None:
        """Have the numbers be seen from outside."""
        if self._note is not None:
            at = _WORK_BYTES + _RECORD_BYTES
            with suppress(ValueError):  # a thread that reads ahead may come after the end
                _COUNTS.pack_into(self._note, at, self.began, self._read, self._of, self._entered, self._kept)

    def put_down(self) -> None:
        """The work is no longer in hand: nothing more is noted."""
        note, self._note = self._note, None
        if note is not None:
            note.close()

    def at(self, stage: str, record: str) -> None:
        """Note the stage and the record that are next."""
        if self._note is not None:
            data = f"{stage}\n{record}".encode("utf-8", "replace")[: _RECORD_BYTES - 1] + b"\0"
            self._note[_WORK_BYTES : _WORK_BYTES + len(data)] = data


_held = threading.local()
"""What this thread has in hand."""


def counted_open(open_file: Open) -> Open:
    """open_file, with the bytes that are read counted in what this thread has in hand."""
    hand: Hand = getattr(_held, "hand", None) or Hand(None)
    return lambda path: cast(BinaryIO, CountedFile(open_file(path), FileRanges(watch=hand.receives)))


@contextmanager
def in_hand(work: str, files: str = "", step: str = "", key: str = "") -> Iterator[Hand]:
    """Note that this worker has some work in hand, until it is done with it or raises; on this machine alone.

    Args:
        work: what it is, such as `pass 1, shard 3`.
        files: the files that it reads.
        step: the step of the command that it belongs to, where progress counts it.
        key: which part of that step it is.

    Raises:
        BuildError: another worker was lost: no more work is taken, so that the run ends and begins again with all.
    """
    folder = _folder()
    if folder is None:
        yield Hand(None, step, key, work)
        return
    if (folder / STOP).exists():
        raise BuildError("all workers at work", "one that was lost", do="the build begins again with new ones")
    path = folder / f"{os.getpid()}-{threading.get_ident()}"
    hand = Hand(_note_at(path, f"{work}\n{files}", f"{step}\n{key}"), step, key, work)
    try:
        hand.count()
        _held.hand = hand
        yield hand
        if step:
            _add_to_journal(folder, hand.ended)
    finally:  # a killed worker gets here as little as anywhere
        with suppress(OSError):
            path.unlink(missing_ok=True)
        _held.hand = None
        hand.put_down()


def _note_at(path: Path, work: str, step: str) -> mmap.mmap | None:
    """The memory of a new note; None where the disk has no room for it."""
    try:
        with path.open("w+b") as file:
            # Room is taken at once: memory of a file that the disk has no room for kills who writes to it.
            os.posix_fallocate(file.fileno(), 0, _WORK_BYTES + _RECORD_BYTES + _COUNT_BYTES)
            note = mmap.mmap(file.fileno(), 0)
    except OSError:
        return None
    for at, text, most in ((0, work, _WORK_BYTES), (_STEP_AT, step, _COUNT_BYTES - _COUNTS.size)):
        data = text.encode("utf-8", "replace")[: most - 1]
        note[at : at + len(data)] = data
    return note


_STEP_AT = _WORK_BYTES + _RECORD_BYTES + _COUNTS.size


def _add_to_journal(folder: Path, ended: Ended) -> None:
    """Note what was done; a line that cannot be written costs the progress its truth, and the build nothing."""
    fields = (ended.step, ended.key, str(int(ended.found)), f"{ended.seconds:.3f}", *map(str, ended.counts))
    with suppress(OSError):
        handle = os.open(folder / f"{JOURNAL}{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(handle, "\t".join(fields).encode("utf-8", "replace") + b"\n")
        finally:
            os.close(handle)


def ended_of(line: bytes) -> Ended:
    """What a line of a journal says.

    Raises:
        ValueError: it says nothing, or is not whole.
    """
    step, key, found, seconds, *counts = line.decode("utf-8", "replace").split("\t")
    return Ended(step, key, found == "1", float(seconds), Counts(*map(int, counts)))


def moving_in(folder: Path) -> list[Moving]:
    """What the workers that note in a folder have in hand now."""
    found = []
    for path in folder.iterdir():
        if path.name[0].isdigit():
            with suppress(OSError, struct.error):
                found.append(_moving(path.read_bytes()))
    return [one for one in found if one.began]


def _moving(data: bytes) -> Moving:
    work = _text(data[:_WORK_BYTES]).partition("\n")[0]
    began, *counts = _COUNTS.unpack_from(data, _WORK_BYTES + _RECORD_BYTES)
    step, _, key = _text(data[_STEP_AT:]).partition("\n")
    return Moving(step, key, work, began, Counts(*counts))


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")


@contextmanager
def at_work() -> Iterator[None]:
    """Note within the block that this process is a worker, where workers note what they have in hand."""
    folder = _folder()
    path = folder / f"{WORKER}{os.getpid()}" if folder else None
    if path:
        path.touch()
    yield
    if path:  # a worker that raises was lost
        path.unlink(missing_ok=True)


def lost_workers(folder: Path) -> list[int]:
    """The ids of processes that noted here that they are workers, and ended without a word."""
    noted = (int(path.name.removeprefix(WORKER)) for path in folder.glob(f"{WORKER}*"))
    return [pid for pid in noted if not _lives(pid)]


def _lives(pid: int) -> bool:
    """Whether there is such a process, and it is more than an exit code that nobody has asked for."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] in "ZX")
    except (ProcessLookupError, FileNotFoundError):
        return False


def _folder() -> Path | None:
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else None


@contextmanager
def noted_in(folder: Path) -> Iterator[None]:
    """Within the block workers note what they have in hand in this folder, which is new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(ENVIRONMENT) if before is None else os.environ.update({ENVIRONMENT: before})


def take_no_more(folder: Path) -> None:
    """Have workers that note here take no more work."""
    (folder / STOP).touch()


def left_in_hand(folder: Path, pid: int) -> InHand:
    """What a worker that is no more had in hand."""
    notes = sorted(folder.glob(f"{pid}-*"))
    if not notes:
        return NOTHING
    data = notes[0].read_bytes()
    parts = (data[:_WORK_BYTES], data[_WORK_BYTES : _WORK_BYTES + _RECORD_BYTES])
    (work, _, files), (stage, _, record) = (_text(part).partition("\n") for part in parts)
    return InHand(work, files, stage, record)
