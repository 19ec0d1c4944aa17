"""What a worker has in hand, noted in a file that outlives it: the shard, and the stage and record it is at.

The note is memory that is mapped from the file: writing it costs a microsecond, and it is there after SIGKILL.
"""

from __future__ import annotations

import mmap
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from corpus.errors import BuildError

ENVIRONMENT = "LLAMA_CORPUS_IN_HAND"
"""Says to the workers of this machine in which folder they note what they have in hand."""
STOP = "stop"
WORKER = "worker-"
"""Begins the name of a file that says that a process is a worker; its id ends it."""
_WORK_BYTES = _RECORD_BYTES = 2048


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


class Hand:
    """The note of one worker while it has some work in hand."""

    def __init__(self, note: mmap.mmap | None) -> None:
        self._note = note

    def at(self, stage: str, record: str) -> None:
        """Note the stage and the record that are next."""
        if self._note is not None:
            data = f"{stage}\n{record}".encode("utf-8", "replace")[: _RECORD_BYTES - 1] + b"\0"
            self._note[_WORK_BYTES : _WORK_BYTES + len(data)] = data


@contextmanager
def in_hand(work: str, files: str = "") -> Iterator[Hand]:
    """Note that this worker has some work in hand, until it is done with it or raises; on this machine alone.

    Args:
        work: what it is, such as `pass 1, shard 3`.
        files: the files that it reads.

    Raises:
        BuildError: another worker was lost: no more work is taken, so that the run ends and begins again with all.
    """
    folder = _folder()
    if folder is None:
        yield Hand(None)
        return
    if (folder / STOP).exists():
        raise BuildError("all workers at work", "one that was lost", do="the build begins again with new ones")
    path = folder / f"{os.getpid()}-{threading.get_ident()}"
    with path.open("w+b") as file:
        file.truncate(_WORK_BYTES + _RECORD_BYTES)
        with mmap.mmap(file.fileno(), 0) as note:
            data = f"{work}\n{files}".encode("utf-8", "replace")[: _WORK_BYTES - 1]
            note[: len(data)] = data
            try:
                yield Hand(note)
            finally:  # a killed worker gets here as little as anywhere
                path.unlink(missing_ok=True)


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
    parts = [part.partition(b"\0")[0].decode("utf-8", "replace") for part in (data[:_WORK_BYTES], data[_WORK_BYTES:])]
    (work, _, files), (stage, _, record) = (part.partition("\n") for part in parts)
    return InHand(work, files, stage, record)
