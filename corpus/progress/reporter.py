"""The thread that looks at a command's work at intervals and prints how far it is; it never fails the command.

a terminal      two rows, drawn anew every half second, cleared when something else is printed, and at the end
no terminal     a line after two seconds and then every ten, and one at the end
--log json      an object on a line of its own: at the beginning, at intervals, of what happens, at the end
-q              nothing
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, TextIO, cast

from corpus.progress import lines, work
from corpus.progress.screen import Aside, Screen, is_terminal
from corpus.progress.steps import Look

TEXT, JSON = "text", "json"
DONE, FAILED, STOPPED = "done", "failed", "stopped"
"""How a command ended."""
FIRST_SECONDS = 1.9
"""Before this nothing is printed: a command that takes less needs no progress."""
TERMINAL_SECONDS, LINES_SECONDS = 0.5, 10.0
"""Between two looks that are printed."""
JSON_SECONDS, JSON_ONE_IN = 2.0, 30
"""Between two objects of JSON at first, and then a 30th of the time that has passed, up to LINES_SECONDS."""
TICK_SECONDS = 0.25
ENDING_SECONDS = 2.0
"""At the end, the reporter is waited for no longer than this: a store may not answer it."""


class Mode(NamedTuple):
    """How a command is to say how far it is.

    Args:
        quiet: not at all; errors alone are printed.
        verbose: with what each worker has in hand, and what happened.
        log: TEXT or JSON.
    """

    quiet: bool = False
    verbose: bool = False
    log: str = TEXT


class Reporter:
    """Prints the progress of one command.

    Args:
        command: its words, without options.
        mode: what is to be printed.
        watched: the steps of the command.
        out: where it is printed; sys.stderr without it, None where that is closed.
        clock: seconds.
        began: when the command began, by that clock.
    """

    def __init__(
        self,
        command: str,
        mode: Mode,
        watched: work.Work,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        began: float | None = None,
    ) -> None:
        self.command, self.mode, self.work = command, mode, watched
        self._out, self._clock = out or sys.stderr, clock
        self._began = clock() if began is None else began
        self._printed: float | None = None
        self.code = 0
        self._mute, self.paused = mode.quiet or self._out is None, False
        self.lock = threading.RLock()
        self.screen = Screen(self._out) if self._out and mode.log == TEXT and is_terminal(self._out) else None

    def look(self) -> Look:
        """What the command is at now."""
        return Look(self.command, self.work.steps(), self._clock() - self._began, self.work.hands())

    def begin(self) -> None:
        """The command begins."""
        if self.mode.log == JSON:
            self._print_json(self.look(), lines.BEGIN)

    def tick(self) -> None:
        """Print what is due; called every TICK_SECONDS, or less often."""
        if self._mute or self.paused:
            return
        try:
            notes, elapsed = self.work.take_notes(), self._clock() - self._began
            shown = [note.text for note in notes if note.always or self.mode.verbose]
            due = self._is_due(elapsed)
            if shown or due:
                look = self.look()
                for text in shown:
                    self._print_note(look, text)
                if due:
                    self._printed = elapsed
                    self._print(look)
        except Exception as error:
            self._give_up(error)

    def end(self, said: str) -> None:
        """The command has ended; said: how, in a word or two."""
        if self._mute:
            return
        try:
            if self.screen:
                self._guarded(self.screen.clear)
            for note in self.work.take_notes():
                if note.always or self.mode.verbose:
                    self._print_note(self.look(), note.text)
            look = self.look()
            if self.mode.log == JSON:
                more = {"steps": lines.steps_json(look)} if self.mode.verbose else {}
                self._print_json(look, lines.END, said=said, **more)
            elif self._printed is not None and not self.screen:
                self._write(lines.end_line(look, said))
        except Exception as error:
            self._give_up(error)

    def say(self, text: str, event: str, code: int | None = None) -> bool:
        """Print an error or a warning in the form that was asked for; False where that is plain text, not printed."""
        if self.mode.log != JSON or self._out is None:
            return False
        more = {"text": text} if code is None else {"text": text, "exit_code": code}
        self._print_json(Look(self.command, (), self._clock() - self._began), event, **more)
        return True

    def _is_due(self, elapsed: float) -> bool:
        """Whether it is time to print: never before a step has begun."""
        if elapsed < FIRST_SECONDS or not self.work.has_begun:
            return False
        return self._printed is None or elapsed - self._printed >= self._every(elapsed)

    def _every(self, elapsed: float) -> float:
        """The seconds between two looks that are printed."""
        if self.mode.log == JSON:
            return min(LINES_SECONDS, max(JSON_SECONDS, elapsed / JSON_ONE_IN))
        return TERMINAL_SECONDS if self.screen else LINES_SECONDS

    def _print(self, look: Look) -> None:
        hands = look.hands if self.mode.verbose else ()
        if self.mode.log == JSON:
            more = {"hands": list(hands), "steps": lines.steps_json(look)} if self.mode.verbose else {}
            self._print_json(look, lines.PROGRESS, **more)
        elif self.screen:
            columns = self.screen.columns() - 1
            drawn = [*lines.rows(look, columns), *(f"  {hand}"[:columns] for hand in hands)]
            self._guarded(partial(self.screen.draw, drawn))
        else:
            self._write("\n".join([lines.line(look), *(f"  {hand}" for hand in hands)]))

    def _print_note(self, look: Look, text: str) -> None:
        if self.mode.log == JSON:
            self._print_json(look, lines.NOTE, text=text)
        else:
            self._write(f"{look.command}: {text}")

    def _print_json(self, look: Look, event: str, **more: Any) -> None:
        self._write(lines.json_line(look, event, datetime.now(UTC).isoformat(timespec="milliseconds"), **more))

    def _write(self, text: str) -> None:
        def write() -> None:
            assert self._out is not None
            if self.screen:
                self.screen.clear()
            self._out.write(f"{text}\n")
            self._out.flush()

        self._guarded(write)

    def _guarded(self, write: Callable[[], object]) -> None:
        """Print; where nobody reads any more, or the disk is full, nothing is printed from now on."""
        with self.lock:
            try:
                if not self._mute:
                    write()
            except (OSError, ValueError):  # ValueError: of a closed file
                self._mute, self.screen = True, None

    def _give_up(self, error: Exception) -> None:
        """What is no fault of the command's work must not end it: say so once, and print no more."""
        if self.screen:
            self._guarded(self.screen.clear)
        self._write(f"{self.command}: progress is no longer shown: {type(error).__name__}: {error}")
        self._mute = True


_reporters: list[Reporter] = []
"""The reporter of the command that is running, last; before it those of commands that run it."""


def said(text: str, event: str = "error", code: int | None = None) -> None:
    """Print an error or a warning: on a line of its own, or as an object of JSON where that was asked for."""
    if not (_reporters and _reporters[-1].say(text, event, code)) and sys.stderr:
        with suppress(OSError, ValueError):
            print(text, file=sys.stderr)


@contextmanager
def reporting(command: str, mode: Mode, began: float | None = None) -> Iterator[Reporter]:
    """Within the block the command that is running has steps, and how far it is is printed as asked."""
    with work.begun(work.Work()) as watched:
        reporter, ended = Reporter(command, mode, watched, began=began), threading.Event()
        thread = threading.Thread(target=_tick, args=(reporter, ended), name="progress", daemon=True)
        with _alone(reporter), _beside(reporter):
            reporter.begin()
            thread.start()
            how = STOPPED
            try:
                yield reporter
                how = FAILED if reporter.code else DONE
            except Exception:
                how = FAILED
                raise
            finally:
                ended.set()
                thread.join(ENDING_SECONDS)
                reporter.end(how)


def _tick(reporter: Reporter, ended: threading.Event) -> None:
    while not ended.wait(TICK_SECONDS):
        reporter.tick()


@contextmanager
def _alone(reporter: Reporter) -> Iterator[None]:
    """A command that runs others is silent while they report."""
    above = _reporters[-1] if _reporters else None
    if above:
        above.paused = True
        if above.screen:
            above.screen.clear()
    _reporters.append(reporter)
    try:
        yield
    finally:
        _reporters.remove(reporter)
        if above:
            above.paused = False
            if above.screen:
                above.screen.midway = False


@contextmanager
def _beside(reporter: Reporter) -> Iterator[None]:
    """Within the block, what is printed on the same terminal is printed in the place of the live rows."""
    before = sys.stdout, sys.stderr, warnings.showwarning
    logging_to = [one for one in logging.getLogger().handlers if getattr(one, "stream", None) is sys.stderr]
    if reporter.screen:
        sys.stdout, sys.stderr = (
            cast(TextIO, Aside(stream, reporter.screen, reporter.lock)) if stream and is_terminal(stream) else stream
            for stream in (sys.stdout, sys.stderr)
        )
        for one in logging_to:
            cast(logging.StreamHandler[TextIO], one).setStream(sys.stderr)
    if reporter.mode.quiet or reporter.mode.log == JSON:
        warnings.showwarning = _warn
    try:
        yield
    finally:
        sys.stdout, sys.stderr, warnings.showwarning = before
        for one in logging_to:
            cast(logging.StreamHandler[TextIO], one).setStream(sys.stderr)


def _warn(message: Warning | str, category: type[Warning], *_where: Any, **_more: Any) -> None:
    """A warning of Python: an object of JSON, or nothing where errors alone are printed."""
    if _reporters and not _reporters[-1].mode.quiet:
        said(f"{category.__name__}: {message}", "warning")
