"""Workers that are lost: what is done again before a build ends, and what its error then names.

A cluster starts lost workers again by itself. A runner on this machine does not (Beam's own, and engines that a command
starts for itself): a worker that was killed (out of memory, a crash in a C library) ends the whole pipeline. What was
done by then is kept, so the build runs the pipeline again, until the same piece of work was in hand three times when a
worker was lost: that one is named.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from apache_beam.options.pipeline_options import PipelineOptions

from corpus.errors import BuildError, CorpusError, UsageError
from corpus.passing import RETRIES
from corpus.private_cache import key_of, own_temporary_files, private_cache
from corpus.progress import work as progress
from corpus.stores.addresses import is_local
from pipelines.engine.engines import served
from pipelines.engine.hand import InHand, left_in_hand, lost_workers, noted_in, take_no_more
from pipelines.engine.local_workers import Lost, watched_workers
from pipelines.engine.states import AllStates, LocalStates, ToldStates


def with_new_workers(run: Callable[[PipelineOptions], None], options: PipelineOptions, room: Room) -> None:
    """Run a pipeline; again, with new workers, where one was lost on this machine: what was done is kept.

    Raises:
        BuildError: one piece of work was in hand each time that a worker was lost; it is named.
    """
    lost: Counter[InHand] = Counter()
    attempts, notes = RETRIES.worker_attempts.value, notes_in(room)
    assert isinstance(attempts, int)
    while True:
        with noted_in(notes), watched_workers(room.log, partial(take_no_more, notes)) as workers:
            try:
                with served(options, room.log, partial(lost_workers, notes)) as chosen:
                    return run(chosen)
            except Exception as error:
                gone = workers.lost or _lost_by_engine(notes, error)
                if not gone:
                    raise
                cause = error
        for one in gone:
            hand = left_in_hand(notes, one.pid)
            work = hand._replace(stage="", record="")
            lost[work] += 1
            progress.current().note(f"a worker was lost ({one.ending}) with this in hand: {hand}; new ones begin")
            if lost[work] >= attempts:
                raise _lost_each_time(hand, one, attempts) from cause


def _lost_by_engine(notes: Path, error: BaseException) -> list[Lost]:
    """The workers of an engine on this machine that were lost; none where one raised, as the engine ends the others."""
    if isinstance(error, UsageError) or any(_RAISED in str(each) for each in _chain(error)):
        return []
    return [Lost(pid, "ended without a word") for pid in lost_workers(notes)]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that it was raised for."""
    while error is not None:
        yield error
        error = error.__cause__


_RAISED = "Traceback (most recent call last)"
"""Is in what an engine says of an error that a worker raised."""


def _lost_each_time(hand: InHand, one: Lost, attempts: int) -> BuildError:
    do = "give the machine more memory, or leave that file out and report it"
    got = f"{attempts} lost with the same work in hand: {hand}; the last one {one.ending}"
    return BuildError("workers that live", got, "", do)


def notes_in(room: Room) -> Path:
    """The folder in which workers of this machine note what they have in hand."""
    return room.folder / "in-hand"


def states_in(room: Room, told: Sequence[str]) -> AllStates:
    """Where workers say how far they are: this machine's by notes, others' in folders of a store.

    Args:
        told: these folders; none where all workers are on this machine.
    """
    return AllStates([LocalStates(notes_in(room)), *([ToldStates(list(told))] if told else [])])


class Room(NamedTuple):
    """What a command that runs a pipeline has to itself on this machine: a folder, and a file for the runner's log."""

    folder: Path
    log: Path


@contextmanager
def running(output: str) -> Iterator[Room]:
    """While an output is written, by its only writer: temporary files and the runner's log have a room of their own.

    What a killed command left there is deleted by the next one that writes the same output, whatever it has to do.
    """
    name = os.path.abspath(output) if is_local(output) else output
    log = private_cache("logs") / f"{key_of(name)}.log"
    with own_temporary_files(name) as folder, _logged(log):
        yield Room(folder, log)


@contextmanager
def _logged(log: Path) -> Iterator[None]:
    """What the runner and its threads print of errors is written to a file, which stays if the block raises.

    The error that ends a build is one line; the runner's tracebacks, tens of them for one lost worker, are for whoever
    looks for the cause.
    """
    log.unlink(missing_ok=True)
    handler = logging.FileHandler(log, delay=True)
    root, hook = logging.getLogger(), threading.excepthook
    before, root.handlers = root.handlers, [handler]

    def write(raised: Any) -> None:
        with suppress(OSError), log.open("a") as file:
            traceback.print_exception(raised.exc_type, raised.exc_value, raised.exc_traceback, file=file)

    threading.excepthook = write
    try:
        yield
    except Exception as error:
        with suppress(OSError), log.open("a") as file:
            traceback.print_exception(error, file=file)
        if isinstance(error, CorpusError) and log.exists():
            error.do = f"{error.do}; " * bool(error.do) + f"the runner's own messages are in {log}"
        raise
    finally:
        threading.excepthook, root.handlers = hook, before
        handler.close()
        if sys.exc_info()[0] is None:
            log.unlink(missing_ok=True)
