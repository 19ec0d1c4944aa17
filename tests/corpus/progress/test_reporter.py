"""What a reporter prints, and when: by a clock that is set, on streams that fail, on a pseudo terminal."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import select
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from corpus.progress import reporter, work
from corpus.progress.reporter import JSON, Mode, Reporter, reporting

DRAWN = "\r\x1b[J"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class Broken(io.StringIO):
    """A pipe that nobody reads."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def ticked(mode: Mode, out: Any, until: float, every: float = 0.5) -> Reporter:
    """A command of one step that is looked at again and again until some second, and then ends."""
    clock, watched = Clock(), work.Work()
    watched._clock = clock
    made = Reporter("build toy", mode, watched, out, clock)
    made.begin()
    with watched.step("read", 100) as counter:
        while clock.now < 100 + until:
            clock.now += every
            counter.done += every
            made.tick()
    made.end("done")
    return made


def test_a_run_of_less_than_two_seconds_prints_nothing() -> None:
    out = io.StringIO()
    ticked(Mode(), out, 1.5)
    assert out.getvalue() == ""


def test_a_line_within_two_seconds_then_every_ten_and_one_at_the_end() -> None:
    out = io.StringIO()
    ticked(Mode(), out, 25.0)
    assert out.getvalue().splitlines() == [
        "build toy: read, 2 of 100 B, 1 B/s, 0:02, 1:38 left",
        "build toy: read, 12 of 100 B, 1 B/s, 0:12, 1:28 left",
        "build toy: read, 22 of 100 B, 1 B/s, 0:22, 1:18 left",
        "build toy: done after 0:25",
    ]


def test_quiet_prints_nothing() -> None:
    out = io.StringIO()
    ticked(Mode(quiet=True), out, 25.0)
    assert out.getvalue() == ""


def test_a_command_without_steps_prints_nothing() -> None:
    out, clock = io.StringIO(), Clock()
    made = Reporter("rules", Mode(), work.Work(), out, clock)
    clock.now += 60
    made.tick()
    made.end("done")
    assert out.getvalue() == ""


def test_json_at_the_beginning_at_intervals_and_at_the_end() -> None:
    out = io.StringIO()
    ticked(Mode(log=JSON), out, 6.0)
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["event"], one["elapsed_seconds"], one["done"]) for one in found] == [
        ("begin", 0.0, None), ("progress", 2.0, 2), ("progress", 4.0, 4), ("progress", 6.0, 6), ("end", 6.0, 6),
    ]  # fmt: skip
    assert found[-1]["said"] == "done"


def test_verbose_says_what_is_in_hand_and_what_happened() -> None:
    shown = {}
    for mode in (Mode(), Mode(verbose=True)):
        out, clock, watched = io.StringIO(), Clock(), work.Work(lambda: 0.0)
        made = Reporter("build toy", mode, watched, out, clock)
        with watched.watched(lambda: [], lambda: ["pass 0, shard 3, 45%, 7 s"]):
            watched.note("a worker was lost")
            watched.note("Dataflow job 1: https://...", always=True)
            clock.now += 2
            made.tick()
        shown[mode.verbose] = out.getvalue().splitlines()
    assert shown[False] == ["build toy: Dataflow job 1: https://...", "build toy: begins, 0:02"]
    assert shown[True] == [
        "build toy: a worker was lost",
        "build toy: Dataflow job 1: https://...",
        "build toy: begins, 0:02",
        "  pass 0, shard 3, 45%, 7 s",
    ]


def test_on_a_terminal_rows_are_drawn_over_those_before_and_cleared_at_the_end() -> None:
    out = Terminal()
    ticked(Mode(), out, 2.5)
    assert out.getvalue() == (
        "build toy [------------------------]  2%  0:02, 1:38 left\n  read, 2 of 100 B, 1 B/s"
        + f"\x1b[1A{DRAWN}build toy [------------------------]  2%  0:02, 1:37 left\n  read, 2 of 100 B, 1 B/s"
        + f"\x1b[1A{DRAWN}"
    )


@pytest.mark.parametrize("out", [Full(), Broken(), None], ids=["full disk", "broken pipe", "closed"])
def test_a_stream_that_fails_fails_no_command(out: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if out is None:
        monkeypatch.setattr(sys, "stderr", None)
    ticked(Mode(verbose=True), out, 12.0)
    ticked(Mode(log=JSON), out, 12.0)


def test_a_closed_file_fails_no_command() -> None:
    out = io.StringIO()
    out.close()
    ticked(Mode(), out, 12.0)


def test_steps_that_cannot_be_had_are_said_once() -> None:
    def broken() -> Any:
        raise KeyError("lost")

    out, clock, watched = io.StringIO(), Clock(), work.Work()
    made = Reporter("build toy", Mode(), watched, out, clock)
    watched._parts.append(broken)
    for _ in range(3):
        clock.now += 10
        made.tick()
    assert out.getvalue() == "build toy: progress is no longer shown: KeyError: 'lost'\n"


def test_what_is_printed_in_between_stands_where_the_rows_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(reporter, "TICK_SECONDS", 1e9)
    monkeypatch.setattr(reporter, "FIRST_SECONDS", 0.0)
    with reporting("build toy", Mode()) as made, work.step("read"):
        made.tick()
        print("a line")
        made._printed = None
        made.tick()
        print("half", end="", file=sys.stderr)
        made._printed = None
        made.tick()  # nothing is drawn into somebody's line
        print(" a line")
    rows = "build toy  0:00\n  read"
    assert out.getvalue() == f"{rows}\x1b[1A{DRAWN}a line\n{rows}\x1b[1A{DRAWN}half a line\n"


def test_a_command_within_a_command_reports_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(reporter, "TICK_SECONDS", 1e9)
    monkeypatch.setattr(reporter, "FIRST_SECONDS", 0.0)
    with reporting("demo", Mode()) as outer, work.step("all"):
        with reporting("build toy", Mode()) as inner, work.step("read"):
            outer.tick()
            inner.tick()
        outer.tick()
    assert out.getvalue().splitlines() == [
        "build toy: read, 0:00", "build toy: done after 0:00", "demo: all, 0:00", "demo: done after 0:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raised", "how"), [(ValueError("x"), "failed"), (KeyboardInterrupt(), "stopped")], ids=["error", "Ctrl-C"]
)
def test_how_a_command_ended(raised: BaseException, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    with pytest.raises(type(raised)), reporting("mix", Mode(log=JSON)):
        raise raised
    assert json.loads(out.getvalue().splitlines()[-1])["said"] == how


def test_errors_are_objects_where_json_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    with reporting("mix", Mode(log=JSON)):
        reporter.said("corpus: no room")
        warnings.showwarning("careful", UserWarning, "file", 1)
    with reporting("mix", Mode()):
        reporter.said("corpus: no room")
    lines = out.getvalue().splitlines()
    assert [json.loads(line).get("text") for line in lines[:-1]] == [
        None, "corpus: no room", "UserWarning: careful", None,
    ]  # fmt: skip
    assert lines[-1] == "corpus: no room"


def on_a_terminal(write: Callable[[Any], None], columns: int) -> str:
    """What a pseudo terminal of so many columns gets."""
    above, below = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(below, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(below, "w") as out:
        write(out)
        out.flush()
        said = b""
        while select.select([above], [], [], 0)[0]:
            said += os.read(above, 1 << 16)
    os.close(above)
    return said.decode()


@pytest.mark.parametrize(("columns", "bar"), [(80, True), (40, True), (25, False)])
def test_a_real_terminal_gets_rows_of_its_width_and_none_stays(
    columns: int, bar: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    said = on_a_terminal(lambda out: ticked(Mode(), out, 4.0) and None, columns)
    assert said.endswith(f"\x1b[1A{DRAWN}")
    assert ("[--" in said) is bar
    rows = [row for drawn in said.split(DRAWN) for row in drawn.replace("\x1b[1A", "").split("\r\n")]
    assert 0 < max(map(len, rows)) < columns


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    said = on_a_terminal(lambda out: ticked(Mode(), out, 4.0) and None, 80)
    assert said == "build toy: read, 2 of 100 B, 1 B/s, 0:02, 1:38 left\r\nbuild toy: done after 0:04\r\n"
